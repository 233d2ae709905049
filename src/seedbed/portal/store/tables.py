# SPDX-License-Identifier: Apache-2.0
"""All tables of all parts, known to ``metadata`` once this is imported."""

from seedbed.portal.accounts import audit, tables
from seedbed.portal.review import tables as review_tables
from seedbed.portal.uploads import tables as upload_tables

PARTS = (tables, audit, review_tables, upload_tables)
