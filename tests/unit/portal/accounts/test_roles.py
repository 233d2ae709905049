# SPDX-License-Identifier: Apache-2.0
"""Role escalation: every route of accounts and review, asked by everybody."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from seedbed.portal.accounts import routes as accounts
from seedbed.portal.accounts.person import STRANGER, Person
from seedbed.portal.review import routes as review
from tests.portal_people import HTML, Browser, join, stranger, token, token_in
from tests.unit.portal.review.submitting import handed_in

if TYPE_CHECKING:
    from tests.portals import Stand

NEEDS = {
    "GET /login": "", "POST /login": "", "GET /signup": "", "POST /signup": "", "POST /logout": "",
    "GET /link/{secret}": "", "POST /link/{secret}": "", "GET /login/provider": "", "GET /login/provider/back": "",
    "GET /report": "", "POST /report": "", "GET /reports/{report}": "", "POST /api/v1/reports": "",
    "GET /api/v1/reports/{report}": "",
    "GET /account": "known", "POST /account/email": "known", "POST /account/password": "known",
    "POST /account/sessions/end": "known", "POST /account/tokens": "known", "POST /account/tokens/end": "known",
    "POST /organisations/{organisation}/members": "owner", "GET /notices": "known",
    "POST /reports/{report}/appeal": "giver", "POST /api/v1/reports/{report}/appeal": "giver",
    "GET /api/v1/me": "known", "GET /api/v1/tokens": "known", "POST /api/v1/tokens": "known",
    "DELETE /api/v1/tokens/{token}": "known",
    "GET /review": "reviewer", "GET /review/uploads/{upload}": "reviewer", "POST /review/uploads/{upload}": "reviewer",
    "POST /review/jobs/{job:int}": "reviewer",
    "GET /review/reports/{report}": "reviewer", "POST /review/reports/{report}": "reviewer",
    "GET /api/v1/review/uploads": "reviewer", "GET /api/v1/review/uploads/{upload}": "reviewer",
    "GET /api/v1/review/uploads/{upload}/decisions": "reviewer",
    "POST /api/v1/review/uploads/{upload}/decisions": "reviewer",
    "GET /api/v1/reports": "reviewer", "POST /api/v1/reports/{report}/decisions": "reviewer",
    "GET /admin": "admin", "GET /admin/people": "admin", "POST /admin/people": "admin",
    "GET /admin/people/{person}": "admin", "POST /admin/people/{person}": "admin",
    "GET /admin/organisations": "admin", "POST /admin/organisations": "admin",
    "GET /admin/organisations/{organisation}": "admin", "POST /admin/organisations/{organisation}": "admin",
    "GET /admin/log": "admin", "GET /api/v1/log": "admin",
}  # fmt: skip
"""Every route, and who may use it: ``owner`` and ``giver`` are rights to one thing, judged there."""
ALLOWED = {
    "stranger": {""},
    "uploader": {"", "known"},
    "reviewer": {"", "known", "reviewer"},
    "admin": {"", "known", "reviewer", "admin", "owner"},
}


def _routes(stand: Stand) -> list[str]:
    found = [one for part in (accounts, review) for one in part.routes(stand.portal)]
    return [f"{method} {one.path}" for one in found for method in (one.methods or ()) if method != "HEAD"]


def test_every_route_is_in_the_table(stand: Stand) -> None:
    """A new one must be thought of."""
    assert sorted(_routes(stand)) == sorted(NEEDS)


def _asked(browser: Browser, route: str, things: dict[str, str], token_for_forms: str) -> int:
    method, _, path = route.partition(" ")
    path = path.replace(":int", "").format(**things)
    if path.startswith("/api/"):
        return browser.ask(method, path, {} if method == "POST" else None).status_code
    if method == "GET":
        return browser.get(path).status_code
    return browser.web.post(path, data={"csrf_token": token_for_forms}, headers=HTML).status_code


def _refused(status: int, route: str, who: str) -> bool:
    """A stranger's page goes to the log-in; all else is 401 and 403."""
    if who == "stranger":
        return status == (303 if route.startswith("GET /") and "/api/" not in route else 401)
    return status == 403


@pytest.mark.parametrize("who", ALLOWED)
def test_role_escalation_each_route_is_open_to_those_it_is_for_and_to_nobody_else(stand: Stand, who: str) -> None:
    """The refusal comes before anything else is said: also for things that are not there."""
    browser = stranger(stand) if who == "stranger" else join(stand, "Zoe", who)
    form = token_in(browser.get("/report").text)
    things = dict.fromkeys(("secret", "organisation", "upload", "report", "person", "token"), "x") | {"job": "1"}

    for route, needed in NEEDS.items():
        if route in {"POST /login", "POST /logout", "GET /login/provider", "GET /login/provider/back"} or needed in {
            "owner",
            "giver",
        }:
            continue
        status = _asked(browser, route, things, form)
        is_refused = _refused(status, route, who)
        assert is_refused == (needed not in ALLOWED[who]), (who, route, status)
        assert status != 500, (who, route)


@pytest.mark.parametrize("scope", ["upload", "review", "admin"])
def test_role_escalation_a_token_opens_no_more_than_its_scope(stand: Stand, scope: str) -> None:
    """An admin's own token; and no page where only a session may act."""
    root = join(stand, "Root", "uploader", "reviewer", "admin")
    bearer = token(stand, root.person_id, scope)
    web = stranger(stand).web
    things = dict.fromkeys(("secret", "organisation", "upload", "report", "person", "token"), "x") | {"job": "1"}
    roles = {"upload": "uploader", "review": "reviewer", "admin": "admin"}
    for route, needed in NEEDS.items():
        method, _, path = route.partition(" ")
        if not path.startswith("/api/") or needed in {"", "owner", "giver"}:
            continue
        status = web.request(method, path.format(**things), headers=bearer, json={}).status_code
        is_session_only = route == "POST /api/v1/tokens"
        assert (status == 403) == (needed not in ALLOWED[roles[scope]] or is_session_only), (scope, route, status)


def test_role_escalation_a_reviewer_makes_nobody_an_admin(stand: Stand) -> None:
    """Nor an uploader themselves, by whatever field."""
    rex, ana = join(stand, "Rex", "reviewer"), join(stand, "Ana")
    for one in (rex, ana):
        for fields in ({"do": "roles", "roles": ["admin"]}, {"do": "reset"}, {"do": "quota", "quota": "1EB"}):
            assert one.post(f"/admin/people/{ana.person_id}", fields).status_code == 403
        one.post("/account/email", {"email": "x@example.org", "roles": "admin", "quota_bytes": "1"})

    assert ana.ask("GET", "/api/v1/me").json()["roles"] == ["uploader"]


def test_role_escalation_an_uploader_does_not_approve_by_any_door(stand: Stand) -> None:
    """Their own, or another's."""
    ana = join(stand, "Ana")
    upload = handed_in(stand, ana.person_id)

    assert ana.post(f"/review/uploads/{upload}", {"verdict": "approved"}).status_code == 403
    assert ana.ask("POST", f"/api/v1/review/uploads/{upload}/decisions", {"verdict": "approved"}).status_code == 403


def test_an_admin_may_everything_and_a_stranger_nothing() -> None:
    """The rule itself."""
    assert Person("p1", "Root", frozenset(("admin",))).may("reviewer")
    assert not Person("p1", "Rex", frozenset(("reviewer",))).may("admin")
    assert not Person("p1", "Rex", frozenset(("reviewer",))).may("uploader")
    assert not STRANGER.may("")
