# SPDX-License-Identifier: Apache-2.0
"""Pages of reports: anyone files one, reviewers decide, who gave the data may appeal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from seedbed.portal.accounts import audit, people
from seedbed.portal.accounts.guards import back_to, need, need_session, person_of, said_in, slow_down
from seedbed.portal.accounts.limits import Rate
from seedbed.portal.portal import portal_of
from seedbed.portal.review import moderating, reports
from seedbed.portal.review.pages import SAID
from seedbed.portal.web.failures import RefusedError

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from seedbed.portal.accounts.forms import Fields

FILING = Rate(5, 3600)
"""By a person, or from a network."""
APPEALS = Rate(10, 3600)


def form(request: Request) -> Response:
    """What is wrong with which dataset?"""
    return _form(request, {"item": request.query_params.get("item", "")[:300]})


def send(request: Request, fields: Fields) -> Response:
    """The form was sent; the answer is a page that tells what becomes of it."""
    given = {name: fields.one(name) for name in ("item", "kind", "text", "contact")}
    try:
        report_id = file(request, given)
    except RefusedError as wrong:
        answer = _form(request, given, wrong=wrong)
        answer.headers.update(wrong.headers)
        return answer
    return back_to(f"/reports/{report_id}", "sent")


def file(request: Request, given: dict[str, str]) -> str:
    """File a report; returns its id.

    Raises:
        RefusedError: a field cannot be used, or too many (429).
        NotFoundError: there is no such version.
    """
    portal = portal_of(request)
    slow_down(request, "report", FILING)
    with portal.store.begin() as connection:
        return reports.file(
            portal,
            connection,
            person_of(request),
            item_id=given["item"],
            kind=given["kind"],
            text=given["text"],
            contact=given["contact"],
            now_s=portal.now().timestamp(),
        )


def state_page(request: Request) -> Response:
    """What becomes of a report, for whoever has its address; who reported is not on it."""
    portal, person = portal_of(request), person_of(request)
    with portal.store.read() as connection:
        report = reports.find(connection, request.path_params["report"])
        may_appeal = moderating.may_appeal(connection, person, report)
    said = said_in(request, ("sent", "appealed"))
    values: dict[str, Any] = {"report": report, "may_appeal": may_appeal, "said": said, "wrong": None, "text": ""}
    return portal.pages.render(request, "review/report.html", headers={"X-Robots-Tag": "noindex"}, **values)


def appeal(request: Request, fields: Fields) -> Response:
    """Who gave the data disagrees."""
    person, portal = need_session(request), portal_of(request)
    slow_down(request, "appeal", APPEALS)
    report_id, text = request.path_params["report"], fields.one("text")
    try:
        with portal.store.begin() as connection:
            moderating.appeal(connection, person, report_id, text, now_s=portal.now().timestamp())
    except RefusedError as wrong:
        if wrong.field != "text":
            raise
        with portal.store.read() as connection:
            report = reports.find(connection, report_id)
        values: dict[str, Any] = {"report": report, "may_appeal": True, "said": "", "wrong": wrong, "text": text}
        return portal.pages.render(request, "review/report.html", status=400, **values)
    return back_to(f"/reports/{report_id}", "appealed")


def notices(request: Request) -> Response:
    """What was decided against one's own data."""
    person, portal = need_session(request), portal_of(request)
    with portal.store.read() as connection:
        found = reports.against(connection, person)
    return portal.pages.render(request, "review/notices.html", reports=found)


def decision_page(request: Request) -> Response:
    """A report, for reviewers."""
    need(request, "reviewer")
    return _decision(request)


def decide(request: Request, fields: Fields) -> Response:
    """What becomes of it."""
    person, portal = need_session(request, "reviewer"), portal_of(request)
    report_id, action = request.path_params["report"], fields.one("action")
    if action == "suspend":
        need(request, "admin")
    try:
        with portal.store.begin() as connection:
            now_s = portal.now().timestamp()
            if action == "suspend":
                _suspend(request, connection, report_id, fields.one("reason"), now_s)
                return back_to(f"/review/reports/{report_id}", "suspended")
            moderating.decide(connection, person, report_id, action, reason=fields.one("reason"), now_s=now_s)
    except RefusedError as wrong:
        return _decision(request, wrong=wrong, reason=fields.one("reason"))
    return back_to("/review", action)


def _suspend(request: Request, connection: Any, report_id: str, reason: str, now_s: float) -> None:
    """Shut out who gave the data.

    Raises:
        RefusedError: nobody is known to have given it, it is oneself, or there is no reason.
    """
    person = person_of(request)
    owner, _ = reports.uploader_of(connection, reports.find(connection, report_id).item_id)
    if not owner:
        raise RefusedError("nobody here gave this data: there is nobody to suspend", status=409)
    if owner == person.id:
        raise RefusedError("nobody suspends themselves", status=409)
    if not reason:
        raise RefusedError("reason: expected some words; the person will read them", field="reason")
    people.suspend(connection, owner, why=reason, now_s=now_s)
    audit.note(connection, person, "person-suspended", what=f"person:{owner}", why=reason, now_s=now_s)


def _form(request: Request, given: dict[str, str], *, wrong: RefusedError | None = None) -> Response:
    pages = portal_of(request).pages
    values = {"kind": "", "text": "", "contact": "", "item": "", **given}
    status = wrong.status if wrong else 200
    return pages.render(
        request, "review/report-form.html", status=status, kinds=reports.KINDS, given=values, wrong=wrong
    )


def _decision(request: Request, *, wrong: RefusedError | None = None, reason: str = "") -> Response:
    portal, person = portal_of(request), person_of(request)
    with portal.store.read() as connection:
        report = reports.find(connection, request.path_params["report"])
        owner, _ = reports.uploader_of(connection, report.item_id)
        ids = [report.person_id, report.decided_by, report.appeal_by, report.appeal_decided_by, owner]
        names = people.names(connection, ids)
        others = [one for one in reports.listed(connection, states=reports.STATES, item_id=report.item_id)
                  if one.id != report.id] if report.item_id else []  # fmt: skip
    actions = [one for one in moderating.ACTIONS if report.state in moderating.FROM[one]]
    actions = [one for one in actions if one != "put-back" or report.state == "appealed" or person.may("admin")]
    values: dict[str, Any] = {"report": report, "names": names, "owner": owner, "others": others, "actions": actions}
    more: dict[str, Any] = {"wrong": wrong, "reason": reason, "said": said_in(request, SAID)}
    status = wrong.status if wrong else 200
    return portal.pages.render(request, "review/decision.html", status=status, **values, **more)
