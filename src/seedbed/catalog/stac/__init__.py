# SPDX-License-Identifier: Apache-2.0
"""Releases as STAC items, and back; our extensions ``bt`` and ``seedbed`` (pure)."""
