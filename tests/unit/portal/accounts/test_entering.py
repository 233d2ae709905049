# SPDX-License-Identifier: Apache-2.0
"""Getting in: log-in, sign-up, links (tables U50 and U52)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from starlette.testclient import TestClient

from seedbed.portal.accounts import entry, invitations, links, passwords, people
from seedbed.portal.accounts.guards import own_path
from seedbed.portal.accounts.passwords import Passwords
from tests.portal_people import HTML, PASSWORD, Browser, join, stranger, token, token_in

if TYPE_CHECKING:
    from pathlib import Path

    import httpx2 as httpx

    from tests.portals import Stand

OTHER = "lamp otter violin moss"


def _log_in(browser: Browser, name: str, password: str = PASSWORD, **more: str) -> httpx.Response:
    return browser.fill("/login", {"name": name, "password": password, **more})


def _session(answer: httpx.Response) -> str:
    found = re.search(r"seedbed-session=([^;]*)", answer.headers.get("set-cookie", ""))
    return found[1] if found else ""


def test_log_in_and_out(stand: Stand) -> None:
    """The name may be written in any case; after the log-out the old cookie is worth nothing."""
    join(stand, "Ana")
    browser = stranger(stand)

    answer = _log_in(browser, "ANA")
    page = browser.get("/account")
    held = _session(answer)
    out = browser.web.post("/logout", data={"csrf_token": token_in(page.text)})

    assert (answer.status_code, answer.headers["location"]) == (303, "/account")
    assert "Ana" in page.text
    assert out.status_code == 303
    browser.web.cookies.set("seedbed-session", held)
    assert browser.get("/account").headers["location"] == "/login?next=/account"


def test_session_fixation_a_cookie_from_outside_is_never_taken_over(stand: Stand) -> None:
    """U50: neither an invented session nor one that an attacker has here becomes the victim's."""
    eve = join(stand, "Eve")
    join(stand, "Ana")
    for planted in ("planted-by-eve", eve.held):
        victim = stranger(stand)
        victim.web.cookies.set("seedbed-session", planted)
        with stand.portal.store.begin() as connection:
            account = people.by_name(connection, "Ana")
            assert account is not None
        if planted == eve.held:
            victim.post("/logout", {"csrf_token": token_in(victim.get("/account").text)})
            victim.web.cookies.set("seedbed-session", planted)
        answer = _log_in(victim, "Ana")

        assert _session(answer) not in {"", planted}
        attacker = stranger(stand)
        attacker.web.cookies.set("seedbed-session", planted)
        assert "Ana" not in attacker.get("/").text


def test_a_second_log_in_ends_the_session_before(stand: Stand) -> None:
    """The secret rotates."""
    join(stand, "Ana")
    browser = stranger(stand)
    first = _session(_log_in(browser, "Ana"))
    browser.web.cookies.delete("seedbed-session")
    form = token_in(browser.get("/login").text)
    browser.web.cookies.set("seedbed-session", first)
    known = token_in(browser.get("/account").text)

    again = browser.web.post("/login", data={"csrf_token": known, "name": "Ana", "password": PASSWORD}, headers=HTML)

    assert form != known
    assert _session(again) not in {"", first}
    browser.web.cookies.clear()
    browser.web.cookies.set("seedbed-session", first)
    assert browser.get("/account").status_code == 303


def test_enumeration_a_wrong_name_and_a_wrong_password_look_alike(stand: Stand) -> None:
    """Status, words and headers; only what was typed differs."""
    join(stand, "Ana")

    wrong = [_log_in(stranger(stand), name, "wrong horse battery") for name in ("Ana", "Bea")]

    assert {one.status_code for one in wrong} == {401}
    bodies = {re.sub(r"[0-9a-f]{64}", "", one.text).replace("Ana", "Bea") for one in wrong}
    assert len(bodies) == 1
    assert "the name or the password is wrong" in bodies.pop()


def test_timing_a_hash_is_made_for_a_name_that_nobody_has(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else the quick answer tells that the name is unknown."""
    join(stand, "Ana")
    compared = list[str]()
    fits = Passwords.fits

    def watched(self: Passwords, kept: str, password: str) -> bool:
        compared.append(kept)
        return fits(self, kept, password)

    monkeypatch.setattr(Passwords, "fits", watched)
    for name in ("Ana", "Bea"):
        _log_in(stranger(stand), name, "wrong horse battery")

    assert compared[0].startswith("$argon2id$")
    assert compared[1] == ""
    assert passwords.NOBODY.split("$")[1:4] == compared[0].split("$")[1:4]  # the same price


ELSEWHERE = (
    "https://evil.test/", "//evil.test/", "/\\evil.test", "\\\\evil.test", "/\t/evil.test", "javascript:alert(1)",
    "evil.test", "/%0d%0aSet-Cookie:x=y\r\nX: y", "", "/" + "x" * 600, "/\u2028/evil.test",
)  # fmt: skip


def test_open_redirect_next_leads_only_within_the_site(stand: Stand) -> None:
    """U50: by the form and by the link."""
    ana = join(stand, "Ana")
    for to in ELSEWHERE:
        known = ana.web.get("/login", params={"next": to}, headers=HTML)
        assert known.headers["location"] == "/account", to
        assert own_path(to, "/account") == "/account", to
    answer = _log_in(stranger(stand), "Ana", next=ELSEWHERE[1])

    assert answer.headers["location"] == "/account"


@pytest.mark.parametrize("to", ["/", "/datasets?q=lakes&bbox=1,2", "/review/x#top"])
def test_next_leads_back_to_where_one_was(stand: Stand, to: str) -> None:
    """Also with a query."""
    join(stand, "Ana")

    assert _log_in(stranger(stand), "Ana", next=to).headers["location"] == to
    assert own_path(to) == to


def test_tries_are_slowed_down_but_the_owner_gets_in(stand: Stand) -> None:
    """Ten tries of a name from a network; elsewhere it is still open; later here, too."""
    join(stand, "Ana")
    guesser = stranger(stand)
    form = token_in(guesser.get("/login").text)
    fields = {"csrf_token": form, "name": "Ana"}
    answers = [guesser.web.post("/login", data={**fields, "password": f"wrong {n}"}, headers=HTML) for n in range(10)]

    stopped = guesser.web.post("/login", data={**fields, "password": PASSWORD}, headers=HTML)

    assert {one.status_code for one in answers} == {401}
    assert stopped.status_code == 429
    assert int(stopped.headers["retry-after"]) == 90
    assert _log_in(guesser, "Bea", "wrong horse battery").status_code == 401
    stand.clock.forward(seconds=90)
    assert _log_in(guesser, "Ana").status_code == 303


def test_a_network_that_tries_many_names_is_slowed_down(stand: Stand) -> None:
    """Sixty in a quarter of an hour."""
    browser = stranger(stand)
    form = token_in(browser.get("/login").text)
    statuses = [
        browser.web.post("/login", data={"csrf_token": form, "name": f"n{n}", "password": ""}, headers=HTML).status_code
        for n in range(entry.TRIES_OF_NETWORK.count + 1)
    ]

    assert statuses == [401] * entry.TRIES_OF_NETWORK.count + [429]


def test_sign_up_makes_an_uploader(stand: Stand) -> None:
    """And logs in."""
    browser = stranger(stand)
    fields = {"name": " Łucja  Ñandú ", "email": "", "password": OTHER, "again": OTHER}

    answer = browser.fill("/signup", fields)

    assert answer.status_code == 303
    me = browser.ask("GET", "/api/v1/me").json()
    assert (me["name"], me["roles"], me["email"]) == ("Łucja Ñandú", ["uploader"], "")
    assert me["quota_bytes"] == stand.portal.settings.quota_bytes


UNUSABLE = (
    ("name", "", "expected 2 to 40"), ("name", "x" * 41, "expected 2 to 40"),
    ("name", "<b>x</b>", "letters, digits"),
    ("name", "\u0410na", "one script"), ("name", "A\u202ena", "letters, digits"), ("name", "12345", "one script"),
    ("name", "ANA", "somebody&#39;s already"), ("name", "\uff21\uff2e\uff21", "somebody&#39;s already"),
    ("email", "nobody", "expected an address"), ("email", "a@b", "expected an address"),
    ("password", "short", "10 to 500"), ("password", "x" * 501, "10 to 500"),
    ("password", "aaaaaaaaaaaa", "first that"),
    ("password", "Password123", "first that"), ("password", "newcomer newcomer", "first that"),
    ("again", "something else", "is different"),
)  # fmt: skip
"""Field, value, what is said."""


def test_u52_a_field_that_cannot_be_used_is_named(stand: Stand) -> None:
    """Beside the field, and what was typed is still there."""
    join(stand, "Ana")
    for field, value, said in UNUSABLE:
        fields = {"name": "Newcomer", "email": "", "password": OTHER, "again": OTHER, field: value}
        if field == "password":
            fields["again"] = value
        answer = stranger(stand).fill("/signup", fields)

        assert answer.status_code in {400, 409}, (field, value)
        assert said in answer.text, (field, value)
        assert f'id="{field}-wrong"' in answer.text, (field, value)
        assert OTHER not in answer.text
    with stand.portal.store.read() as connection:
        assert [one.name for one in people.listed(connection)] == ["Ana"]


def test_a_network_makes_few_accounts(stand: Stand) -> None:
    """Five in an hour."""
    browser, statuses = stranger(stand), []
    form = token_in(browser.get("/signup").text)
    for letter in "abcdef":
        fields = {"csrf_token": form, "name": f"new {letter}", "password": OTHER, "again": OTHER}
        statuses.append(browser.web.post("/signup", data=fields, headers=HTML).status_code)
        browser.web.cookies.delete("seedbed-session")
        form = token_in(browser.get("/signup").text)

    assert statuses == [303] * 5 + [429]


def test_the_first_admin_comes_by_a_link_that_works_once(stand: Stand) -> None:
    """Opening it does not use it up; using it does."""
    assert invitations.needs_admin(stand.portal)
    path = invitations.make_admin_link(stand.portal).removeprefix(stand.portal.settings.public_url)
    fields = {"name": "Root", "password": OTHER, "again": OTHER}
    browser = stranger(stand)
    page = browser.get(path)

    answer = browser.fill(path, fields)

    assert (page.headers["referrer-policy"], page.headers["cache-control"]) == ("no-referrer", "no-store")
    assert answer.status_code == 303
    assert browser.ask("GET", "/api/v1/me").json()["roles"] == ["admin", "reviewer", "uploader"]
    assert not invitations.needs_admin(stand.portal)
    assert stranger(stand).get(path).status_code == 404


def test_a_link_ends_with_the_next_one_and_with_time(stand: Stand) -> None:
    """Only the newest counts, for three days."""
    old, new = (invitations.make_admin_link(stand.portal).removeprefix("http://portal.test") for _ in range(2))

    assert stranger(stand).get(old).status_code == 404
    assert stranger(stand).get(new).status_code == 200
    stand.clock.forward(days=3)
    assert stranger(stand).get(new).status_code == 404


def test_a_reset_link_sets_a_password_and_ends_all_other_ways_in(stand: Stand) -> None:
    """Whoever had a session or a token has none now."""
    ana = join(stand, "Ana")
    bearer = token(stand, ana.person_id, "upload")
    with stand.portal.store.begin() as connection:
        link = links.make(stand.portal, connection, "reset", person_id=ana.person_id)
    path = link.removeprefix(stand.portal.settings.public_url)

    wrong = stranger(stand).fill(path, {"password": OTHER, "again": "another"})
    answer = stranger(stand).fill(path, {"password": OTHER, "again": OTHER})

    assert (wrong.status_code, answer.status_code) == (400, 303)
    assert "Ana" in wrong.text
    assert ana.get("/account").status_code == 303
    assert stranger(stand).web.get("/api/v1/me", headers=bearer).status_code == 401
    assert _log_in(stranger(stand), "Ana").status_code == 401
    assert _log_in(stranger(stand), "Ana", OTHER).status_code == 303


def test_a_closed_site_makes_no_accounts(stand: Stand, tmp_path: Path) -> None:
    """And says why."""
    (tmp_path / "closed").mkdir()
    with type(stand).open(tmp_path / "closed", now=stand.clock.at, is_open=False) as closed:
        browser = stranger(closed)
        form = token_in(browser.get("/login").text)
        page = browser.get("/signup")
        sent = browser.web.post(
            "/signup", data={"csrf_token": form, "name": "New", "password": OTHER, "again": OTHER}, headers=HTML
        )

    assert "made by the admins" in page.text
    assert sent.status_code == 403


def test_who_is_suspended_learns_why_only_with_the_password(stand: Stand) -> None:
    """Others learn nothing."""
    ana = join(stand, "Ana")
    with stand.portal.store.begin() as connection:
        people.suspend(connection, ana.person_id, why="spam", now_s=0)

    assert "suspended" not in _log_in(stranger(stand), "Ana", "wrong horse battery").text
    answer = _log_in(stranger(stand), "Ana")
    assert answer.status_code == 403
    assert "suspended: spam" in answer.text


def test_cookies_insist_on_https_where_the_site_has_it(stand: Stand, tmp_path: Path) -> None:
    """``__Host-`` keeps neighbours of the domain away."""
    (tmp_path / "safe").mkdir()
    with type(stand).open(tmp_path / "safe", now=stand.clock.at, public_url="https://portal.test") as safe:
        join(safe, "Ana")
        browser = stranger(safe)
        page = browser.get("/login")
        answer = _log_in(browser, "Ana")

    for one in (page, answer):
        assert re.search(r"__Host-seedbed-\w+=[^;]+; Path=/; HttpOnly; SameSite=Lax; Secure", one.headers["set-cookie"])
        assert "domain" not in one.headers["set-cookie"].lower()


def test_an_old_hash_is_made_anew_at_log_in(stand: Stand) -> None:
    """When the price has changed."""
    ana = join(stand, "Ana")
    with stand.portal.store.begin() as connection:
        people.set_password(connection, ana.person_id, Passwords(passes=1, memory_kib=64).hash(PASSWORD))

    _log_in(stranger(stand), "Ana")

    with stand.portal.store.read() as connection:
        assert "m=19456,t=2,p=1" in people.find(connection, ana.person_id).password


def test_a_form_that_is_too_long_is_refused(stand: Stand) -> None:
    """Before it fills memory."""
    browser = stranger(stand)
    form = token_in(browser.get("/login").text)

    answer = browser.web.post("/login", data={"csrf_token": form, "name": "x" * 300_000}, headers=HTML)

    assert answer.status_code == 413


def test_a_form_of_too_many_fields_is_refused(stand: Stand) -> None:
    """Also where all of them are empty."""
    browser = stranger(stand)
    form = token_in(browser.get("/login").text)

    answer = browser.web.post("/login", data={"csrf_token": form, **{f"f{n}": "" for n in range(1000)}}, headers=HTML)

    assert answer.status_code == 400


def test_no_address_is_stored_or_logged(stand: Stand, caplog: pytest.LogCaptureFixture) -> None:
    """Whatever somebody does: it is counted in memory, under a hidden name."""
    app = stand.web.app
    web = TestClient(app, base_url="http://portal.test", client=("203.0.113.77", 4711), follow_redirects=False)
    browser = Browser(web)
    caplog.set_level(0)

    browser.fill("/login", {"name": "Ana", "password": "wrong horse battery"})
    browser.fill("/signup", {"name": "Ana", "email": "", "password": OTHER, "again": OTHER})
    browser.fill("/report", {"item": "", "kind": "other", "text": "The site is too green.", "contact": ""})
    web.cookies.clear()
    browser.fill("/login", {"name": "Ana", "password": OTHER})
    browser.ask("GET", "/api/v1/nothing")

    kept = b"".join(file.read_bytes() for file in stand.portal.settings.folder.rglob("*") if file.is_file())
    assert b"logged-in" in kept
    assert b"203.0.113.77" not in kept
    assert "203.0.113.77" not in caplog.text
