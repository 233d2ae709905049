# SPDX-License-Identifier: Apache-2.0
"""What was decided, what was reported, and what is still to be done. Ids of uploads and people are text."""

from __future__ import annotations

import sqlalchemy as sa

from seedbed.portal.store.base import metadata

jobs = sa.Table(
    "jobs",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("upload_id", sa.Text, nullable=False, default=""),
    sa.Column("item_id", sa.Text, nullable=False, default=""),
    sa.Column("reason", sa.Text, nullable=False, default=""),
    sa.Column("by", sa.Text, nullable=False, default=""),
    sa.Column("made_s", sa.Float, nullable=False),
    sa.Column("not_before_s", sa.Float, nullable=False),
    sa.Column("state", sa.Text, nullable=False, index=True),
    sa.Column("lease_s", sa.Float, nullable=False, default=0.0),  # until then nobody else takes it
    sa.Column("tries", sa.Integer, nullable=False, default=0),
    sa.Column("error", sa.Text, nullable=False, default=""),
    sa.Column("changed_s", sa.Float, nullable=False),
)

decisions = sa.Table(
    "decisions",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("upload_id", sa.Text, nullable=False, index=True),
    sa.Column("person_id", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),  # as it was then
    sa.Column("verdict", sa.Text, nullable=False),  # approved, refused
    sa.Column("reasons", sa.JSON, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("at_s", sa.Float, nullable=False),
)

reports = sa.Table(
    "reports",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("item_id", sa.Text, nullable=False, index=True),  # dataset@version; empty: about the site
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("contact", sa.Text, nullable=False, default=""),  # given by who reports, for an answer
    sa.Column("person_id", sa.Text, nullable=False, default=""),
    sa.Column("made_s", sa.Float, nullable=False),
    sa.Column("state", sa.Text, nullable=False, index=True),
    sa.Column("reason", sa.Text, nullable=False, default=""),  # of the decision
    sa.Column("decided_by", sa.Text, nullable=False, default=""),
    sa.Column("decided_s", sa.Float),
    sa.Column("appeal", sa.Text, nullable=False, default=""),
    sa.Column("appealed_s", sa.Float),
    sa.Column("appeal_by", sa.Text, nullable=False, default=""),
    sa.Column("appeal_decided_by", sa.Text, nullable=False, default=""),
    sa.Column("appeal_reason", sa.Text, nullable=False, default=""),
    sa.Column("appeal_decided_s", sa.Float),
)
