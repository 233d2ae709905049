# SPDX-License-Identifier: Apache-2.0
"""The STAC API as pystac-client uses it, over HTTP; every document by pystac's schemas."""

from __future__ import annotations

import json
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pystac
import pytest
from pystac.validation.stac_validator import JsonSchemaSTACValidator
from pystac_client import Client

from tests.portals import small_releases, write_tables
from tests.portals_online import Online, online
from tests.releases import release

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Online]:
    """Three datasets of :mod:`tests.portals`, and twenty more."""
    folder = tmp_path_factory.mktemp("portal")
    more = [release(f"plain-{at:02}", bbox=(float(at), 0.0, at + 0.5, 1.0)) for at in range(20)]
    write_tables(folder / "catalog", [*small_releases(), *more])
    with online(folder) as made:
        yield made


@pytest.fixture(scope="module")
def client(server: Online) -> Client:
    """Opened as its guide says."""
    return Client.open(f"{server.url}/stac/")


def read(url: str) -> Any:
    """A JSON document."""
    with urllib.request.urlopen(url, timeout=10) as answer:
        return json.load(answer)


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_search_walks_all_pages(client: Client, method: Any) -> None:
    """Each item once, though they come seven at a time."""
    found = client.search(method=method, limit=7)

    assert found.matched() == 23
    assert len({one.id for one in found.items()}) == 23


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"bbox": [-100, 19, -98, 20]}, {"census@1", "lakes@1", "lakes@2"}),
        ({"collections": ["water"]}, {"lakes@1", "lakes@2"}),
        ({"ids": ["lakes@2", "mistake@1"]}, {"lakes@2"}),
        ({"intersects": {"type": "Point", "coordinates": [3.2, 0.5]}}, {"plain-03@1"}),
        ({"datetime": "2030"}, set()),
        ({"collections": ["water"], "sortby": "-properties.version", "max_items": 1}, {"lakes@2"}),
    ],
)
def test_what_a_search_finds(client: Client, asked: dict[str, Any], expected: set[str]) -> None:
    """By box, collection, id, geometry, time, order."""
    assert {one.id for one in client.search(**asked).items()} == expected


def test_collections_and_items(client: Client) -> None:
    """As a tree: collections, their items, an item by its id, its assets at whole addresses."""
    assert {one.id for one in client.get_collections()} == {"datasets", "water"}
    water = client.get_collection("water")
    assert water is not None
    item = water.get_item("lakes@2")

    assert item is not None
    assert item.properties["seedbed:dataset"] == "lakes"
    assert item.assets["torrent"].media_type == "application/x-bittorrent"
    assert item.assets["package"].href == "https://data.example.org/lakes/"
    assert len(list(water.get_items())) == 2


def test_every_document_is_valid(server: Online) -> None:
    """By pystac's schemas of STAC 1.1, the extensions' and ours; nothing is fetched."""
    validator = JsonSchemaSTACValidator()
    for path in [*(ROOT / "tests/data/stac").glob("*.json"), *(ROOT / "docs/spec/stac").glob("*.json")]:
        document = json.loads(path.read_text(encoding="utf-8"))
        validator.schema_cache[document["$id"]] = document
    landing = read(f"{server.url}/stac/")
    collections = read(f"{server.url}/stac/collections")["collections"]
    items = read(f"{server.url}/stac/search?limit=1000")["features"]

    validator.validate(landing, pystac.STACObjectType.CATALOG, "1.1.0", [])
    for one in collections:
        validator.validate(one, pystac.STACObjectType.COLLECTION, "1.1.0", [])
    for one in items:
        validator.validate(one, pystac.STACObjectType.ITEM, "1.1.0", one["stac_extensions"])
    assert len(items) == 23
