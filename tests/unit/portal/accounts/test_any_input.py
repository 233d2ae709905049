# SPDX-License-Identifier: Apache-2.0
"""Whatever is sent: our own answers, and never a way out of the site."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from starlette.requests import Request

from seedbed.portal.accounts import csrf, names, networks
from seedbed.portal.accounts.guards import own_path
from seedbed.portal.accounts.oidc.pages import Errand
from seedbed.portal.accounts.oidc.provider import Flow
from seedbed.portal.accounts.sessions import device_of
from seedbed.portal.web.failures import RefusedError
from tests.portal_people import join, stranger, token_in

if TYPE_CHECKING:
    from tests.portal_people import Browser
    from tests.portals import Stand


@given(st.text(alphabet="/\\.:@?#%\t\n\r evil\u2028\u3000\uff0f", max_size=12) | st.text(max_size=40))
@example("/\\evil.test")
@example("//evil.test")
def test_no_text_leads_to_another_site(text: str) -> None:
    """As browsers read it: backslashes are slashes, tabs and line breaks are not there."""
    found = own_path(text)

    as_browsers_read = found.replace("\\", "/").translate({9: None, 10: None, 13: None})
    assert urlsplit(urljoin("http://portal.test/login", as_browsers_read)).netloc == "portal.test"


@given(st.binary(max_size=300), st.sampled_from([b"application/x-www-form-urlencoded", b"multipart/form-data; x"]))
def test_a_forms_beginning_holds_a_token_or_none(beginning: bytes, kind: bytes) -> None:
    """And nothing else comes out of it."""
    request = Request({"type": "http", "headers": [(b"content-type", kind)]})

    assert csrf.in_body(request, beginning) in {"", *(part[:64] for part in beginning.decode("latin-1").split("="))}


@given(st.text(max_size=60))
def test_a_name_is_taken_as_it_will_be_read_or_refused(text: str) -> None:
    """What is taken is found again by its key, and taken again."""
    try:
        name = names.checked_name(text)
    except RefusedError:
        return

    assert names.checked_name(name) == name
    assert names.name_key(name) == names.name_key(names.name_key(name))
    assert name.isprintable()


@given(st.text(max_size=100), st.booleans())
def test_an_errand_comes_back_as_it_was(to: str, links: bool) -> None:  # noqa: FBT001  # hypothesis'
    """Only its place is one of ours."""
    to = own_path(to, "/account")

    assert Errand.read(Errand(Flow("held"), to, links).text()) == Errand(Flow("held"), to, links)


@given(st.text(max_size=100))
def test_any_cookie_of_an_errand_is_read_or_passed_over(text: str) -> None:
    """Browsers hold what others gave them."""
    found = Errand.read(text)

    assert found is None or found.to.startswith("/")


@given(st.text(max_size=60), st.text(max_size=60))
def test_any_address_is_some_network(peer: str, forwarded: str) -> None:
    """A proxy may send what it likes."""
    headers = [(b"x-forwarded-for", forwarded.encode("utf-8", "surrogatepass"))]
    scope: dict[str, Any] = {"type": "http", "client": (peer, 1), "headers": headers}

    assert len(networks.network_of(Request(scope), networks.proxies_of(["127.0.0.1"]), b"key")) == 32
    assert len(device_of(forwarded)) < 40


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    path=st.sampled_from(
        ["/login", "/signup", "/report", "/link/x", "/account/tokens", "/admin/people", "/api/v1/reports"]
    ),
    body=st.binary(max_size=200),
    kind=st.sampled_from(
        ["application/x-www-form-urlencoded", "multipart/form-data; boundary=b", "application/json", "x"]
    ),
    cookie=st.text(alphabet=st.characters(min_codepoint=33, max_codepoint=126), max_size=80),
)
def test_any_request_gets_an_answer_of_ours(stand: Stand, path: str, body: bytes, kind: str, cookie: str) -> None:
    """No 500, whoever sends what."""
    headers = {"Content-Type": kind, "Cookie": f"seedbed-session={cookie}; seedbed-form={cookie}"}

    answer = stranger(stand).web.post(path, content=body, headers=headers)

    assert 400 <= answer.status_code < 500


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    st.sampled_from(["/login", "/signup", "/report"]),
    st.dictionaries(st.sampled_from(["name", "password", "again", "email", "item", "kind", "text", "contact", "next"]),
                    st.text(max_size=30) | st.sampled_from(["other", "long enough words"])),
)  # fmt: skip
def test_any_form_with_its_token_gets_an_answer_of_ours(stand: Stand, page: str, fields: dict[str, str]) -> None:
    """The token opens the door; what is in the fields is judged behind it."""
    stand.clock.forward(hours=2)  # nobody is too often here
    browser = stranger(stand)

    answer = browser.web.post(page, data={"csrf_token": token_in(browser.get(page).text), **fields})

    assert answer.status_code in {303, 400, 401, 404, 409}


NOT_TEXT = ("a\0b", "\ud800", "x" * 20 + "\0")


def _shown(browser: Browser) -> dict[str, str]:
    return {"Content-Type": "application/json", csrf.HEADER: csrf.token_of(browser.held)}


def test_what_no_database_can_hold_is_refused(both: Stand) -> None:
    """NUL, halves of characters, numbers beyond all rows: on both databases, by every door."""
    root = join(both, "Root", "admin")
    web = stranger(both)

    for text in NOT_TEXT:
        escaped = json.dumps({"item": "", "kind": "other", "text": text + " and more", "contact": ""})
        sent = web.web.post("/api/v1/reports", content=escaped, headers={"Content-Type": "application/json"})
        assert (sent.status_code, sent.json()["error"]["where"]) == (400, "text")
        body = json.dumps({"kind": "files", "name": "x", "metadata": {"title": [text]}})
        assert root.web.post("/api/v1/uploads", content=body, headers=_shown(root)).status_code == 400
    assert web.fill("/report", {"item": "", "kind": "other", "text": "a\0 long enough text"}).status_code == 400
    assert web.fill("/login", {"name": "Root\0", "password": "x"}).status_code == 400
    for path in ("/reports/a%00b", "/api/v1/reports/%00", "/report?item=%00", "/link/%00", "/login?next=/%00"):
        assert web.get(path).status_code == 404, path
    assert root.get("/admin/people?words=%00").status_code == 404
    assert root.post("/review/jobs/99999999999999999999").status_code == 409
    assert root.get("/admin/log?before=99999999999999999999").status_code == 200
