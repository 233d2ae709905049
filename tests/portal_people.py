# SPDX-License-Identifier: Apache-2.0
"""People before a portal under test: each with a browser of their own."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from starlette.testclient import TestClient

from seedbed.portal.accounts import cookies, csrf, people, sessions, tokens
from seedbed.portal.accounts.passwords import Passwords
from tests.portals import URL

if TYPE_CHECKING:
    import httpx2 as httpx

    from tests.portals import Stand

PASSWORD = "river mouse candle seven"
"""Of everybody."""
HTML = {"Accept": "text/html"}


@lru_cache
def password_hash() -> str:
    """Made once: it is slow on purpose."""
    return Passwords().hash(PASSWORD)


@dataclass(frozen=True, slots=True)
class Browser:
    """Somebody's, with cookies of its own."""

    web: TestClient
    person_id: str = ""
    held: str = ""
    """The session's secret."""

    def get(self, path: str, **more: Any) -> httpx.Response:
        """A page."""
        return self.web.get(path, headers={**HTML, **more.pop("headers", {})}, **more)

    def post(self, path: str, fields: dict[str, Any] | None = None, **more: Any) -> httpx.Response:
        """Send a form with the session's token."""
        token = {"csrf_token": csrf.token_of(self.held)}
        return self.web.post(
            path, data={**token, **(fields or {})}, headers={**HTML, **more.pop("headers", {})}, **more
        )

    def fill(self, page: str, fields: dict[str, Any], *, to: str = "") -> httpx.Response:
        """Open a page, and send a form with the token that stands in it."""
        token = token_in(self.get(page).text)
        return self.web.post(to or page.partition("?")[0], data={"csrf_token": token, **fields}, headers=HTML)

    def ask(self, method: str, path: str, value: Any = None, **headers: str) -> httpx.Response:
        """As a script of our pages asks, in JSON."""
        token = {csrf.HEADER: csrf.token_of(self.held)} if self.held else {}
        return self.web.request(method, path, json=value, headers={"Accept": "application/json", **token, **headers})


def token_in(page: str) -> str:
    """The CSRF token of a page's first form."""
    found = re.search(r'name="csrf_token" value="([0-9a-f]{64})"', page)
    assert found, "there is no form with a token on this page"
    return found[1]


def stranger(stand: Stand) -> Browser:
    """A browser without cookies."""
    return Browser(TestClient(stand.web.app, base_url=stand.portal.settings.public_url or URL, follow_redirects=False))


def join(stand: Stand, name: str, *roles: str) -> Browser:
    """Somebody with an account and these roles, who is logged in."""
    now_s = stand.portal.now().timestamp()
    with stand.portal.store.begin() as connection:
        known = people.by_name(connection, name)
        person_id = (
            known.id
            if known
            else people.make(connection, name, password=password_hash(), roles=roles or ("uploader",), now_s=now_s)
        )
        held = sessions.begin(connection, person_id, device="Firefox, Linux", now_s=now_s)
    made = stranger(stand)
    made.web.cookies.set(cookies.name_of(stand.portal.settings, cookies.SESSION), held)
    return Browser(made.web, person_id, held)


def token(stand: Stand, person_id: str, *scopes: str, days: int = 30) -> dict[str, str]:
    """Headers with a new token of somebody."""
    now_s = stand.portal.now().timestamp()
    with stand.portal.store.begin() as connection:
        made = tokens.make(connection, person_id, name="a script", scopes=scopes, days=days, now_s=now_s)[1]
    return {"Authorization": f"Bearer {made}", "Accept": "application/json"}
