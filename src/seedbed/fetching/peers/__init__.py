# SPDX-License-Identifier: Apache-2.0
"""Peers: all of them as one source, through the engine."""
