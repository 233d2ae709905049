# SPDX-License-Identifier: Apache-2.0
"""The fake DataCite keeps the rules of the real one, each by name."""

from __future__ import annotations

import base64
import json
import urllib.request
from typing import TYPE_CHECKING, Any
from urllib.error import HTTPError

import pytest

from seedbed.testing.fake_datacite import FakeDataCite

if TYPE_CHECKING:
    from collections.abc import Iterator

GOOD = {
    "url": "https://data.example.org/",
    "titles": [{"title": "Lakes"}],
    "creators": [{"name": "Lakes"}],
    "publisher": "Office",
    "publicationYear": 2026,
    "types": {"resourceTypeGeneral": "Dataset"},
}


@pytest.fixture
def service() -> Iterator[FakeDataCite]:
    """A service of its own."""
    with FakeDataCite() as one:
        yield one


def ask(service: FakeDataCite, method: str, path: str, said: object = None, account: str = "") -> tuple[int, Any]:
    """Status and body; as the account of the service, or another, or nobody (``-``)."""
    account = account or f"{service.repository_id}:{service.password}"
    data = None if said is None else json.dumps({"data": {"type": "dois", "attributes": said}}).encode()
    headers = {"Content-Type": "application/vnd.api+json"}
    if account != "-":
        headers["Authorization"] = f"Basic {base64.b64encode(account.encode()).decode()}"
    request = urllib.request.Request(service.url + path, data=data, method=method, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            body, status = answer.read(), answer.status
    except HTTPError as error:
        with error:
            body, status = error.read(), error.code
    return status, json.loads(body) if body else None


def test_who_may(service: FakeDataCite) -> None:
    """Only an account, below its own prefix, its own DOIs."""
    assert ask(service, "PUT", "/dois/10.5072/a", {}, "-")[0] == 401
    assert ask(service, "PUT", "/dois/10.5072/a", {}, "x:y")[0] == 401
    assert ask(service, "PUT", "/dois/10.9999/a", {})[0] == 403
    ask(service, "PUT", "/dois/10.5072/a", {})
    assert ask(service, "PUT", "/dois/10.5072/a", {}, "OTHER.REPO:other")[0] == 403


def test_a_draft_needs_nothing_and_is_seen_by_its_owner(service: FakeDataCite) -> None:
    """It can be deleted; nobody else knows of it."""
    assert ask(service, "POST", "/dois", {"doi": "10.5072/A"})[0] == 201
    assert ask(service, "GET", "/dois/10.5072/a")[1]["data"]["attributes"]["state"] == "draft"
    assert ask(service, "GET", "/dois/10.5072/a", account="-")[0] == 404
    assert ask(service, "DELETE", "/dois/10.5072/a")[0] == 204
    assert ask(service, "GET", "/dois/10.5072/a")[0] == 404


def test_a_taken_doi_cannot_be_posted(service: FakeDataCite) -> None:
    """422; by PUT it is changed instead, and only what is said."""
    ask(service, "POST", "/dois", {"doi": "10.5072/a", "version": "1"})

    status, body = ask(service, "POST", "/dois", {"doi": "10.5072/a"})
    assert (status, body["errors"][0]["title"]) == (422, "This DOI has already been taken")
    assert ask(service, "PUT", "/dois/10.5072/a", {"language": "en"})[1]["data"]["attributes"]["version"] == "1"


def test_without_a_name_one_is_chosen(service: FakeDataCite) -> None:
    """By chance, below the prefix."""
    status, body = ask(service, "POST", "/dois", {"prefix": "10.5072"})

    assert status == 201
    assert body["data"]["id"].startswith("10.5072/")


def test_what_is_registered_must_be_whole(service: FakeDataCite) -> None:
    """What is missing is listed, and nothing changes then; types are of a vocabulary."""
    status, body = ask(service, "PUT", "/dois/10.5072/a", {"event": "publish"})
    assert status == 422
    assert {one["source"] for one in body["errors"]} == {*GOOD}
    assert not service.dois

    related = [{"relationType": "IsCousinOf", "relatedIdentifier": "10.1/x", "relatedIdentifierType": "DOI"}]
    assert ask(service, "PUT", "/dois/10.5072/a", {**GOOD, "relatedIdentifiers": related, "event": "publish"})[0] == 422
    assert ask(service, "PUT", "/dois/10.5072/a", {**GOOD, "event": "publish"})[0] == 201


def test_states(service: FakeDataCite) -> None:
    """Registered and findable can be changed into each other, never into a draft, and never deleted."""
    path = "/dois/10.5072/a"

    def state(**said: object) -> str:
        return str(ask(service, "PUT", path, said)[1]["data"]["attributes"]["state"])

    assert state(**GOOD) == "draft"
    assert state(event="register") == "registered"
    assert state(event="publish") == "findable"
    assert ask(service, "DELETE", path)[0] == 405
    assert state(event="hide") == "registered"
    assert ask(service, "DELETE", path)[0] == 405
    assert ask(service, "GET", path, account="-")[0] == 200


def test_a_publisher_is_shown_by_name_unless_asked_for(service: FakeDataCite) -> None:
    """It is kept as an object."""
    ask(service, "PUT", "/dois/10.5072/a", GOOD)

    assert ask(service, "GET", "/dois/10.5072/a")[1]["data"]["attributes"]["publisher"] == "Office"
    whole = ask(service, "GET", "/dois/10.5072/a?publisher=true")[1]
    assert whole["data"]["attributes"]["publisher"] == {"name": "Office"}


def test_too_many_requests(service: FakeDataCite) -> None:
    """Are refused."""
    service.remaining = 1

    assert [ask(service, "GET", "/dois/10.5072/a")[0] for _ in range(2)] == [404, 429]
