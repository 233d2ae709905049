# SPDX-License-Identifier: Apache-2.0
"""Uploads that wait for a decision, without their bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from seedbed.portal.review import jobs
from seedbed.portal.uploads import draft_files, drafts
from seedbed.portal.uploads.tables import uploads

if TYPE_CHECKING:
    from tests.portals import Stand

METADATA = {"title": "Lakes of the town", "description": "Outlines.", "license": "CC-BY-4.0", "dataset": "lakes"}


def handed_in(stand: Stand, person_id: str, *, state: str = "in-review", **columns: Any) -> str:
    """An upload in review; returns its id."""
    now_s = stand.portal.now().timestamp()
    with stand.portal.store.begin() as connection:
        made = drafts.begin(connection, drafts.New("files", person_id, "lakes"), now_s=now_s)
        draft_files.replace(connection, made, {"a.csv": 10, "new.csv": 7}, now_s=now_s)
        values = {
            "state": state,
            "title": METADATA["title"],
            "dataset": "lakes",
            "metadata": METADATA,
            "size_bytes": 17,
        }
        connection.execute(sa.update(uploads).where(uploads.c.id == made).values(**{**values, **columns}))
    return made


def state_of(stand: Stand, upload_id: str) -> str:
    """Where an upload is."""
    with stand.portal.store.read() as connection:
        return drafts.find(connection, upload_id).state.value


def jobs_of(stand: Stand) -> list[tuple[str, str, float, str]]:
    """Kind, what, when at the earliest, state; the newest first."""
    with stand.portal.store.read() as connection:
        found = jobs.listed(connection)
    return [(one.kind, one.upload_id or one.item_id, one.not_before_s, one.state) for one in found]
