# SPDX-License-Identifier: Apache-2.0
"""Offering data that one holds: find it, verify it, serve it."""
