# SPDX-License-Identifier: Apache-2.0
"""Decisions about reports: dismiss, take down, put back, uphold; and the uploader's appeal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from seedbed.portal.accounts import audit
from seedbed.portal.accounts.tables import people, person_roles
from seedbed.portal.review import jobs, reports
from seedbed.portal.web.failures import RefusedError

if TYPE_CHECKING:
    from seedbed.portal.accounts.person import Person
    from seedbed.portal.review.reports import Report

ACTIONS = ("dismiss", "takedown", "put-back", "uphold")
FROM = {"dismiss": ("open",), "takedown": ("open",), "put-back": ("appealed", "taken-down"), "uphold": ("appealed",)}
MAX_TEXT = 2000


def decide(
    connection: sa.Connection, person: Person, report_id: str, action: str, *, reason: str = "", now_s: float
) -> Report:
    """Decide on a report, or on the appeal against its decision.

    Args:
        connection: Of one transaction.
        person: A reviewer; the caller has made sure.
        report_id: Which.
        action: Of ``ACTIONS``.
        reason: For people: of a takedown it stands in the signed catalogue.
        now_s: Unix time.

    Returns:
        The report as it was.

    Raises:
        RefusedError: a field cannot be used, it is not theirs to decide (403), or it is in another state (409).
        NotFoundError: there is no such report.
    """
    report = reports.find(connection, report_id)
    _check(report, action, reason)
    _check_whose(connection, person, report, action)
    if action in {"dismiss", "takedown"}:
        state = "dismissed" if action == "dismiss" else "taken-down"
        reports.change(connection, report, state, reason=reason, decided_by=person.id, decided_s=now_s)
    else:
        state = "put-back" if action == "put-back" else "upheld"
        values = {"appeal_reason": reason, "appeal_decided_by": person.id, "appeal_decided_s": now_s}
        reports.change(connection, report, state, **values)
    _have_done(connection, report, action, by=person.id, reason=reason, now_s=now_s)
    audit.note(connection, person, f"report-{state}", what=f"report:{report.id}", why=reason, now_s=now_s)
    return report


def appeal(connection: sa.Connection, person: Person, report_id: str, text: str, *, now_s: float) -> None:
    """The uploader, or a member of the organisation it was given for, disagrees with a takedown: once.

    Raises:
        RefusedError: not theirs (403), too short, or there is nothing to appeal against (409).
        NotFoundError: there is no such report.
    """
    report = reports.find(connection, report_id)
    if not may_appeal(connection, person, report):
        raise RefusedError("only who gave the data can appeal", status=403)
    if report.state != "taken-down" or report.appealed_s is not None:
        raise RefusedError(f"the report is {report.state}: there is nothing to appeal against", status=409)
    if not reports.MIN_TEXT <= len(text) <= reports.MAX_TEXT:
        said = f"text: expected {reports.MIN_TEXT} to {reports.MAX_TEXT:,} characters, got {len(text):,}"
        raise RefusedError(said, hint="Say why the data may stay.", field="text")
    reports.change(connection, report, "appealed", appeal=text, appealed_s=now_s, appeal_by=person.id)
    audit.note(connection, person, "report-appealed", what=f"report:{report.id}", why=text, now_s=now_s)


def may_appeal(connection: sa.Connection, person: Person, report: Report) -> bool:
    """Whether the data that was taken down is theirs."""
    owner, organisation = reports.uploader_of(connection, report.item_id)
    return person.is_known and (person.id == owner or (bool(organisation) and organisation in person.organisations))


def _have_done(connection: sa.Connection, report: Report, action: str, *, by: str, reason: str, now_s: float) -> None:
    """The catalogue is the worker's to change."""
    if action == "takedown":
        jobs.add(connection, "withdraw", item_id=report.item_id, reason=reason, by=by, now_s=now_s)
    elif action == "put-back":
        jobs.add(connection, "restore", item_id=report.item_id, reason=reason, by=by, now_s=now_s)


def _check(report: Report, action: str, reason: str) -> None:
    if action not in ACTIONS:
        raise RefusedError(f"action: expected of {', '.join(ACTIONS)}, got {action[:40]!r}", field="action")
    if len(reason) > MAX_TEXT:
        raise RefusedError(f"reason: expected at most {MAX_TEXT:,} characters, got {len(reason):,}", field="reason")
    if report.state not in FROM[action]:
        raise RefusedError(f"the report is {report.state}: {action} is not possible", hint="Look again.", status=409)
    if action == "takedown" and not report.item_id:
        raise RefusedError("this report is about no dataset: there is nothing to take down", status=409)
    if action != "dismiss" and not reason:
        raise RefusedError("reason: expected some words; people will read them", field="reason")


def _check_whose(connection: sa.Connection, person: Person, report: Report, action: str) -> None:
    """Nobody judges their own data; an appeal is judged by another one than who took it down, where there is one."""
    owner, _ = reports.uploader_of(connection, report.item_id)
    if owner == person.id and not person.may("admin"):
        raise RefusedError("nobody decides about their own data", hint="Another reviewer or an admin does.", status=403)
    if action == "put-back" and report.state == "taken-down" and not person.may("admin"):
        raise RefusedError("without an appeal, only an admin puts back", status=403)
    is_appeal = report.state == "appealed"
    if is_appeal and report.decided_by == person.id and _others(connection, (person.id, owner)):
        hint = "Another reviewer decides about the appeal."
        raise RefusedError("who took it down does not judge the appeal", hint=hint, status=403)


def _others(connection: sa.Connection, but: tuple[str, ...]) -> bool:
    """Whether somebody else can decide."""
    joined = person_roles.join(people, people.c.id == person_roles.c.person_id)
    which = person_roles.c.role.in_(("reviewer", "admin")), people.c.suspended_s.is_(None), people.c.id.not_in(but)
    return connection.execute(sa.select(people.c.id).select_from(joined).where(*which).limit(1)).first() is not None
