# SPDX-License-Identifier: Apache-2.0
"""The catalogue as pages need it: words, boxes, facets and whole items, answered in milliseconds."""
