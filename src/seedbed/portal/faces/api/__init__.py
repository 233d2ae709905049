# SPDX-License-Identifier: Apache-2.0
"""The JSON API and its description in OpenAPI 3.1, both made from one table of operations."""
