# SPDX-License-Identifier: Apache-2.0
"""Releases as rows of GeoParquet: ``catalog.parquet``, ``files.parquet`` and the changes between two of them."""
