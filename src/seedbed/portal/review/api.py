# SPDX-License-Identifier: Apache-2.0
"""Review and reports for programs, under ``/api/v1``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.responses import JSONResponse

from seedbed.portal.accounts import audit
from seedbed.portal.accounts.api import PRIVATE, moment
from seedbed.portal.accounts.guards import need, person_of, slow_down
from seedbed.portal.portal import portal_of
from seedbed.portal.review import deciding, moderating, queue, report_pages, reports
from seedbed.portal.uploads.states import State
from seedbed.portal.web.failures import RefusedError

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response


def uploads(request: Request) -> Response:
    """The queue; ``?state=approved`` for those that wait for their day."""
    need(request, "reviewer")
    state = request.query_params.get("state", State.IN_REVIEW.value)
    known = sorted(one.value for one in queue.SEEN)
    if state not in known:
        raise RefusedError(f"state: expected of {', '.join(known)}, got {state[:40]!r}", field="state")
    with portal_of(request).store.read() as connection:
        found = queue.waiting(connection, states=(State(state),))
    return JSONResponse({"items": [_waiting(one) for one in found]}, headers=PRIVATE)


def upload(request: Request) -> Response:
    """One, with what a decision needs."""
    need(request, "reviewer")
    portal = portal_of(request)
    with portal.store.read() as connection:
        one = queue.submission(portal, connection, request.path_params["upload"])
    changes = one.differences
    return JSONResponse(
        {
            "id": one.upload.id,
            "state": one.upload.state.value,
            "person": {"id": one.person.id, "name": one.person.name, "published": one.earlier_count},
            "organisation": one.organisation,
            "fields": dict(one.fields),
            "findings": [dict(finding) for finding in one.upload.findings],
            "remarks": list(one.upload.remarks),
            "size_bytes": one.upload.size_bytes,
            "embargo_until": moment(one.upload.embargo_s or None),
            "files": [{"path": each.path, "size_bytes": each.length, "sha256": each.sha256} for each in one.files],
            "before": one.before or None,
            "differences": changes and {
                "added": changes.added,
                "removed": changes.removed,
                "changed": changes.changed,
                "alike": changes.alike,
                "fields": [{"field": name, "before": old, "now": new} for name, old, new in changes.fields],
            },
            "decisions": [_decision(each) for each in one.decisions],
        },
        headers=PRIVATE,
    )  # fmt: skip


def decisions(request: Request) -> Response:
    """What was decided about an upload."""
    need(request, "reviewer")
    portal = portal_of(request)
    with portal.store.read() as connection:
        found = queue.submission(portal, connection, request.path_params["upload"]).decisions
    return JSONResponse({"items": [_decision(one) for one in found]}, headers=PRIVATE)


def decide(request: Request, value: dict[str, Any]) -> Response:
    """``{"verdict": "approved" | "refused" | "called-back", "reasons": […], "text": "…"}``."""
    person, portal = need(request, "reviewer"), portal_of(request)
    upload_id, given = request.path_params["upload"], _texts(value, ("verdict", "text"))
    reasons = value.get("reasons", [])
    if not isinstance(reasons, list) or not all(isinstance(one, str) for one in reasons):
        raise RefusedError("reasons: expected a list of texts", field="reasons")
    with portal.store.begin() as connection:
        deciding.decide(
            connection,
            person,
            upload_id,
            given["verdict"],
            reasons=tuple(reasons),
            text=given["text"],
            now_s=portal.now().timestamp(),
        )
        made = queue.decided(connection, upload_id)[0]
    return JSONResponse(_decision(made), 201, headers=PRIVATE)


def all_reports(request: Request) -> Response:
    """Those that wait for a reviewer; ``?state=`` for others."""
    need(request, "reviewer")
    state = request.query_params.get("state", "")
    if state and state not in reports.STATES:
        raise RefusedError(f"state: expected of {', '.join(reports.STATES)}, got {state[:40]!r}", field="state")
    with portal_of(request).store.read() as connection:
        found = reports.listed(connection, states=(state,) if state else reports.TO_DO)
    return JSONResponse({"items": [_report(one, is_reviewer=True) for one in found]}, headers=PRIVATE)


def report(request: Request) -> Response:
    """One, for whoever has its id; who reported is for reviewers."""
    is_reviewer = person_of(request).may("reviewer")
    with portal_of(request).store.read() as connection:
        found = reports.find(connection, request.path_params["report"])
    return JSONResponse(_report(found, is_reviewer=is_reviewer), headers=PRIVATE)


def file(request: Request, value: dict[str, Any]) -> Response:
    """``{"item": "DATASET@VERSION", "kind": …, "text": …, "contact": …}``; no account is needed."""
    made = report_pages.file(request, _texts(value, ("item", "kind", "text", "contact")))
    portal = portal_of(request)
    with portal.store.read() as connection:
        found = _report(reports.find(connection, made), is_reviewer=False)
    return JSONResponse(found, 201, headers={"Location": portal.url(f"/api/v1/reports/{made}"), **PRIVATE})


def moderate(request: Request, value: dict[str, Any]) -> Response:
    """``{"action": "dismiss" | "takedown" | "put-back" | "uphold", "reason": "…"}``."""
    person, portal = need(request, "reviewer"), portal_of(request)
    report_id, given = request.path_params["report"], _texts(value, ("action", "reason"))
    now_s = portal.now().timestamp()
    with portal.store.begin() as connection:
        moderating.decide(connection, person, report_id, given["action"], reason=given["reason"], now_s=now_s)
        found = reports.find(connection, report_id)
    return JSONResponse(_report(found, is_reviewer=True), 201, headers=PRIVATE)


def appeal(request: Request, value: dict[str, Any]) -> Response:
    """``{"text": "…"}``, by who gave the data."""
    person, portal = need(request), portal_of(request)
    slow_down(request, "appeal", report_pages.APPEALS)
    report_id, text = request.path_params["report"], _texts(value, ("text",))["text"]
    with portal.store.begin() as connection:
        moderating.appeal(connection, person, report_id, text, now_s=portal.now().timestamp())
        found = reports.find(connection, report_id)
    return JSONResponse(_report(found, is_reviewer=False), 201, headers=PRIVATE)


def log(request: Request) -> Response:
    """The audit log, newest first; ``?before=ID`` for older lines."""
    need(request, "admin")
    before = request.query_params.get("before", "0")
    if not (before.isascii() and before.isdigit() and len(before) < 10):
        raise RefusedError(f"before: expected a number, got {before[:20]!r}", field="before")
    with portal_of(request).store.read() as connection:
        found = audit.lines(connection, before=int(before))
    keys = ("id", "person_id", "name", "action", "what", "why")
    items = [{"at": moment(one.at_s), **{key: getattr(one, key) for key in keys}} for one in found]
    return JSONResponse({"items": items, "before": items[-1]["id"] if items else None}, headers=PRIVATE)


def _texts(value: dict[str, Any], names: tuple[str, ...]) -> dict[str, str]:
    """Fields that are texts; missing ones are empty."""
    given = {name: value.get(name, "") for name in names}
    for name, one in given.items():
        if not isinstance(one, str):
            raise RefusedError(f"{name}: expected a text, got {type(one).__name__}", field=name)
    return {name: one.strip() for name, one in given.items()}


def _waiting(one: queue.Waiting) -> dict[str, Any]:
    return {
        "id": one.upload_id,
        "state": one.state,
        "title": one.title,
        "dataset": one.dataset,
        "person": {"id": one.person_id, "name": one.name},
        "size_bytes": one.size_bytes,
        "changed": moment(one.changed_s),
        "embargo_until": moment(one.embargo_s or None),
        "error": one.error,
    }


def _decision(one: queue.Decision) -> dict[str, Any]:
    who = {"id": one.person_id, "name": one.name}
    return {"verdict": one.verdict, "reasons": list(one.reasons), "text": one.text, "by": who, "at": moment(one.at_s)}


def _report(one: reports.Report, *, is_reviewer: bool) -> dict[str, Any]:
    told = {
        "id": one.id,
        "item": one.item_id or None,
        "kind": one.kind,
        "state": one.state,
        "reason": one.reason,
        "made": moment(one.made_s),
        "decided": moment(one.decided_s),
        "appealed": moment(one.appealed_s),
        "appeal_reason": one.appeal_reason,
        "appeal_decided": moment(one.appeal_decided_s),
    }
    if not is_reviewer:
        return told
    return {**told, "text": one.text, "contact": one.contact, "person_id": one.person_id, "appeal": one.appeal}
