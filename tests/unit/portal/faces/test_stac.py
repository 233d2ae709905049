# SPDX-License-Identifier: Apache-2.0
"""The STAC API: what is found, page by page, in both forms of asking."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seedbed.errors import SeedbedError
from seedbed.portal.faces.stac.search import chosen
from seedbed.portal.faces.stac.wanted import of_address, wanted
from tests.portals import URL, write_tables
from tests.releases import release

if TYPE_CHECKING:
    from tests.portals import Stand

HERE = "-100,19,-98,20"
SQUARE = {"type": "Polygon", "coordinates": [[[-100, 19], [-98, 19], [-98, 20], [-100, 20], [-100, 19]]]}


def found(answer: Any) -> list[str]:
    """Ids of a page."""
    assert answer.status_code == 200, answer.text
    return [one["id"] for one in answer.json()["features"]]


@pytest.mark.parametrize(
    ("query", "body", "expected"),
    [
        ("", {}, ["census@1", "lakes@1", "lakes@2"]),
        (f"bbox={HERE}", {"bbox": [-100, 19, -98, 20]}, ["census@1", "lakes@1", "lakes@2"]),
        ("bbox=0,0,1,1", {"bbox": [0, 0, 1, 1]}, []),
        ("bbox=0,0,-9,1,1,9", {"bbox": [0, 0, -9, 1, 1, 9]}, []),
        ("collections=water", {"collections": ["water"]}, ["lakes@1", "lakes@2"]),
        ("ids=lakes@2,census@1,mistake@1", {"ids": ["lakes@2", "census@1", "mistake@1"]}, ["census@1", "lakes@2"]),
        ("datetime=2026-11-21T10:00:00Z", {"datetime": "2026-11-21T10:00:00Z"}, ["census@1", "lakes@1", "lakes@2"]),
        ("datetime=2027-01-01T00:00:00Z/..", {"datetime": "2027-01-01T00:00:00Z/.."}, []),
        ("datetime=/2027-01-01T00:00:00Z", {"datetime": "../2027-01-01T00:00:00Z"}, ["census@1", "lakes@1", "lakes@2"]),
        ("sortby=-properties.version,id", {"sortby": [{"field": "version", "direction": "desc"}, {"field": "id"}]},
         ["lakes@2", "census@1", "lakes@1"]),
    ],
)  # fmt: skip
def test_both_ways_to_ask_find_the_same(shown: Stand, query: str, body: dict[str, Any], expected: list[str]) -> None:
    """By address and by body."""
    assert found(shown.web.get(f"/stac/search?{query}")) == expected
    assert found(shown.web.post("/stac/search", json=body)) == expected


def test_a_geometry_is_compared_by_its_box(shown: Stand) -> None:
    """As the landing page says."""
    far = {"type": "Point", "coordinates": [1.5, 2.5]}

    assert found(shown.web.post("/stac/search", json={"intersects": SQUARE, "collections": ["water"]})) == [
        "lakes@1",
        "lakes@2",
    ]
    assert found(shown.web.post("/stac/search", json={"intersects": far})) == []
    assert "boxes" in shown.web.get("/stac").json()["description"]


@pytest.mark.parametrize("order", ["", "&sortby=-published"])
def test_pages_by_address(stand: Stand, order: str) -> None:
    """Each item once, all of them, by links alone."""
    write_tables(stand.portal.settings.catalog, [release(f"d{at}") for at in range(7)])
    stand.portal.shelf.refresh()
    seen, url = list[str](), f"/stac/search?limit=3{order}"
    while url:
        answer = stand.web.get(url)
        seen += found(answer)
        assert answer.json()["numberMatched"] == 7
        url = next((one["href"] for one in answer.json()["links"] if one["rel"] == "next"), "")

    assert sorted(seen) == [f"d{at}@1" for at in range(7)]


def test_pages_by_body(shown: Stand) -> None:
    """The link to the next page has the whole body."""
    answer = shown.web.post("/stac/search", json={"limit": 2, "collections": ["water", "datasets"]})
    link = next(one for one in answer.json()["links"] if one["rel"] == "next")

    assert link["method"] == "POST"
    assert found(shown.web.post(link["href"], json=link["body"])) == ["lakes@2"]


@pytest.mark.parametrize(
    "body",
    [
        {"bbox": [1, 2, 3]}, {"bbox": "x"}, {"bbox": [0, 1, 0, 0]}, {"datetime": "yesterday"}, {"datetime": 5},
        {"datetime": "../.."}, {"ids": "a"}, {"ids": [1]}, {"limit": 0}, {"limit": -1}, {"limit": "x"}, {"limit": True},
        {"sortby": [{"field": "x"}]}, {"sortby": [1]}, {"token": "z"}, {"intersects": {"type": "Blob"}},
        {"intersects": SQUARE, "bbox": [0, 0, 1, 1]}, {"fields": []},
        {"datetime": "2027-01-01T00:00:00Z/2026-01-01T00:00:00Z"},
    ],
)  # fmt: skip
def test_what_cannot_be_asked_is_refused_by_name(shown: Stand, body: dict[str, Any]) -> None:
    """400 with the name of what is wrong."""
    answer = shown.web.post("/stac/search", json=body)

    assert answer.status_code == 400
    assert any(name in answer.json()["error"]["what"] for name in (*body, "geometry"))


def test_what_is_no_json_is_refused(shown: Stand) -> None:
    """And so is what is too long, or a list."""
    assert shown.web.post("/stac/search", content=b"{").status_code == 400
    assert shown.web.post("/stac/search", content=b"[]").status_code == 400
    assert shown.web.post("/stac/search", content=b" " * 1_000_001).status_code == 413


def test_links_lead_within_the_api(shown: Stand) -> None:
    """An item's own address gives it; its neighbours, collection and root do, too."""
    item = shown.web.get("/stac/collections/water/items/lakes@1").json()
    links = {one["rel"]: one["href"] for one in item["links"]}

    assert shown.web.get(links["self"]).json() == item
    assert shown.web.get(links["successor-version"]).json()["id"] == "lakes@2"
    assert shown.web.get(links["collection"]).json()["id"] == "water"
    assert shown.web.get(links["root"]).json()["id"] == "town"
    assert item["assets"]["torrent"]["href"].startswith(f"{URL}/catalog/torrents/")
    assert shown.web.get("/stac/collections/water/items/census@1").status_code == 404
    assert shown.web.get("/stac/collections/datasets/items/mistake@1").status_code == 410
    assert found(shown.web.get("/stac/collections/water/items?limit=1")) == ["lakes@1"]


def test_a_collection_knows_its_extent(shown: Stand) -> None:
    """From its items as they are now; an empty one has the whole world."""
    water = shown.web.get("/stac/collections/water").json()["extent"]

    assert water["spatial"]["bbox"] == [[-99.5, 19.0, -98.9, 19.6]]
    assert water["temporal"]["interval"] == [["2026-11-21T10:00:00Z"] * 2]


def test_only_the_fields_that_are_wanted(shown: Stand) -> None:
    """By names, or all but some."""
    some = shown.web.get("/stac/search?ids=lakes@2&fields=properties.title,-links").json()["features"][0]
    rest = shown.web.get("/stac/search?ids=lakes@2&fields=-assets,-properties.title").json()["features"][0]

    assert some["properties"] == {"title": "Lakes of the town"}
    assert "geometry" not in some
    assert "assets" not in rest
    assert "title" not in rest["properties"]
    assert rest["properties"]["version"] == "2"
    assert chosen({"id": "a", "links": []}, ("x.y", "id.z"), ("id", "q.r")) == {"id": "a", "links": []}


json_values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
NAMES = ("bbox", "datetime", "ids", "collections", "intersects", "limit", "sortby", "fields", "token")


@given(st.dictionaries(st.sampled_from(NAMES), json_values, max_size=3))
def test_any_body_is_read_or_refused(body: dict[str, Any]) -> None:
    """Never another error than ours."""
    try:
        wanted(body)
    except SeedbedError:
        pass


@given(st.dictionaries(st.sampled_from(NAMES), st.text(max_size=30), max_size=3))
def test_any_address_is_read_or_refused(given: dict[str, str]) -> None:
    """The same, by address."""
    try:
        wanted(of_address(given))
    except SeedbedError:
        pass
