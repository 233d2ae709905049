# SPDX-License-Identifier: Apache-2.0
"""A look inside published files: first rows of a table, outlines of a map, a small picture of a raster."""
