# SPDX-License-Identifier: Apache-2.0
"""What waits for a decision, and everything about one upload that a reviewer needs to make it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from seedbed.errors import NotFoundError
from seedbed.portal.accounts import organisations, people
from seedbed.portal.review import differences
from seedbed.portal.review.tables import decisions, jobs
from seedbed.portal.uploads import describing, draft_files, drafts
from seedbed.portal.uploads.states import State
from seedbed.portal.uploads.tables import uploads

if TYPE_CHECKING:
    from collections.abc import Mapping

    from seedbed.catalog.model import Release
    from seedbed.portal.portal import Portal
    from seedbed.portal.review.differences import Differences
    from seedbed.portal.uploads.draft_files import UploadFile
    from seedbed.portal.uploads.drafts import Upload

SEEN = frozenset((State.IN_REVIEW, State.APPROVED, State.PUBLISHING, State.PUBLISHED, State.REFUSED))
"""States in which reviewers see an upload: drafts are their owners' alone."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A line of the queue."""

    upload_id: str
    title: str
    dataset: str
    state: str
    person_id: str
    name: str
    """Of the person."""
    size_bytes: int
    changed_s: float
    embargo_s: float
    error: str
    """Why its publication failed; empty otherwise."""


@dataclass(frozen=True, slots=True)
class Decision:
    """As kept."""

    id: int
    upload_id: str
    person_id: str
    name: str
    verdict: str
    reasons: tuple[str, ...]
    text: str
    at_s: float


@dataclass(frozen=True, slots=True)
class Submission:
    """One upload, as a reviewer sees it."""

    upload: Upload
    person: people.Account
    organisation: str
    """Its name; empty for none."""
    fields: Mapping[str, str]
    """What will be published, in the order of the form."""
    files: list[UploadFile]
    decisions: list[Decision]
    before: str
    """Id of the version before; empty for a new dataset."""
    differences: Differences | None
    earlier_count: int
    """Uploads of this person that were published before."""


def waiting(
    connection: sa.Connection, *, states: tuple[State, ...] = (State.IN_REVIEW,), limit: int = 200
) -> list[Waiting]:
    """Those in these states, who waits longest first."""
    asked = sa.select(uploads).where(uploads.c.state.in_([one.value for one in states]))
    rows = connection.execute(asked.order_by(uploads.c.changed_s, uploads.c.id).limit(limit)).mappings().all()
    names = people.names(connection, [row["person_id"] for row in rows])
    errors = _errors(connection, [row["id"] for row in rows])
    return [_line(row, names.get(row["person_id"], ""), errors.get(row["id"], "")) for row in rows]


def submission(portal: Portal, connection: sa.Connection, upload_id: str) -> Submission:
    """Everything about one.

    Raises:
        NotFoundError: there is no such upload, or it was not handed in.
    """
    upload = drafts.find(connection, upload_id)
    if upload.state not in SEEN:
        raise NotFoundError("there is no such upload in review", hint="Its owner may have taken it back.")
    dataset, _, said = describing.for_publishing(upload)
    files = draft_files.of(connection, upload_id)
    before = _before(portal, dataset, upload.item_id)
    texts = {name: differences.as_text(value) for name, value in said.items()}
    return Submission(
        upload,
        people.find(connection, upload.person_id),
        organisations.find(connection, upload.organisation_id).name if upload.organisation_id else "",
        {"dataset": dataset, **texts},
        files,
        decided(connection, upload_id),
        before.id if before else "",
        _differences(portal, before, files, texts) if before else None,
        _published(connection, upload.person_id),
    )


def decided(connection: sa.Connection, upload_id: str) -> list[Decision]:
    """What was decided about an upload, the newest first."""
    asked = sa.select(decisions).where(decisions.c.upload_id == upload_id).order_by(decisions.c.id.desc())
    rows = connection.execute(asked).mappings()
    return [Decision(**{**row, "reasons": tuple(row["reasons"])}) for row in rows]


def _before(portal: Portal, dataset: str, own: str) -> Release | None:
    """The newest version of the dataset that is not this upload itself, published."""
    known = portal.shelf.versions(dataset) if dataset else []
    return next((one for one in known if one.id != own), None)


def _differences(portal: Portal, before: Release, files: list[UploadFile], said: Mapping[str, str]) -> Differences:
    known = {row.path: (row.size_bytes, row.sha256) for row in portal.shelf.files(before.id)}
    now = {one.path: (one.length, one.sha256) for one in files}
    return differences.between(known, now, differences.said_by(before), said)


def _published(connection: sa.Connection, person_id: str) -> int:
    which = uploads.c.person_id == person_id, uploads.c.state == State.PUBLISHED.value
    return int(connection.execute(sa.select(sa.func.count()).where(*which)).scalar() or 0)


def _errors(connection: sa.Connection, ids: list[str]) -> dict[str, str]:
    """Upload -> why its last job failed, or has not succeeded yet."""
    asked = sa.select(jobs.c.upload_id, jobs.c.error).where(jobs.c.upload_id.in_(ids)).order_by(jobs.c.id)
    return {row.upload_id: row.error for row in connection.execute(asked)}


def _line(row: sa.RowMapping, name: str, error: str) -> Waiting:
    shared: dict[str, Any] = {
        key: row[key] for key in ("title", "dataset", "state", "person_id", "size_bytes", "changed_s", "embargo_s")
    }
    return Waiting(upload_id=row["id"], name=name, error=error, **(shared | {"title": row["title"] or row["name"]}))
