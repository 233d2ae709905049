# SPDX-License-Identifier: Apache-2.0
"""Uploads and their files as they are remembered: begun, found, counted, forgotten."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from seedbed.core import names
from seedbed.creating import piece_length
from seedbed.errors import NotFoundError
from seedbed.portal.uploads.quarantine import check_id
from seedbed.portal.uploads.states import EDITABLE, State
from seedbed.portal.uploads.tables import upload_events, uploads
from seedbed.portal.web.failures import RefusedError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

KINDS = ("files", "zip", "package", "torrent", "places")
KEEP_S = 14 * 24 * 3600
"""A draft that nobody touches is kept so long."""
_HANDED_IN = (State.IN_REVIEW, State.APPROVED, State.PUBLISHING, State.PUBLISHED)


@dataclass(frozen=True, slots=True)
class Upload:
    """A row of ``uploads``."""

    id: str
    kind: str
    state: State
    person_id: str
    organisation_id: str
    name: str
    dataset: str
    version: str
    title: str
    doi: str
    metadata: Mapping[str, Any]
    found: Mapping[str, Any]
    findings: Sequence[Mapping[str, str]]
    remarks: Sequence[str]
    reason: str
    wants_review: bool
    places: Sequence[str]
    piece_length: int
    declared_bytes: int
    size_bytes: int
    file_count: int
    md5: str
    item_id: str
    embargo_s: float
    made_s: float
    changed_s: float
    expires_s: float

    @property
    def is_editable(self) -> bool:
        """Whether the uploader may change what is said of it."""
        return self.state in EDITABLE


@dataclass(frozen=True, slots=True)
class New:
    """What somebody wants to give."""

    kind: str
    person_id: str
    name: str
    organisation_id: str = ""
    lengths: Sequence[int] = ()
    """Of its files, where they are known: the piece length follows from them."""
    places: Sequence[str] = ()
    metadata: Mapping[str, Any] | None = None


def new_id() -> str:
    """Nobody guesses it."""
    return secrets.token_urlsafe(16)


def begin(connection: sa.Connection, new: New, *, now_s: float) -> str:
    """A new draft; returns its id.

    Raises:
        NameRefusedError: the name is not good on every system.
    """
    names.check_component(new.name)
    upload_id = new_id()
    connection.execute(
        sa.insert(uploads).values(
            id=upload_id,
            kind=new.kind,
            state=State.DRAFT.value,
            person_id=new.person_id,
            organisation_id=new.organisation_id,
            name=new.name,
            dataset="",
            version="",
            title="",
            doi="",
            metadata=dict(new.metadata or {}),
            found={},
            findings=[],
            remarks=[],
            reason="",
            wants_review=False,
            places=list(new.places),
            piece_length=piece_length.choose(new.lengths, "hybrid").piece_length if new.lengths else 0,
            declared_bytes=sum(new.lengths),
            size_bytes=0,
            file_count=0,
            md5="",
            item_id="",
            embargo_s=0.0,
            made_s=now_s,
            changed_s=now_s,
            expires_s=now_s + KEEP_S,
        )
    )
    return upload_id


def find(connection: sa.Connection, upload_id: str) -> Upload:
    """An upload.

    Raises:
        NotFoundError: there is none.
    """
    row = connection.execute(sa.select(uploads).where(uploads.c.id == check_id(upload_id))).mappings().first()
    if row is None:
        raise NotFoundError("there is no such upload")
    return _upload(row)


def of_person(connection: sa.Connection, person_id: str, organisations: Sequence[str] = ()) -> list[Upload]:
    """A person's, and those of its organisations; the newest first."""
    mine = (uploads.c.person_id == person_id) | uploads.c.organisation_id.in_(list(organisations))
    rows = connection.execute(sa.select(uploads).where(mine).order_by(uploads.c.changed_s.desc()).limit(1000))
    return [_upload(row) for row in rows.mappings()]


def events_of(connection: sa.Connection, upload_id: str) -> list[Mapping[str, Any]]:
    """What happened to it, the first first."""
    asked = sa.select(upload_events).where(upload_events.c.upload_id == upload_id).order_by(upload_events.c.number)
    return [dict(row) for row in connection.execute(asked).mappings()]


def change(connection: sa.Connection, upload_id: str, *, now_s: float, **values: Any) -> None:
    """Set columns of an upload; a draft lives on from now."""
    connection.execute(
        sa.update(uploads).where(uploads.c.id == upload_id).values(changed_s=now_s, expires_s=now_s + KEEP_S, **values)
    )


def same_doi(connection: sa.Connection, upload: Upload) -> dict[str, str] | None:
    """The fault of a DOI that another upload has which was handed in before (U42)."""
    if not upload.doi:
        return None
    handed_in = [state.value for state in _HANDED_IN]
    where = (uploads.c.doi == upload.doi) & (uploads.c.id != upload.id) & uploads.c.state.in_(handed_in)
    if connection.execute(sa.select(uploads.c.id).where(where)).first() is None:
        return None
    problem = f"another upload has the DOI {upload.doi}, and was handed in before"
    return {"field": "doi", "problem": problem, "rule": "U42"}


def check_draft(upload: Upload) -> None:
    """Refuse changes of the files of an upload that was checked.

    Raises:
        RefusedError: it is no draft (409).
    """
    if upload.state is not State.DRAFT:
        raise RefusedError(
            f"the upload is {upload.state.value}, and its files stay as they are",
            hint="Take it back to draft first.",
            status=409,
        )


def _upload(row: sa.RowMapping) -> Upload:
    return Upload(**{**dict(row), "state": State(row["state"])})
