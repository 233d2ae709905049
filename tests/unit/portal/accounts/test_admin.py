# SPDX-License-Identifier: Apache-2.0
"""What admins do: people, organisations, the log."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from seedbed.portal.accounts import people
from tests.portal_people import PASSWORD, join, stranger

if TYPE_CHECKING:
    from tests.portals import Stand


def _roles(stand: Stand, person_id: str) -> tuple[str, ...]:
    with stand.portal.store.read() as connection:
        return people.find(connection, person_id).roles


def test_roles_are_given_and_taken_and_logged(stand: Stand) -> None:
    """They count from the next request on."""
    root, ana = join(stand, "Root", "admin"), join(stand, "Ana")

    given = root.post(f"/admin/people/{ana.person_id}", {"do": "roles", "roles": ["uploader", "reviewer"]})

    assert given.status_code == 303
    assert ana.get("/review").status_code == 200
    root.post(f"/admin/people/{ana.person_id}", {"do": "roles", "roles": ["uploader"]})
    assert ana.get("/review").status_code == 403
    page = root.get(f"/admin/people/{ana.person_id}").text
    assert "roles-set" in page
    assert "reviewer uploader" in page


def test_a_site_keeps_an_admin(stand: Stand) -> None:
    """The last one stays, and nobody suspends themselves."""
    root = join(stand, "Root", "admin")

    taken = root.post(f"/admin/people/{root.person_id}", {"do": "roles", "roles": ["reviewer"]})
    suspended = root.post(f"/admin/people/{root.person_id}", {"do": "suspend", "why": "tired"})

    assert (taken.status_code, suspended.status_code) == (409, 409)
    assert _roles(stand, root.person_id) == ("admin",)


def test_suspended_and_let_back(stand: Stand) -> None:
    """With a reason."""
    root, ana = join(stand, "Root", "admin"), join(stand, "Ana")
    path = f"/admin/people/{ana.person_id}"

    assert root.post(path, {"do": "suspend"}).status_code == 400
    assert root.post(path, {"do": "suspend", "why": "spam"}).status_code == 303
    assert ana.get("/account").status_code == 303
    assert root.post(path, {"do": "reset"}).status_code == 409
    assert "Suspended since 21 November 2026: spam" in root.get(path).text
    assert root.post(path, {"do": "let-back"}).status_code == 303
    assert stranger(stand).fill("/login", {"name": "Ana", "password": PASSWORD}).status_code == 303


@pytest.mark.parametrize("do", ["reset", "make"])
def test_an_admin_makes_a_link_and_gives_it_away(stand: Stand, do: str) -> None:
    """For somebody who forgot the password, and for somebody new; no mail is sent."""
    root, ana = join(stand, "Root", "admin"), join(stand, "Ana")
    if do == "make":
        page = root.post("/admin/people", {"name": "Bea"})
    else:
        page = root.post(f"/admin/people/{ana.person_id}", {"do": "reset"})

    link = re.search(r"<pre>http://portal.test(/link/[\w-]{43})</pre>", page.text)
    assert link is not None
    assert page.headers["cache-control"] == "no-store"
    answer = stranger(stand).fill(link[1], {"password": "lamp otter violin moss", "again": "lamp otter violin moss"})
    assert answer.status_code == 303


@pytest.mark.parametrize(("said", "quota_bytes"), [("500GB", 500_000_000_000), ("2TiB", 2 << 40), ("", None)])
def test_a_quota_is_set(stand: Stand, said: str, quota_bytes: int | None) -> None:
    """As people write sizes."""
    root, ana = join(stand, "Root", "admin"), join(stand, "Ana")

    root.post(f"/admin/people/{ana.person_id}", {"do": "quota", "quota": said})

    usual = stand.portal.settings.quota_bytes
    assert ana.ask("GET", "/api/v1/me").json()["quota_bytes"] == (usual if quota_bytes is None else quota_bytes)


@pytest.mark.parametrize("said", ["much", "-1", "9" * 30, "5 bananas"])
def test_u52_a_quota_that_is_no_size_is_refused(stand: Stand, said: str) -> None:
    """At its field."""
    root, ana = join(stand, "Root", "admin"), join(stand, "Ana")

    answer = root.post(f"/admin/people/{ana.person_id}", {"do": "quota", "quota": said})

    assert answer.status_code == 400
    assert 'id="quota-wrong"' in answer.text


def test_an_organisation_is_made_and_given_collections(stand: Stand) -> None:
    """Which then are nobody else's."""
    root, ana = join(stand, "Root", "admin"), join(stand, "Ana")

    made = root.post("/admin/organisations", {"id": "town", "name": "The town", "owner": "Ana"})
    changed = root.post("/admin/organisations/town", {"quota": "1TB", "collections": "water, air"})
    root.post("/admin/organisations", {"id": "lake", "name": "The lake", "owner": "Ana"})
    taken = root.post("/admin/organisations/lake", {"collections": "water"})
    me = ana.ask("GET", "/api/v1/me").json()["organisations"]

    assert (made.status_code, changed.status_code, taken.status_code) == (303, 303, 409)
    assert "water belongs to town" in taken.text
    assert [(one["id"], one["is_owner"], one["collections"]) for one in me] == [
        ("lake", True, []),
        ("town", True, ["air", "water"]),
    ]
    assert me[1]["quota_bytes"] == 10**12
    assert "The town" in root.get("/admin/organisations").text
    assert "air water" in root.get("/admin/organisations/town").text


@pytest.mark.parametrize(
    ("field", "value", "status"),
    [("id", "Town!", 400), ("id", "", 400), ("id", "known", 409), ("name", "", 400), ("owner", "Zoe", 400)],
)
def test_u52_an_organisations_field_that_cannot_be_used(stand: Stand, field: str, value: str, status: int) -> None:
    """It is named, and nothing is made."""
    root = join(stand, "Root", "admin")
    root.post("/admin/organisations", {"id": "known", "name": "Known", "owner": "Root"})

    answer = root.post("/admin/organisations", {"id": "town", "name": "The town", "owner": "Root", field: value})

    assert answer.status_code == status
    assert f'id="{field}-wrong"' in answer.text
    assert root.get("/admin/organisations/town").status_code == 404


def test_people_are_found_and_paged(stand: Stand) -> None:
    """By a part of their name."""
    root = join(stand, "Root", "admin")
    with stand.portal.store.begin() as connection:
        for number in range(120):
            people.make(connection, f"person {number:03}", password="", roles=(), now_s=0)

    first = root.get("/admin/people?words=Person")
    rest = root.get("/admin/people?words=Person&after=person%20099")

    assert "person 099" in first.text
    assert "person 100" not in first.text
    assert "after=person%20099" in first.text
    assert "person 119" in rest.text


def test_the_log_is_read_in_pages_and_by_thing(stand: Stand) -> None:
    """Also in JSON; without any address."""
    root, ana = join(stand, "Root", "admin"), join(stand, "Ana")
    for number in range(102):
        root.post(f"/admin/people/{ana.person_id}", {"do": "quota", "quota": f"{number}GB"})
    stranger(stand).fill("/login", {"name": "Ana", "password": PASSWORD})

    first = root.get("/admin/log")
    older = re.search(r"before=(\d+)", first.text)
    assert older is not None
    second = root.get(f"/admin/log?before={older[1]}")
    of_ana = root.get(f"/admin/log?person={ana.person_id}")
    told = root.ask("GET", "/api/v1/log").json()

    assert "101000000000 bytes" in first.text
    assert "<td>0 bytes</td>" in second.text
    assert "logged-in" in of_ana.text
    assert "quota-set" not in of_ana.text
    assert told["items"][0]["action"] == "logged-in"
    assert len(root.ask("GET", f"/api/v1/log?before={told['before']}").json()["items"]) == 3
    for text in (first.text, second.text, str(told)):
        assert "testclient" not in text
        assert "127.0.0.1" not in text
