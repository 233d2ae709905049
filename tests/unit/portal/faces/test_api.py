# SPDX-License-Identifier: Apache-2.0
"""The JSON API: search, datasets, versions, files, health, numbers; and its description."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING, Any

import jsonschema  # type: ignore[import-untyped]  # it ships no types
import pytest
from starlette.routing import Match, Route

from seedbed.health.current import CurrentHealth, Health
from seedbed.health.history import Day, History
from seedbed.health.risk import Copies
from seedbed.portal.faces.api import shapes
from seedbed.portal.faces.routes import OPERATIONS
from tests.portals import URL, small_releases, write_tables
from tests.releases import NOW, file_rows, release

if TYPE_CHECKING:
    from tests.portals import Stand

DATASETS = "/api/v1/datasets"


def fits(value: Any, name: str) -> None:
    """Raise unless a value is of the shape that the description has."""
    schema = {"$ref": f"#/components/schemas/{name}", "components": {"schemas": shapes.SCHEMAS}}
    jsonschema.Draft202012Validator(schema).validate(value)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["census@1", "lakes@2"]),
        ("q=lak", ["lakes@2"]),
        ("collection=water", ["lakes@2"]),
        ("versions=all&order=title", ["census@1", "lakes@1", "lakes@2"]),
        ("license=CC0-1.0", ["census@1"]),
        ("tag=lakes", ["lakes@2"]),
        ("bbox=-100,19,-98,20", ["lakes@2"]),
        ("threat=at-risk", ["census@1"]),
        ("from=2027", []),
        ("page=9", []),
    ],
)
def test_the_search_of_the_page(shown: Stand, query: str, expected: list[str]) -> None:
    """With the same parameters; of the shape that is described."""
    answer = shown.web.get(f"{DATASETS}?{query}")

    fits(answer.json(), "Datasets")
    assert [one["id"] for one in answer.json()["datasets"]] == expected


def test_pages_by_the_header(stand: Stand) -> None:
    """Link leads to first, previous, next and last, with what was asked."""
    write_tables(stand.portal.settings.catalog, [release(f"d{at}") for at in range(5)])
    stand.portal.shelf.refresh()
    seen, url = list[str](), f"{DATASETS}?q=about&limit=2"
    while url:
        answer = stand.web.get(url)
        seen += [one["id"] for one in answer.json()["datasets"]]
        url = answer.links.get("next", {}).get("url", "")
        assert answer.json()["pages"] == 3
        assert "q=about" in answer.links["last"]["url"]

    assert sorted(seen) == [f"d{at}@1" for at in range(5)]


def test_one_dataset_and_its_versions(shown: Stand) -> None:
    """All of the newest, all versions; links that lead on."""
    made = shown.web.get(f"{DATASETS}/lakes").json()

    fits(made, "Dataset")
    assert made["newest"]["torrent"]["url"] == f"{URL}/datasets/lakes/2.torrent"
    assert [one["version"] for one in made["versions"]] == ["2", "1"]
    for link in made["newest"]["links"].values():
        assert shown.web.get(link).status_code == (404 if link.endswith(".torrent") else 200), link


def test_a_withdrawn_version_is_told_and_not_offered(shown: Stand) -> None:
    """Status and reason, no torrent, no mirrors, no files."""
    made = shown.web.get(f"{DATASETS}/mistake/versions/1").json()

    fits(made, "Version")
    assert (made["status"], made["status_reason"], made["torrent"], made["mirrors"]) == (
        "withdrawn",
        "It named people.",
        None,
        [],
    )
    assert set(made["links"]) == {"self", "page"}
    assert shown.web.get(f"{DATASETS}/mistake/versions/1/files").status_code == 410


def test_files_page_by_page_and_all_at_once(stand: Stand) -> None:
    """In the order of the torrent, whichever way."""
    one = release("many")
    write_tables(stand.portal.settings.catalog, [one], files=file_rows(one, 25))
    stand.portal.shelf.refresh()
    base = f"{DATASETS}/many/versions/1/files"
    seen, url = list[str](), f"{base}?limit=10"
    while url:
        answer = stand.web.get(url)
        fits(answer.json(), "Files")
        seen += [row["path"] for row in answer.json()["files"]]
        url = answer.links.get("next", {}).get("url", "")
    lines = [json.loads(line) for line in stand.web.get(f"{base}?format=ndjson").text.splitlines()]
    table = list(csv.DictReader(io.StringIO(stand.web.get(f"{base}?format=csv").text)))

    assert seen == [row["path"] for row in lines] == [row["path"] for row in table]
    assert len(seen) == 25
    assert lines[0]["sha256"] == table[0]["sha256"]


def test_health(stand: Stand) -> None:
    """The two numbers, what follows, how it was; and the worst of all."""
    with CurrentHealth(stand.portal.health._path) as record:
        record.note(
            [Health("lakes@2", Copies(unproved=4, good_mirrors=1)), Health("census@1", Copies(unproved=1))], NOW
        )
    with History(stand.portal.health._path) as history:
        history.note([("lakes@2", Day(NOW.date(), 4, 1))])

    made = stand.web.get(f"{DATASETS}/lakes/versions/2/health").json()
    worst = stand.web.get("/api/v1/health").json()

    fits(made, "Health")
    fits(worst, "Worst")
    assert (made["peers"], made["good_mirrors"], made["history"]) == (
        4,
        1,
        [{"day": "2026-11-21", "peers": 4, "mirrors": 1}],
    )
    assert [one["id"] for one in worst["versions"]] == ["census@1", "lakes@2"]


def test_health_that_nobody_counted(stand: Stand) -> None:
    """Unknown, not lost."""
    made = stand.web.get(f"{DATASETS}/census/versions/1/health").json()

    fits(made, "Health")
    assert made["word"] == "unknown"


def test_collections_and_numbers(shown: Stand) -> None:
    """What is withdrawn counts as withdrawn only."""
    collections, stats = shown.web.get("/api/v1/collections").json(), shown.web.get("/api/v1/stats").json()

    fits(collections, "Collections")
    fits(stats, "Stats")
    assert {one["id"]: one["datasets"] for one in collections["collections"]} == {"datasets": 1, "water": 1}
    assert (stats["datasets"], stats["versions"], stats["withdrawn"]) == (2, 3, 1)


def test_by_hash(shown: Stand) -> None:
    """An info-hash leads to its version."""
    info_hash = small_releases()[2].torrent.info_hash_v1

    assert shown.web.get(f"/api/v1/torrents/{info_hash}").headers["location"] == f"{URL}{DATASETS}/lakes/versions/2"


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=501", "page=x", "page=-1", "versions=some", "bbox=1", "order=best", "from=then"]
)
def test_what_cannot_be_asked_is_refused(shown: Stand, query: str) -> None:
    """400, with the name of what is wrong."""
    answer = shown.web.get(f"{DATASETS}?{query}")

    assert answer.status_code == 400
    fits(answer.json(), "Error")
    assert query.partition("=")[0] in answer.json()["error"]["what"]


def test_every_operation_has_a_route_and_every_route_is_described(shown: Stand) -> None:
    """The description and the program cannot differ."""
    app: Any = shown.web.app
    known = [one for one in app.routes if isinstance(one, Route)]
    for one in OPERATIONS:
        path = one.path.replace("{", "").replace("}", "")
        scope = {"type": "http", "path": path, "method": one.method, "root_path": "", "headers": []}
        assert any(route.matches(scope)[0] is Match.FULL for route in known), f"{one.method} {one.path}"

    described = {(method, one.path) for one in OPERATIONS for method in (one.method,)}
    for route in known:
        if route.path.startswith("/api/") and route.path != "/api/v1/openapi.json":
            for method in (route.methods or set()) - {"HEAD", "OPTIONS"}:
                assert (method, route.path) in described, f"{method} {route.path} is not in the description"


def test_the_description_names_all_that_it_uses(shown: Stand) -> None:
    """OpenAPI 3.1: no reference leads nowhere, no name is used twice."""
    made = shown.web.get("/api/v1/openapi.json").json()
    names = [one["operationId"] for path in made["paths"].values() for one in path.values()]
    refs = {part.split('"')[0] for part in json.dumps(made).split("#/components/schemas/")[1:]}

    assert made["openapi"] == "3.1.0"
    assert len(names) == len(set(names)) == len(OPERATIONS)
    assert refs <= set(made["components"]["schemas"])
