# SPDX-License-Identifier: Apache-2.0
"""The reviewers' pages: the queue, one upload."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from seedbed.portal.accounts import audit
from seedbed.portal.accounts.guards import back_to, need, need_session, said_in
from seedbed.portal.portal import portal_of
from seedbed.portal.review import deciding, jobs, queue, reports
from seedbed.portal.review.differences import MAX_SHOWN
from seedbed.portal.uploads.states import State
from seedbed.portal.web.failures import RefusedError

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from seedbed.portal.accounts.forms import Fields

SAID = frozenset(
    ("approved", "refused", "called-back", "dismiss", "takedown", "put-back", "uphold", "suspended", "again")
)
_MAX_NUMBER = 1 << 31
"""As far as databases count rows."""
MAX_FILES = 500
"""On the page; the count is of all."""


def queue_page(request: Request) -> Response:
    """What waits."""
    need(request, "reviewer")
    portal = portal_of(request)
    with portal.store.read() as connection:
        values: dict[str, Any] = {
            "waiting": queue.waiting(connection),
            "approved": queue.waiting(connection, states=(State.APPROVED, State.PUBLISHING)),
            "failed": jobs.listed(connection, states=("failed",), limit=20),
            "reports": reports.listed(connection),
        }
    said = said_in(request, SAID)
    return portal.pages.render(request, "review/queue.html", said=said, now_s=portal.now().timestamp(), **values)


def upload_page(request: Request) -> Response:
    """Everything about one."""
    need(request, "reviewer")
    return _upload(request)


def decide(request: Request, fields: Fields) -> Response:
    """Approve, refuse or call back."""
    person, portal = need_session(request, "reviewer"), portal_of(request)
    upload_id, verdict = request.path_params["upload"], fields.one("verdict")
    given = {"reasons": fields.all("reasons"), "text": fields.one("text")}
    try:
        with portal.store.begin() as connection:
            now_s = portal.now().timestamp()
            deciding.decide(connection, person, upload_id, verdict, now_s=now_s, **given)  # type: ignore[arg-type]  # as named
    except RefusedError as wrong:
        return _upload(request, wrong=wrong, given=given)
    return back_to("/review", verdict)


def try_again(request: Request, _fields: Fields) -> Response:
    """A withdrawal or a restoration that failed.

    Raises:
        RefusedError: it has not failed (409).
    """
    person, portal = need_session(request, "reviewer"), portal_of(request)
    number, now_s = request.path_params["job"], portal.now().timestamp()
    with portal.store.begin() as connection:
        job = jobs.again(connection, number, now_s=now_s) if number < _MAX_NUMBER else None
        if job is None:
            raise RefusedError("this has not failed, or cannot be tried again", hint="Look again.", status=409)
        audit.note(connection, person, "job-again", what=f"job:{number}", why=f"{job.kind} {job.item_id}", now_s=now_s)
    return back_to("/review", "again")


def _upload(request: Request, *, wrong: RefusedError | None = None, given: dict[str, Any] | None = None) -> Response:
    portal = portal_of(request)
    with portal.store.read() as connection:
        one = queue.submission(portal, connection, request.path_params["upload"])
    return portal.pages.render(
        request,
        "review/upload.html",
        status=wrong.status if wrong else 200,
        one=one,
        wrong=wrong,
        given=given or {"reasons": (), "text": ""},
        reasons=deciding.REASONS,
        max_files=MAX_FILES,
        max_shown=MAX_SHOWN,
    )
