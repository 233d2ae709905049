# SPDX-License-Identifier: Apache-2.0
"""What a portal remembers: tables in SQLite or PostgreSQL, through SQLAlchemy Core."""
