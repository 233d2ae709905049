# SPDX-License-Identifier: Apache-2.0
"""One's own account: pages and JSON."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from seedbed.portal.accounts import audit, csrf, organisations, people, secret
from tests.portal_people import PASSWORD, join, stranger, token

if TYPE_CHECKING:
    from tests.portals import Stand

OTHER = "lamp otter violin moss"


def _actions(stand: Stand) -> list[str]:
    with stand.portal.store.read() as connection:
        return [one.action for one in audit.lines(connection)]


def test_a_token_is_shown_once_and_works(stand: Stand) -> None:
    """With the scopes that were ticked; its hash alone is kept."""
    ana = join(stand, "Ana")

    page = ana.post("/account/tokens", {"name": "laptop", "days": "7", "scopes": ["upload"]})
    shown = re.search(r"<pre>(seedbed_[\w-]{43})</pre>", page.text)
    assert shown is not None
    me = stranger(stand).web.get("/api/v1/me", headers={"Authorization": f"Bearer {shown[1]}"})

    assert page.headers["cache-control"] == "no-store"
    assert me.json()["roles"] == ["uploader"]
    assert me.json()["via_token"]
    assert shown[1] not in ana.get("/account").text
    assert "token-made" in _actions(stand)
    for file in stand.portal.settings.folder.glob("portal.sqlite*"):
        assert shown[1].encode() not in file.read_bytes()


@pytest.mark.parametrize(("field", "value"), [("name", ""), ("days", "400"), ("days", "x"), ("scopes", "root")])
def test_u52_a_tokens_field_that_cannot_be_used_is_named(stand: Stand, field: str, value: str) -> None:
    """And no token is made."""
    ana = join(stand, "Ana")

    answer = ana.post("/account/tokens", {"name": "x", "days": "1", "scopes": "upload", field: value})

    assert answer.status_code == 400
    assert f"{field}: expected" in answer.text
    assert ana.ask("GET", "/api/v1/tokens").json() == {"items": []}


def test_tokens_in_json(stand: Stand) -> None:
    """Made by a session, listed and ended."""
    ana = join(stand, "Ana")

    made = ana.ask("POST", "/api/v1/tokens", {"name": "ci", "scopes": ["upload"], "days": 1})
    listed = ana.ask("GET", "/api/v1/tokens").json()["items"]
    bearer = {"Authorization": f"Bearer {made.json()['token']}"}
    further = stranger(stand).web.post("/api/v1/tokens", json={"name": "more"}, headers=bearer)
    ended = ana.ask("DELETE", f"/api/v1/tokens/{made.json()['id']}")

    assert made.status_code == 201
    assert made.json()["expires"] == "2026-11-22T12:00:00Z"
    assert [one["id"] for one in listed] == [made.json()["id"]]
    assert "token" not in listed[0]
    assert further.status_code == 403
    assert ended.status_code == 204
    assert stranger(stand).web.get("/api/v1/me", headers=bearer).status_code == 401
    assert ana.ask("DELETE", f"/api/v1/tokens/{made.json()['id']}").status_code == 404


@pytest.mark.parametrize("value", [[], {"name": 5}, {"name": "x", "scopes": "upload"}, {"name": "x", "days": True}])
def test_json_of_another_shape_is_refused(stand: Stand, value: object) -> None:
    """Each with what was expected."""
    answer = join(stand, "Ana").ask("POST", "/api/v1/tokens", value)

    assert answer.status_code == 400
    assert "expected" in answer.json()["error"]["what"]


def test_u52_json_names_the_field_that_is_to_blame(stand: Stand) -> None:
    """Beside the words."""
    error = join(stand, "Ana").ask("POST", "/api/v1/tokens", {"name": "", "scopes": []}).json()["error"]

    assert (error["where"], error["what"]) == ("name", "name: expected 1 to 60 characters")


@pytest.mark.parametrize("body", [b"{", b"\xff", b"[" * 100_000, b'{"a":' * 990 + b"1" + b"}" * 990])
def test_a_body_that_is_no_json_is_refused(stand: Stand, body: bytes) -> None:
    """And no fault of ours."""
    ana = join(stand, "Ana")

    answer = ana.web.post("/api/v1/tokens", content=body, headers={csrf.HEADER: csrf.token_of(ana.held)})

    assert answer.status_code == 400


def test_nobody_ends_anothers_token_or_session(stand: Stand) -> None:
    """Ids are not rights."""
    ana, eve = join(stand, "Ana"), join(stand, "Eve")
    made = ana.ask("POST", "/api/v1/tokens", {"name": "ci"}).json()
    eve.post("/account/tokens/end", {"token": made["id"]})
    eve.post("/account/sessions/end", {"session": secret.kept(ana.held)})

    assert eve.ask("DELETE", f"/api/v1/tokens/{made['id']}").status_code == 404
    assert len(ana.ask("GET", "/api/v1/tokens").json()["items"]) == 1


def test_a_new_password_ends_other_sessions_and_rotates_this_one(stand: Stand) -> None:
    """With the old one only."""
    ana, elsewhere = join(stand, "Ana"), join(stand, "Ana")

    wrong = ana.post("/account/password", {"old": "no", "password": OTHER, "again": OTHER})
    weak = ana.post("/account/password", {"old": PASSWORD, "password": "ana ana ana", "again": "ana ana ana"})
    answer = ana.post("/account/password", {"old": PASSWORD, "password": OTHER, "again": OTHER})

    assert (wrong.status_code, weak.status_code, answer.status_code) == (400, 400, 303)
    assert 'id="old-wrong"' in wrong.text
    assert elsewhere.get("/account").status_code == 303
    assert ana.held not in answer.headers["set-cookie"]
    assert ana.get("/account").status_code == 200
    before = stranger(stand)
    before.web.cookies.set("seedbed-session", ana.held)
    assert before.get("/account").status_code == 303
    assert stranger(stand).fill("/login", {"name": "Ana", "password": OTHER}).status_code == 303


def test_own_sessions_are_listed_and_ended(stand: Stand) -> None:
    """One, or all others."""
    ana, phone, desk = join(stand, "Ana"), join(stand, "Ana"), join(stand, "Ana")

    page = ana.get("/account")
    ana.post("/account/sessions/end", {"others": "1"})

    assert page.text.count("Firefox, Linux</td>") + page.text.count("Firefox, Linux <span") == 3
    assert ana.get("/account").status_code == 200
    assert phone.get("/account").status_code == desk.get("/account").status_code == 303


def test_an_email_is_kept_or_refused(stand: Stand) -> None:
    """It is shown to its owner."""
    ana = join(stand, "Ana")

    assert ana.post("/account/email", {"email": "ana@example.org"}).status_code == 303
    assert ana.post("/account/email", {"email": "nobody"}).status_code == 400
    assert 'value="ana@example.org"' in ana.get("/account?said=saved").text


def test_owners_of_an_organisation_look_after_its_members(stand: Stand) -> None:
    """Members do not; and the last owner stays."""
    ana, bob, eve = join(stand, "Ana"), join(stand, "Bob"), join(stand, "Eve")
    with stand.portal.store.begin() as connection:
        organisations.make(connection, "town", "The town", now_s=0)
        organisations.put_member(connection, "town", ana.person_id, is_owner=True)

    added = ana.post("/organisations/town/members", {"name": "bob", "do": "member"})
    by_member = bob.post("/organisations/town/members", {"name": "Eve", "do": "owner"})
    by_other = eve.post("/organisations/town/members", {"name": "Eve", "do": "owner"})
    last = ana.post("/organisations/town/members", {"name": "Ana", "do": "remove"})
    nobody = ana.post("/organisations/town/members", {"name": "Zoe", "do": "member"})

    assert [one.status_code for one in (added, by_member, by_other, last, nobody)] == [303, 403, 403, 409, 404]
    with stand.portal.store.read() as connection:
        assert [(one.name, one.is_owner) for one in organisations.find(connection, "town").members] == [
            ("Ana", True),
            ("Bob", False),
        ]
    assert "The town" in bob.get("/account").text
    assert bob.ask("GET", "/api/v1/me").json()["organisations"][0]["id"] == "town"


def test_a_token_reads_but_does_not_change_the_account(stand: Stand) -> None:
    """Pages of the account are for sessions."""
    ana = join(stand, "Ana", "admin")
    bearer = token(stand, ana.person_id, "upload", "review", "admin")

    web = stranger(stand).web
    assert web.get("/account", headers=bearer).status_code == 403
    assert web.post("/account/email", data={"email": ""}, headers=bearer).status_code == 403
    assert web.get("/api/v1/me", headers=bearer).json()["roles"] == ["admin", "reviewer", "uploader"]


@pytest.mark.parametrize(("scopes", "roles"), [((), []), (("review",), ["reviewer"]), (("upload",), ["uploader"])])
def test_an_admins_token_has_its_scopes_and_no_more(stand: Stand, scopes: tuple[str, ...], roles: list[str]) -> None:
    """A leaked one does no more harm than it must."""
    ana = join(stand, "Ana", "admin")

    me = stranger(stand).web.get("/api/v1/me", headers=token(stand, ana.person_id, *scopes)).json()

    assert me["roles"] == roles


def test_a_role_that_is_taken_is_taken_from_tokens_too(stand: Stand) -> None:
    """At once."""
    ana = join(stand, "Ana", "uploader", "reviewer")
    bearer = token(stand, ana.person_id, "review")
    with stand.portal.store.begin() as connection:
        people.set_roles(connection, ana.person_id, ("uploader",))

    assert stranger(stand).web.get("/api/v1/me", headers=bearer).json()["roles"] == []
