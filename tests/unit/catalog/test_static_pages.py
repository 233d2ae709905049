# SPDX-License-Identifier: Apache-2.0
"""Static STAC of a catalogue grows with each release, and only where a release touches it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from seedbed.catalog.model import WORLD, Collection, Site
from seedbed.catalog.releasing.pages import MAX_ITEM_LINKS, pages
from tests import releases
from tests.tuf_client import NOW

if TYPE_CHECKING:
    from pathlib import Path

    from seedbed.catalog.model import Release

SITE = Site("site", collections=(Collection(), Collection("maps", "Maps", "Maps only.")))


def write(folder: Path, *touched: Release) -> dict[str, Any]:
    """Write what a release touches; path -> JSON value."""
    written = dict(pages(folder, SITE, touched))
    for path, data in written.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)
    return {path: json.loads(data) for path, data in written.items()}


def box(page: dict[str, Any]) -> list[float]:
    """A collection's box."""
    found: list[float] = page["extent"]["spatial"]["bbox"][0]
    return found


def test_only_what_is_touched_is_written(tmp_path: Path) -> None:
    """The first release writes all collections; later ones only those of their items."""
    assert set(write(tmp_path)) == {"catalog.json", "collections/datasets.json", "collections/maps.json"}
    second = write(tmp_path, releases.release("roads", collection="maps"))
    assert set(second) == {"catalog.json", "collections/maps.json", "items/roads/1.json"}


def test_a_collection_grows(tmp_path: Path) -> None:
    """Its box, interval and links hold what was there and what comes; an item that changes is linked once."""
    write(tmp_path)
    assert box(write(tmp_path)["catalog.json"] | json.loads((tmp_path / "collections/maps.json").read_bytes())) == list(
        WORLD
    )
    first = write(tmp_path, releases.release(bbox=(-99.0, 19.0, -98.0, 20.0)))["collections/datasets.json"]
    assert box(first) == [-99.0, 19.0, -98.0, 20.0]

    later = releases.release("lakes", bbox=(10.0, -5.0, 11.0, 3.0), datetime=NOW.replace(year=2030))
    page = write(tmp_path, later, releases.release(bbox=(-99.0, 19.0, -98.0, 20.0)))["collections/datasets.json"]

    assert box(page) == [-99.0, -5.0, 11.0, 20.0]
    start, end = page["extent"]["temporal"]["interval"][0]
    assert start.startswith("2026")
    assert end.startswith("2030")
    items = [link["href"] for link in page["links"] if link["rel"] == "item"]
    assert items == ["../items/lakes/1.json", "../items/rivers/1.json"]


def test_a_box_over_the_antimeridian(tmp_path: Path) -> None:
    """Alone it stays; together with others the whole width is meant."""
    fiji = releases.release("fiji", bbox=(177.0, -20.0, -178.0, -15.0))
    assert box(write(tmp_path, fiji)["collections/datasets.json"]) == [177.0, -20.0, -178.0, -15.0]
    page = write(tmp_path, releases.release())["collections/datasets.json"]
    assert box(page) == [-180.0, -20.0, 180.0, 19.6]


def test_links_end_somewhere(tmp_path: Path) -> None:
    """A large collection points to the table, which has all."""
    many = [releases.release(f"d{number}") for number in range(MAX_ITEM_LINKS + 5)]
    written = dict(pages(tmp_path, SITE, many))
    page = json.loads(written["collections/datasets.json"])
    assert len([link for link in page["links"] if link["rel"] == "item"]) == MAX_ITEM_LINKS
    assert page["assets"]["items"]["href"] == "../catalog.parquet"


def test_a_damaged_page_is_made_anew(tmp_path: Path) -> None:
    """Pages are a convenience: what somebody broke does not stop a release."""
    write(tmp_path)
    (tmp_path / "collections/datasets.json").write_bytes(b"{")
    assert box(write(tmp_path, releases.release())["collections/datasets.json"]) == [-99.5, 19.0, -98.9, 19.6]
