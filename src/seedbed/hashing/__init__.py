# SPDX-License-Identifier: Apache-2.0
"""Hashing data fast, and checking data against a torrent."""
