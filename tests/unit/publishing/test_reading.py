# SPDX-License-Identifier: Apache-2.0
"""What people write of their data is read, or every fault is told with its field."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seedbed.catalog.model import Mirror, Provider, Translation
from seedbed.publishing import licenses, metadata_file, moments
from seedbed.publishing.reading import FIELDS, read
from seedbed.publishing.said import Place, Times

if TYPE_CHECKING:
    from collections.abc import Mapping


def problems(values: Mapping[str, Any]) -> dict[str, str]:
    """Field -> what is wrong with it."""
    return {one.field: one.problem for one in read(values)[1]}


GOOD: dict[str, tuple[Any, Any]] = {
    "title": (" Rivers ", "Rivers"),
    "license": ("cc-by-4.0", "CC-BY-4.0"),
    "keywords": (["water", "rivers", "water"], ("water", "rivers")),
    "doi": ("https://doi.org/10.5281/ZENODO.1", "10.5281/zenodo.1"),
    "concept_doi": ("doi:10.5281/zenodo.2", "10.5281/zenodo.2"),
    "language": ("es-MX", "es-MX"),
    "source_modified": ("2024-05-01", dt.datetime(2024, 5, 1, tzinfo=dt.UTC)),
    "source_access": ("gone", "gone"),
    "threat": ("at-risk", "at-risk"),
    "mirrors": (
        {"own": "https://o.example/x/", "own-2": "https://p.example/x/{path}", "zenodo": "https://z.example/x/{flat}"},
        (
            Mirror("own", "https://o.example/x/"),
            Mirror("own-2", "https://p.example/x/"),
            Mirror("zenodo", "https://z.example/x/", layout="flat"),
        ),
    ),
    "translations": ({"fr": {"title": "Rivières"}}, (Translation("fr", "Rivières"),)),
    "columns": ({"id": "a number"}, {"id": "a number"}),
}


@pytest.mark.parametrize("field", GOOD)
def test_good_values(field: str) -> None:
    """Each field is read into its plain form."""
    given_, expected = GOOD[field]

    said, findings = read({field: given_})

    assert (getattr(said, field), findings) == (expected, [])


@pytest.mark.parametrize(
    ("text", "provider"),
    [
        ("INEGI", Provider("INEGI")),
        ("INEGI <https://inegi.org.mx>", Provider("INEGI", (), "https://inegi.org.mx")),
        ("INEGI <https://inegi.org.mx> (Producer, licensor)",
         Provider("INEGI", ("producer", "licensor"), "https://inegi.org.mx")),
        ({"name": "INEGI", "roles": ["host"], "url": "https://x.mx"}, Provider("INEGI", ("host",), "https://x.mx")),
    ],
)  # fmt: skip
def test_providers(text: Any, provider: Provider) -> None:
    """A provider is a line or an object."""
    assert read({"providers": [text]})[0].providers == (provider,)


@pytest.mark.parametrize("value", ["-99,19,-98,20", "-99 19 -98 20", [-99, 19, -98, 20], [-99, 19, 0, -98, 20, 9]])
def test_boxes(value: Any) -> None:
    """A box is four numbers, in a list or a text; heights are passed over."""
    assert read({"bbox": value})[0].place == Place((-99, 19, -98, 20))


def test_footprint_without_a_box() -> None:
    """Then the box is the one around it."""
    line = {"type": "LineString", "coordinates": [[1, 2], [3, 4]]}

    assert read({"geometry": line})[0].place == Place((1, 2, 3, 4), line)


BAD: dict[str, tuple[Mapping[str, Any], str, str]] = {
    "number": ({"title": 2020}, "title", "put it in quotes"),
    "norway": ({"language": False}, "language", "put it in quotes"),
    "unknown": ({"licence": "MIT"}, "licence", "did you mean license?"),
    "unknown-2": ({"source-id": "x"}, "source-id", "did you mean source_id?"),
    "license": ({"license": "CC-BY-5.0"}, "license", "did you mean"),
    "license-2": ({"license": "all mine"}, "license", "such as CC-BY-4.0"),
    "three": ({"bbox": "1,2,3"}, "bbox", "west,south,east,north"),
    "nan": ({"bbox": [1, 2, float("nan"), 4]}, "bbox", "west,south,east,north"),
    "words": ({"bbox": "here"}, "bbox", "west,south,east,north"),
    "list": ({"keywords": 3}, "keywords", "expected a list"),
    "second": ({"keywords": ["a", 2]}, "keywords[1]", "expected a text"),
    "provider": ({"providers": ["<x>"]}, "providers[0]", "Name <https"),
    "role": ({"providers": [{"roles": ["host"]}]}, "providers[0].name", "missing"),
    "member": ({"providers": [{"name": "a", "nmae": "b"}]}, "providers[0].nmae", "no such field"),
    "translation": ({"translations": [{"title": "x"}]}, "translations[0].language", "missing"),
    "threat": ({"threat": "high"}, "threat", "expected one of none, watch"),
    "geometry": ({"geometry": {"type": "Polygon"}}, "geometry", "GeoJSON"),
    "time": ({"time": "yesterday"}, "time", "expected a time such as"),
    "object": ({"mirrors": ["x"]}, "mirrors", "expected an object"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_values(case: str) -> None:
    """Each fault is told with the field as it was written."""
    values, field, word = BAD[case]

    assert word in problems(values)[field]


def test_all_faults_at_once() -> None:
    """One message for all that is wrong, not one round after the other."""
    everything: dict[str, Any] = {}
    for values, _, _ in BAD.values():
        everything |= values

    assert len(problems(everything)) >= len(everything)


plain = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12) | st.dates() | st.datetimes()
anything = st.recursive(
    plain,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6) | st.integers(), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(FIELDS) | st.text(max_size=8), anything, max_size=4))
def test_any_values_are_read_or_told(values: dict[str, Any]) -> None:
    """Whatever YAML can hold is read or is a fault; nothing else happens."""
    _, findings = read(values)

    assert all(one.field and one.problem for one in findings)


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("2024", "2024-01-01T00:00:00", "2024-12-31T23:59:59"),
        ("2024-02", "2024-02-01T00:00:00", "2024-02-29T23:59:59"),
        ("2024-05-01", "2024-05-01T00:00:00", "2024-05-01T23:59:59"),
        ("2020/2024-05", "2020-01-01T00:00:00", "2024-05-31T23:59:59"),
        ("2020-01-01T00:00:00Z/2020-01-02T00:00:00+02:00", "2020-01-01T00:00:00", "2020-01-01T22:00:00"),
    ],
)
def test_periods(text: str, start: str, end: str) -> None:
    """A year, month or day is all of it."""
    expected = Times(start=dt.datetime.fromisoformat(start + "Z"), end=dt.datetime.fromisoformat(end + "Z"))

    assert moments.parse_times(text) == expected


def test_a_moment() -> None:
    """A time of day with its zone is one moment."""
    assert moments.parse_times("2024-05-01T12:00:00-06:00").moment == dt.datetime(2024, 5, 1, 18, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("2024-05-01T12:00:00", "no zone"),
        ("2024-05-01 12:00", "no zone"),
        ("0000-01-01", "year 0"),
        ("2024-13", "not in the calendar"),
        ("2023-02-29", "not in the calendar"),
        ("2016-12-31T23:59:60Z", "not in the calendar"),
        ("2024/2020", "after its end"),
        ("2024/..", "both a start and an end"),
        ("2024/", "both a start and an end"),
        ("", "expected a time"),
    ],
)
def test_c32_bad_times_are_refused(text: str, word: str) -> None:
    """No zone, no such day, wrong order, open end: each is told as what it is."""
    with pytest.raises(ValueError, match=word):
        moments.parse_times(text)


@pytest.mark.parametrize(
    ("text", "spdx"),
    [
        ("CC-BY-4.0", "CC-BY-4.0"), ("odc-odbl", "ODbL-1.0"), ("cc-zero", "CC0-1.0"), ("other", "other"),
        ("https://creativecommons.org/licenses/by-sa/3.0/deed.es", "CC-BY-SA-3.0"),
        ("http://creativecommons.org/publicdomain/zero/1.0/", "CC0-1.0"), ("LicenseRef-mine", "LicenseRef-mine"),
    ],
)  # fmt: skip
def test_licences(text: str, spdx: str) -> None:
    """Identifiers in any case, portals' names and Creative Commons' links become SPDX identifiers."""
    assert licenses.spdx_of(text) == spdx


def test_every_field_is_documented() -> None:
    """The table of docs/metadata.md has each field that a metadata file may have, and no other."""
    text = (Path(__file__).parents[3] / "docs" / "metadata.md").read_text(encoding="utf-8")

    assert sorted(re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE)) == sorted(FIELDS)


def test_the_documented_example_is_right(tmp_path: Path) -> None:
    """The YAML of docs/metadata.md is read without a fault."""
    text = (Path(__file__).parents[3] / "docs" / "metadata.md").read_text(encoding="utf-8")
    example = tmp_path / "m.yaml"
    example.write_text(text.partition("```yaml\n")[2].partition("```")[0], encoding="utf-8")

    said, findings = read(metadata_file.load(example))

    assert findings == []
    assert said.translations == (Translation("en", "Major rivers of Mexico"),)
