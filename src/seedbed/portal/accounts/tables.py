# SPDX-License-Identifier: Apache-2.0
"""What is remembered of people. No address of a network, and no secret that could be used: only their hashes."""

from __future__ import annotations

import sqlalchemy as sa

from seedbed.portal.store.base import metadata

people = sa.Table(
    "people",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("name_key", sa.Text, nullable=False, unique=True),  # as names are compared
    sa.Column("email", sa.Text, nullable=False, default=""),
    sa.Column("password", sa.Text, nullable=False, default=""),  # argon2id; empty: log-in by a provider only
    sa.Column("made_s", sa.Float, nullable=False),
    sa.Column("suspended_s", sa.Float),
    sa.Column("suspended_why", sa.Text, nullable=False, default=""),
    sa.Column("quota_bytes", sa.BigInteger),  # none: the settings'
)

person_roles = sa.Table(
    "person_roles",
    metadata,
    sa.Column("person_id", sa.ForeignKey("people.id"), primary_key=True),
    sa.Column("role", sa.Text, primary_key=True),
)

sessions = sa.Table(
    "sessions",
    metadata,
    sa.Column("key", sa.Text, primary_key=True),  # SHA-256 of what the browser holds
    sa.Column("person_id", sa.ForeignKey("people.id"), nullable=False, index=True),
    sa.Column("made_s", sa.Float, nullable=False),
    sa.Column("seen_s", sa.Float, nullable=False),
    sa.Column("device", sa.Text, nullable=False, default=""),  # "Firefox, Linux": to know one's own apart
)

tokens = sa.Table(
    "tokens",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("person_id", sa.ForeignKey("people.id"), nullable=False, index=True),
    sa.Column("key", sa.Text, nullable=False, unique=True),  # SHA-256 of the token
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("scopes", sa.JSON, nullable=False),
    sa.Column("made_s", sa.Float, nullable=False),
    sa.Column("expires_s", sa.Float),
    sa.Column("used_s", sa.Float),  # to the day
)

links = sa.Table(
    "links",
    metadata,
    sa.Column("key", sa.Text, primary_key=True),  # SHA-256 of what stands in the link
    sa.Column("kind", sa.Text, nullable=False),  # admin, reset
    sa.Column("person_id", sa.ForeignKey("people.id")),
    sa.Column("made_s", sa.Float, nullable=False),
    sa.Column("expires_s", sa.Float, nullable=False),
)
"""Used once: then their row is gone."""

identities = sa.Table(
    "identities",
    metadata,
    sa.Column("issuer", sa.Text, primary_key=True),
    sa.Column("subject", sa.Text, primary_key=True),
    sa.Column("person_id", sa.ForeignKey("people.id"), nullable=False, index=True),
)

organisations = sa.Table(
    "organisations",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("quota_bytes", sa.BigInteger),  # none: the settings'
    sa.Column("made_s", sa.Float, nullable=False),
)

members = sa.Table(
    "members",
    metadata,
    sa.Column("organisation_id", sa.ForeignKey("organisations.id"), primary_key=True),
    sa.Column("person_id", sa.ForeignKey("people.id"), primary_key=True, index=True),
    sa.Column("is_owner", sa.Boolean, nullable=False),
)

organisation_collections = sa.Table(
    "organisation_collections",
    metadata,
    sa.Column("collection", sa.Text, primary_key=True),
    sa.Column("organisation_id", sa.ForeignKey("organisations.id"), nullable=False),
)
"""Only members publish into these."""

audit_log = sa.Table(
    "audit_log",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("at_s", sa.Float, nullable=False),
    sa.Column("person_id", sa.Text, nullable=False),  # empty: a stranger, or the server itself
    sa.Column("name", sa.Text, nullable=False),  # as it was then
    sa.Column("action", sa.Text, nullable=False),
    sa.Column("what", sa.Text, nullable=False),
    sa.Column("why", sa.Text, nullable=False),
)
