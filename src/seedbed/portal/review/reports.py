# SPDX-License-Identifier: Apache-2.0
"""Reports about what is published: filed by anyone, decided by reviewers; takedown, appeal, put back.

::

    open → dismissed
      └──→ taken-down → appealed → put-back
                 │          └────→ upheld
                 └───────────────→ put-back   (by an admin, without an appeal)

A takedown withdraws the version in the signed catalogue, with the reason; its place in the catalogue stays, and nodes
stop fetching it. The appeal is decided by somebody else than who took it down, where there is somebody else.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from seedbed.errors import NotFoundError
from seedbed.portal.accounts import secret
from seedbed.portal.accounts.names import checked_email
from seedbed.portal.review.tables import reports
from seedbed.portal.uploads.tables import uploads
from seedbed.portal.web.failures import RefusedError

if TYPE_CHECKING:
    from seedbed.portal.accounts.person import Person
    from seedbed.portal.portal import Portal

KINDS = ("rules", "personal-data", "malicious", "wrong", "duplicate", "licence", "other")
STATES = ("open", "taken-down", "appealed", "dismissed", "put-back", "upheld")
TO_DO = ("open", "appealed")
"""States that wait for a reviewer."""
MIN_TEXT, MAX_TEXT = 10, 4000


@dataclass(frozen=True, slots=True)
class Report:
    """As kept."""

    id: str
    item_id: str
    """``DATASET@VERSION``; empty: about the site."""
    kind: str
    text: str
    contact: str
    """Mail address of who reported, for an answer; shown to reviewers only."""
    person_id: str
    made_s: float
    state: str
    reason: str
    """Of the decision."""
    decided_by: str
    decided_s: float | None
    appeal: str
    appealed_s: float | None
    appeal_by: str
    appeal_decided_by: str
    appeal_reason: str
    appeal_decided_s: float | None


def file(
    portal: Portal,
    connection: sa.Connection,
    person: Person,
    *,
    item_id: str,
    kind: str,
    text: str,
    contact: str,
    now_s: float,
) -> str:
    """A new report; returns its id, which nobody guesses.

    Raises:
        RefusedError: a field cannot be used.
        NotFoundError: there is no such version.
    """
    if kind not in KINDS:
        raise RefusedError(f"kind: expected of {', '.join(KINDS)}, got {kind[:40]!r}", field="kind")
    if not MIN_TEXT <= len(text) <= MAX_TEXT:
        said = f"text: expected {MIN_TEXT} to {MAX_TEXT:,} characters, got {len(text):,}"
        raise RefusedError(said, hint="Say what is wrong and where, so that a reviewer can find it.", field="text")
    checked_email(contact)
    if item_id:
        item_id = portal.shelf.entry(item_id).id
    report_id = secret.new_id("r")
    row = {"item_id": item_id, "kind": kind, "text": text, "contact": contact, "person_id": person.id}
    connection.execute(reports.insert().values(id=report_id, made_s=now_s, state="open", **row))
    return report_id


def find(connection: sa.Connection, report_id: str) -> Report:
    """One.

    Raises:
        NotFoundError: there is none of this id.
    """
    row = connection.execute(sa.select(reports).where(reports.c.id == report_id)).mappings().first()
    if row is None:
        raise NotFoundError("there is no report of this id")
    return Report(**row)


def listed(
    connection: sa.Connection, *, states: tuple[str, ...] = TO_DO, item_id: str = "", limit: int = 200
) -> list[Report]:
    """In these states, the oldest first."""
    asked = sa.select(reports).where(reports.c.state.in_(states)).order_by(reports.c.made_s, reports.c.id).limit(limit)
    if item_id:
        asked = asked.where(reports.c.item_id == item_id)
    return [Report(**row) for row in connection.execute(asked).mappings()]


def against(connection: sa.Connection, person: Person) -> list[Report]:
    """What was decided against a person's data, or that of its organisations; the newest first."""
    mine = (uploads.c.person_id == person.id) | uploads.c.organisation_id.in_(person.organisations)
    items = sa.select(uploads.c.item_id).where(mine, uploads.c.item_id != "")
    which = reports.c.item_id.in_(items), reports.c.state.not_in(("open", "dismissed"))
    rows = connection.execute(sa.select(reports).where(*which).order_by(reports.c.decided_s.desc()))
    return [Report(**row) for row in rows.mappings()]


def uploader_of(connection: sa.Connection, item_id: str) -> tuple[str, str]:
    """Who gave a version, and for which organisation; empty where it was not given through the portal."""
    asked = sa.select(uploads.c.person_id, uploads.c.organisation_id).where(uploads.c.item_id == item_id)
    row = connection.execute(asked).first() if item_id else None
    return (row.person_id, row.organisation_id) if row else ("", "")


def change(connection: sa.Connection, report: Report, state: str, **values: object) -> None:
    """Move a report on, if it is still where it was seen.

    Raises:
        RefusedError: somebody else was quicker (409).
    """
    which = reports.c.id == report.id, reports.c.state == report.state
    if not connection.execute(reports.update().where(*which).values(state=state, **values)).rowcount:
        raise RefusedError("somebody else decided a moment ago", hint="Look again.", status=409)
