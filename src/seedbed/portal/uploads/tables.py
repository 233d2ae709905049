# SPDX-License-Identifier: Apache-2.0
"""What is remembered of uploads; their bytes lie in quarantine. Moments are seconds of Unix time (``_s``)."""

from __future__ import annotations

import sqlalchemy as sa

from seedbed.portal.store.base import metadata

ID_CHARACTERS = 22
"""128 bits of chance, in base64 for URLs."""

uploads = sa.Table(
    "uploads",
    metadata,
    sa.Column("id", sa.String(ID_CHARACTERS), primary_key=True),
    sa.Column("kind", sa.String(10), nullable=False),
    # files (also folders), zip (to be unpacked), package (a zip that stays one), torrent, places (on the web already)
    sa.Column("state", sa.String(12), nullable=False),
    sa.Column("person_id", sa.String(64), nullable=False),
    sa.Column("organisation_id", sa.String(64), nullable=False),  # empty: the person's own
    sa.Column("name", sa.Text, nullable=False),  # of the file or folder; a torrent's name
    sa.Column("dataset", sa.Text, nullable=False),  # under which it shall be published; empty: not said yet
    sa.Column("version", sa.Text, nullable=False),  # empty: the day it is published
    sa.Column("title", sa.Text, nullable=False),  # as in ``metadata``, for lists
    sa.Column("doi", sa.Text, nullable=False),  # as in ``metadata``
    sa.Column("metadata", sa.JSON, nullable=False),  # fields of the form -> values, as the person gave them
    sa.Column("found", sa.JSON, nullable=False),  # fields -> values that were read from the data
    sa.Column(
        "findings", sa.JSON, nullable=False
    ),  # [{field, problem, rule, hint}]: faults, the last time it was checked
    sa.Column("remarks", sa.JSON, nullable=False),  # [text]: what is odd and no fault
    sa.Column("reason", sa.Text, nullable=False),  # why it is where it is: of a refusal, a withdrawal
    sa.Column("wants_review", sa.Boolean, nullable=False),  # goes to review by itself as soon as it is checked
    sa.Column("places", sa.JSON, nullable=False),  # [URL]: where the data is already
    sa.Column("piece_length", sa.BigInteger, nullable=False),  # that files are hashed with; 0 is not yet known
    sa.Column("declared_bytes", sa.BigInteger, nullable=False),  # of all files, as far as they are known
    sa.Column("size_bytes", sa.BigInteger, nullable=False),  # of the files that were begun
    sa.Column("file_count", sa.Integer, nullable=False),  # likewise
    sa.Column("md5", sa.String(32), nullable=False),  # of a package's zip
    sa.Column("item_id", sa.Text, nullable=False),  # once it is published
    sa.Column("embargo_s", sa.Float, nullable=False),  # 0: none
    sa.Column("made_s", sa.Float, nullable=False),
    sa.Column("changed_s", sa.Float, nullable=False),
    sa.Column("expires_s", sa.Float, nullable=False),  # of a draft that nobody touches
    sa.Index("uploads_of_person", "person_id", "state"),
    sa.Index("uploads_by_state", "state", "changed_s"),
)

upload_files = sa.Table(
    "upload_files",
    metadata,
    sa.Column("id", sa.String(ID_CHARACTERS), primary_key=True),
    sa.Column("upload_id", sa.String(ID_CHARACTERS), sa.ForeignKey("uploads.id"), nullable=False),
    sa.Column("path", sa.Text, nullable=False),  # below the upload's folder
    sa.Column("folded", sa.Text, nullable=False),  # what some file systems take it for (core.names)
    sa.Column("length", sa.BigInteger, nullable=False),
    sa.Column("is_whole", sa.Boolean, nullable=False),
    sa.Column("sha256", sa.String(64), nullable=False),  # of small files; empty for others
    sa.Column("made_s", sa.Float, nullable=False),
    sa.UniqueConstraint("upload_id", "folded", name="upload_files_once"),
)

upload_events = sa.Table(
    "upload_events",
    metadata,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("upload_id", sa.String(ID_CHARACTERS), sa.ForeignKey("uploads.id"), nullable=False),
    sa.Column("at_s", sa.Float, nullable=False),
    sa.Column("before", sa.String(12), nullable=False),
    sa.Column("after", sa.String(12), nullable=False),
    sa.Column("by", sa.String(64), nullable=False),  # a person's id, or ``server``
    sa.Column("reason", sa.Text, nullable=False),
    sa.Index("upload_events_of", "upload_id"),
)
