# SPDX-License-Identifier: Apache-2.0
"""Who is believed about what, and what stands in for what nobody says."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest

from seedbed.catalog.model import WORLD, Release
from seedbed.catalog.stac.item import from_item, to_item
from seedbed.inspecting import Column, Inspected
from seedbed.publishing import countries, metadata
from seedbed.publishing.metadata import Described, describe, faults
from seedbed.publishing.reading import read
from seedbed.publishing.said import Source
from tests.programs import shared_data

NOW = dt.datetime(2026, 11, 21, 12, tzinfo=dt.UTC)
NAMES = ("rivers", "1")
SILENT = Inspected()
MINIMUM = {"title": "Rivers", "license": "CC0-1.0"}


def entry(*said: dict[str, Any], inspected: Inspected = SILENT, before: Release | None = None) -> Described:
    """The entry from what some say, the most trusted first."""
    sources = [Source(f"source {number}", read(values)[0]) for number, values in enumerate(said)]
    return describe(NAMES, sources, inspected=inspected, before=before, now=NOW)


def test_precedence() -> None:
    """Each field is the word of the first who says it: person, data, version before."""
    before = entry({**MINIMUM, "keywords": ["old"], "description": "old", "bbox": "1,1,2,2", "doi": "10.1/a"}).release
    data = Inspected(bbox=(5, 5, 6, 6), columns=(Column("id", "integer"),))

    made = entry({"title": "New", "columns": {"id": "who"}}, {"title": "Other", "description": "D"}, inspected=data,
                 before=before)  # fmt: skip

    assert (made.release.title, made.release.description, made.release.keywords) == ("New", "D", ("old",))
    assert (made.release.bbox, made.release.license, made.release.doi) == ((5, 5, 6, 6), "CC0-1.0", "")
    assert made.release.contents.columns[0].description == "who"
    assert made.origins["place"] == metadata.DATA
    assert made.origins["license"] == "version 1"


def test_an_empty_value_is_a_value() -> None:
    """Who gives an empty list means it."""
    before = entry({**MINIMUM, "keywords": ["old"]}).release

    assert entry({"keywords": []}, before=before).release.keywords == ()


def test_defaults() -> None:
    """No extent: the country's, or the world, and it is said; no time: now, and it is said."""
    plain, mexico = entry(MINIMUM).release, entry({**MINIMUM, "jurisdiction": "mx-JAL"}).release

    assert (plain.bbox, plain.geometry_default, plain.datetime, plain.datetime_default) == (WORLD, True, NOW, True)
    assert (mexico.bbox, mexico.geometry_default) == ((-119, 14, -86, 33), True)
    assert faults(plain) == faults(mexico) == []


def test_defaults_are_not_carried_over() -> None:
    """A box that was only a default does not become the word of the version before."""
    before = entry(MINIMUM).release

    assert entry({"jurisdiction": "CA"}, before=before).release.bbox == (-142, 41, -52, 84)


def test_times_of_the_data() -> None:
    """What the data plainly says of its times is taken."""
    start, end = dt.datetime(2020, 1, 1, tzinfo=dt.UTC), dt.datetime(2020, 12, 31, tzinfo=dt.UTC)

    made = entry(MINIMUM, inspected=Inspected(start=start, end=end)).release

    assert (made.datetime, made.start_datetime, made.end_datetime, made.datetime_default) == (None, start, end, False)


def test_c31_c33_faults_are_told_all_at_once() -> None:
    """Missing and impossible values, each with its field, in one list."""
    bad = entry({"bbox": "0,0,0,95", "doi": "11.1/x", "language": "español", "title": "", "description": "\x1b[31m"})

    assert {one.field for one in faults(bad.release)} == {"title", "license", "bbox", "doi", "language", "description"}


def test_another_licence_needs_its_text() -> None:
    """'other' alone says nothing; its link is kept in the catalogue."""
    assert [one.field for one in faults(entry({"title": "x", "license": "other"}).release)] == ["license_url"]

    made = entry({"title": "x", "license": "other", "license_url": "https://x.example/terms"}).release
    item = json.loads(json.dumps(to_item(made)))

    assert faults(made) == []
    assert from_item(item).license_url == "https://x.example/terms"
    assert entry({"license": "MIT"}, before=made).release.license_url == ""


def test_countries() -> None:
    """Each box of a country is right: its larger towns are in it."""
    places = json.loads((shared_data() / "natural-earth" / "ne_50m_populated_places.geojson").read_text())
    towns = [(one["properties"]["ISO_A2"], one["geometry"]["coordinates"]) for one in places["features"]]

    for code, (longitude, latitude) in towns:
        if box := countries.extent(code):
            west, south, east, north = box
            inside = west <= longitude <= east if west < east else longitude >= west or longitude <= east
            assert inside, code
            assert south <= latitude <= north, code
    assert {code for code, _ in towns} >= set(countries.codes())


@pytest.mark.parametrize("text", ["", "XX", "Mexico", "m"])
def test_unknown_countries(text: str) -> None:
    """What is no code of a country that we know has no box."""
    assert countries.extent(text) is None
