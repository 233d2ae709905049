# SPDX-License-Identifier: Apache-2.0
"""The catalogue for programs: JSON, STAC, DCAT, schema.org, feeds, lists; all of it is read-only and may be kept."""
