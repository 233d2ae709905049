# SPDX-License-Identifier: Apache-2.0
"""STAC API 1.0: core, collections, features, item search with sorting and a choice of fields."""
