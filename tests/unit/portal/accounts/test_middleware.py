# SPDX-License-Identifier: Apache-2.0
"""Who asks, and whether a form is ours: before any handler runs (table U50)."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from seedbed.portal.accounts import csrf, people
from seedbed.portal.accounts.desk import Desk
from seedbed.portal.accounts.forms import Fields, posted
from seedbed.portal.accounts.middleware import WhoAsks
from tests.portal_people import join, stranger, token

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.requests import Request
    from starlette.responses import Response

    from tests.portal_people import Browser
    from tests.portals import Stand

OURS = {"Origin": "http://portal.test"}
BOUNDARY = "----b"


@contextmanager
def _door(stand: Stand, browser: Browser) -> Iterator[tuple[TestClient, list[dict[str, Any]]]]:
    """A site behind the middleware that keeps what reached it, asked with a browser's cookies."""
    reached = list[dict[str, Any]]()

    def take(request: Request, fields: Fields) -> Response:
        reached.append({"person": request.state.person.name, **fields})
        return JSONResponse({})

    def show(request: Request) -> Response:
        return JSONResponse({"token": request.state.form_token()})

    async def body(request: Request) -> Response:
        reached.append({"bytes": len(await request.body())})
        return JSONResponse({})

    routes = [
        Route("/form", posted(take), methods=["POST"]),
        Route("/form", show),
        Route("/body", body, methods=["POST"]),
    ]
    app = Starlette(routes=routes, middleware=[Middleware(WhoAsks, desk=Desk())])
    app.state.portal = stand.portal
    with TestClient(app, base_url="http://portal.test", cookies=dict(browser.web.cookies)) as web:
        yield web, reached


def _multipart(token: str, *, before: int = 0) -> bytes:
    parts = [f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="x"\r\n\r\n{"x" * before}\r\n'] if before else []
    parts.append(f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="csrf_token"\r\n\r\n{token}\r\n')
    parts.append(
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="y"\r\n\r\n{"y" * 200_000}\r\n--{BOUNDARY}--\r\n'
    )
    return "".join(parts).encode()


def test_a_form_with_the_sessions_token_arrives(stand: Stand) -> None:
    """With all its fields."""
    ana = join(stand, "Ana")
    with _door(stand, ana) as (web, reached):
        answer = web.post("/form", data={"csrf_token": csrf.token_of(ana.held), "word": "yes"}, headers=OURS)

    assert answer.status_code == 200
    assert reached[0]["person"] == "Ana"
    assert reached[0]["word"] == ["yes"]


@pytest.mark.parametrize("shown", ["", "0" * 64, "é"])
def test_csrf_a_form_without_the_token_does_nothing(stand: Stand, shown: str) -> None:
    """U50: the browser sends the cookie, but the other site's page cannot know the token."""
    with _door(stand, join(stand, "Ana")) as (web, reached):
        answer = web.post("/form", data={"csrf_token": shown})
        bare = web.post("/body", content=b"{}", headers={"Content-Type": "application/json"})

    assert (answer.status_code, bare.status_code) == (403, 403)
    assert "load the page again" in answer.text
    assert reached == []


def test_csrf_another_persons_token_does_nothing(stand: Stand) -> None:
    """U50: a token is bound to its session."""
    eve = join(stand, "Eve")
    with _door(stand, join(stand, "Ana")) as (web, reached):
        answer = web.post("/form", data={"csrf_token": csrf.token_of(eve.held)})

    assert answer.status_code == 403
    assert reached == []


@pytest.mark.parametrize(
    "said",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "http://evil.test"},
        {"Origin": "null"},
        {"Origin": "http://portal.test.evil.test"},
    ],
)
def test_csrf_what_a_browser_calls_foreign_is_refused_even_with_the_token(stand: Stand, said: dict[str, str]) -> None:
    """U50: should a token ever leak."""
    ana = join(stand, "Ana")
    with _door(stand, ana) as (web, reached):
        answer = web.post("/form", data={"csrf_token": csrf.token_of(ana.held)}, headers=said)

    assert answer.status_code == 403
    assert "another site" in answer.text
    assert reached == []


def test_a_script_of_ours_shows_the_token_in_a_header(stand: Stand) -> None:
    """Bodies that are no forms are not looked into."""
    ana = join(stand, "Ana")
    with _door(stand, ana) as (web, reached):
        answer = web.post("/body", content=b"12345", headers={csrf.HEADER: csrf.token_of(ana.held)})
        wrong = web.post("/body", content=b"12345", headers={csrf.HEADER: "1" * 64})

    assert (answer.status_code, wrong.status_code) == (200, 403)
    assert reached == [{"bytes": 5}]


@pytest.mark.parametrize(("before", "status"), [(0, 200), (60_000, 200), (70_000, 403)])
def test_a_long_multipart_form_shows_the_token_at_its_beginning(stand: Stand, before: int, status: int) -> None:
    """What was looked at is still all there for the handler; a token behind 64 KiB is not looked for."""
    ana = join(stand, "Ana")
    body = _multipart(csrf.token_of(ana.held), before=before)
    with _door(stand, ana) as (web, reached):
        answer = web.post("/body", content=body, headers={"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"})

    assert answer.status_code == status
    assert reached == ([{"bytes": len(body)}] if status == 200 else [])


def test_a_strangers_form_is_bound_to_a_cookie_that_comes_with_it(stand: Stand) -> None:
    """U50, log-in CSRF: nobody is logged in as somebody else by another site."""
    with _door(stand, stranger(stand)) as (web, reached):
        shown = web.get("/form")
        accepted = web.post("/form", data={"csrf_token": shown.json()["token"]})
        again = web.get("/form")
        web.cookies.clear()
        without = web.post("/form", data={"csrf_token": shown.json()["token"]})

    cookie = shown.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert shown.headers["cache-control"] == again.headers["cache-control"] == "no-store"
    assert "set-cookie" not in again.headers
    assert (accepted.status_code, without.status_code) == (200, 403)
    assert [one["person"] for one in reached] == [""]


def test_a_program_without_cookies_needs_no_token(stand: Stand) -> None:
    """It carries nobody's rights; another site's script may search, too."""
    with _door(stand, stranger(stand)) as (web, reached):
        answer = web.post(
            "/body", content=b"{}", headers={"Content-Type": "application/json", "Origin": "http://evil.test"}
        )

    assert answer.status_code == 200
    assert reached == [{"bytes": 2}]


def test_a_strangers_page_sets_no_cookie_and_reads_no_row(stand: Stand) -> None:
    """It can be kept by caches, and costs nothing here: the database may even be gone."""
    stand.portal.store.close()
    page = stranger(stand).get("/")

    assert page.status_code == 200
    assert "set-cookie" not in page.headers
    assert "private" not in page.headers.get("cache-control", "")


def test_a_persons_page_is_kept_out_of_shared_caches(stand: Stand) -> None:
    """It has their name on it."""
    page = join(stand, "Ana").get("/")

    assert "Ana" in page.text
    assert page.headers["cache-control"] == "private, no-cache"


def test_a_session_that_is_over_is_nobodys_and_its_cookie_is_dropped(stand: Stand) -> None:
    """Seven idle days."""
    ana = join(stand, "Ana")
    stand.clock.forward(days=7)

    page = ana.get("/")

    assert "Ana" not in page.text
    assert "Max-Age=0" in page.headers["set-cookie"]


def test_a_session_in_use_lives_on_but_not_for_ever(stand: Stand) -> None:
    """Thirty days at most."""
    ana = join(stand, "Ana")
    for _ in range(5):
        stand.clock.forward(days=5)
        assert "Ana" in ana.get("/").text
    stand.clock.forward(days=5)

    assert "Ana" not in ana.get("/").text


def test_a_suspended_person_is_a_stranger_at_once(stand: Stand) -> None:
    """Session and token."""
    ana = join(stand, "Ana")
    bearer = token(stand, ana.person_id, "upload")
    with stand.portal.store.begin() as connection:
        people.suspend(connection, ana.person_id, why="spam", now_s=0)

    assert "Ana" not in ana.get("/").text
    assert stranger(stand).web.get("/", headers=bearer).status_code == 401


def test_a_token_ends_on_its_day(stand: Stand) -> None:
    """And says so."""
    bearer = token(stand, join(stand, "Ana").person_id, days=1)
    web = stranger(stand).web
    assert web.get("/", headers=bearer).status_code == 200
    stand.clock.forward(days=1)

    answer = web.get("/", headers=bearer)

    assert answer.status_code == 401
    assert "invalid_token" in answer.headers["www-authenticate"]
    assert "no longer" in answer.json()["error"]["what"]


@pytest.mark.parametrize("said", ["Bearer", "Bearer x", "Bearer seedbed_" + "x" * 43, "bearer \udce9"])
def test_a_token_that_is_not_ours_is_refused(stand: Stand, said: str) -> None:
    """And never taken for a stranger's request: its sender believes to be somebody."""
    raw = said.encode("utf-8", "surrogateescape")
    assert stranger(stand).web.get("/", headers={b"Authorization": raw}).status_code == 401


def test_another_kind_of_authorization_counts_for_nothing(stand: Stand) -> None:
    """It is for a proxy before us."""
    assert stranger(stand).web.get("/", headers={"Authorization": "Basic eDp5"}).status_code == 200
