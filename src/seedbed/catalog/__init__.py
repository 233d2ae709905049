# SPDX-License-Identifier: Apache-2.0
"""What exists, and who says so: releases of datasets as STAC items, one signed GeoParquet file, queries."""
