# SPDX-License-Identifier: Apache-2.0
"""The states of an upload, and who may move it from one to another.

::

    draft ──► checking ──► checked ──► in-review ──► approved ──► publishing ──► published
      ▲          │            │            │                          │
      └──────────┴────────────┴── refused ◄┘ ◄────────────────────────┘ (back to in-review, with a reason)

    withdrawn: by the uploader at any time before it is published, or by the server when a draft expires
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

import sqlalchemy as sa

from seedbed.errors import NotFoundError
from seedbed.portal.uploads.tables import upload_events, uploads
from seedbed.portal.web.failures import RefusedError

if TYPE_CHECKING:
    from collections.abc import Mapping

SERVER = "server"
"""Who moves an upload when no person does."""


class State(StrEnum):
    """Where an upload is."""

    DRAFT = "draft"
    CHECKING = "checking"
    CHECKED = "checked"
    IN_REVIEW = "in-review"
    APPROVED = "approved"
    PUBLISHING = "publishing"
    PUBLISHED = "published"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


class Actor(StrEnum):
    """In which part somebody moves an upload."""

    UPLOADER = "uploader"
    REVIEWER = "reviewer"
    SERVER = "server"


_S, _A = State, Actor
MOVES: Mapping[tuple[State, State], frozenset[Actor]] = {
    (_S.DRAFT, _S.CHECKING): frozenset((_A.UPLOADER,)),
    (_S.CHECKING, _S.CHECKED): frozenset((_A.SERVER,)),
    (_S.CHECKING, _S.DRAFT): frozenset((_A.SERVER,)),
    (_S.CHECKED, _S.DRAFT): frozenset((_A.UPLOADER, _A.SERVER)),
    (_S.CHECKED, _S.IN_REVIEW): frozenset((_A.UPLOADER, _A.SERVER)),
    (_S.IN_REVIEW, _S.APPROVED): frozenset((_A.REVIEWER,)),
    (_S.IN_REVIEW, _S.REFUSED): frozenset((_A.REVIEWER,)),
    (_S.IN_REVIEW, _S.DRAFT): frozenset((_A.UPLOADER,)),
    (_S.APPROVED, _S.PUBLISHING): frozenset((_A.SERVER,)),
    (_S.APPROVED, _S.IN_REVIEW): frozenset((_A.REVIEWER, _A.SERVER)),
    (_S.PUBLISHING, _S.PUBLISHED): frozenset((_A.SERVER,)),
    (_S.PUBLISHING, _S.APPROVED): frozenset((_A.SERVER,)),
    (_S.PUBLISHING, _S.IN_REVIEW): frozenset((_A.SERVER,)),
    (_S.REFUSED, _S.DRAFT): frozenset((_A.UPLOADER,)),
    **{
        (state, _S.WITHDRAWN): frozenset((_A.UPLOADER, _A.SERVER))
        for state in (_S.DRAFT, _S.CHECKED, _S.IN_REVIEW, _S.APPROVED, _S.REFUSED)
    },
}
"""Every move that there is, and in which parts it may be made."""

OPEN = frozenset((_S.DRAFT, _S.CHECKING, _S.CHECKED, _S.IN_REVIEW, _S.APPROVED, _S.PUBLISHING, _S.REFUSED))
"""States in which the bytes are in quarantine."""
EDITABLE = frozenset((_S.DRAFT, _S.CHECKED, _S.REFUSED))
"""States in which the uploader may change the description."""
NEEDS_REASON = frozenset((_S.REFUSED,))


def may(before: State, after: State, actor: Actor) -> bool:
    """Whether somebody in this part may make this move."""
    return actor in MOVES.get((before, after), frozenset())


def move(connection: sa.Connection, upload_id: str, to: str, *, by: str, now_s: float, reason: str = "") -> None:
    """Move an upload, and remember who did and why.

    That somebody is a reviewer is for the caller to know (``accounts.guards``); that the uploader moves only their own
    uploads, and that only the server makes the server's moves, is judged here.

    Args:
        connection: In a transaction that may write.
        upload_id: Which.
        to: A state.
        by: A person's id, or :data:`SERVER`.
        now_s: When.
        reason: For people; a refusal needs one.

    Raises:
        NotFoundError: there is no such upload.
        RefusedError: it is in another state by now (409), or it is not theirs to move (403).
    """
    row = connection.execute(sa.select(uploads.c.state, uploads.c.person_id).where(uploads.c.id == upload_id)).first()
    if row is None:
        raise NotFoundError(f"there is no upload {upload_id[:40]}")
    before, after = State(row.state), State(to)
    _check(before, after, _actors(by, row.person_id))
    if after in NEEDS_REASON and not reason.strip():
        raise RefusedError("a refusal needs a reason: the uploader is to know what to do", status=400, field="reason")
    moved = connection.execute(
        sa.update(uploads)
        .where(uploads.c.id == upload_id, uploads.c.state == before)
        .values(state=after.value, reason=reason, changed_s=now_s)
    )
    if not moved.rowcount:
        raise RefusedError("somebody else moved the upload a moment ago", hint="Look again.", status=409)
    connection.execute(
        sa.insert(upload_events).values(
            upload_id=upload_id, at_s=now_s, before=before.value, after=after.value, by=by, reason=reason
        )
    )


def _actors(by: str, owner: str) -> frozenset[Actor]:
    """In which parts somebody may act; that a reviewer is one was judged by the caller."""
    if by == SERVER:
        return frozenset((Actor.SERVER,))
    return frozenset((Actor.UPLOADER, Actor.REVIEWER)) if by == owner else frozenset((Actor.REVIEWER,))


def _check(before: State, after: State, actors: frozenset[Actor]) -> None:
    allowed = MOVES.get((before, after))
    if allowed is None:
        raise RefusedError(
            f"the upload is {before.value}, and cannot become {after.value}", hint="Look again where it is.", status=409
        )
    if not allowed & actors:
        parts = " or ".join(sorted(allowed))
        raise RefusedError(f"from {before.value} to {after.value} only the {parts} can move it", status=403)
