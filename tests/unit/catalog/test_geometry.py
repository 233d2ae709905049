# SPDX-License-Identifier: Apache-2.0
"""Footprints: well-known binary, boxes, and what is wrong with them."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely import wkb
from shapely.geometry import shape

from seedbed.catalog.stac import footprints, geometry
from seedbed.errors import FormatError
from tests.releases import boxes

if TYPE_CHECKING:
    from seedbed.catalog.model import BBox

coordinates = st.floats(allow_nan=False, allow_infinity=False, width=32)
points = st.lists(coordinates, min_size=2, max_size=2)
lines = st.lists(points, min_size=2, max_size=5)
rings = st.lists(points, min_size=3, max_size=5).map(lambda ring: [*ring, ring[0]])
simple: st.SearchStrategy[dict[str, Any]] = st.one_of(
    st.builds(lambda c: {"type": "Point", "coordinates": c}, points),
    st.builds(lambda c: {"type": "LineString", "coordinates": c}, lines),
    st.builds(lambda c: {"type": "Polygon", "coordinates": c}, st.lists(rings, min_size=1, max_size=2)),
    st.builds(lambda c: {"type": "MultiPoint", "coordinates": c}, st.lists(points, min_size=1, max_size=3)),
    st.builds(lambda c: {"type": "MultiLineString", "coordinates": c}, st.lists(lines, min_size=1, max_size=2)),
    st.builds(
        lambda c: {"type": "MultiPolygon", "coordinates": c},
        st.lists(st.lists(rings, min_size=1, max_size=2), min_size=1, max_size=2),
    ),
)
geometries = simple | st.builds(
    lambda parts: {"type": "GeometryCollection", "geometries": parts}, st.lists(simple, min_size=1, max_size=3)
)


@given(geometries)
def test_binary_is_what_shapely_reads_and_comes_back(one: dict[str, Any]) -> None:
    """Our binary is the one that everybody reads, and it comes back as it was."""
    data = geometry.to_wkb(one)

    assert geometry.from_wkb(data) == one
    assert wkb.loads(data) == shape(one)


@given(st.binary(max_size=64))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    """Bytes from a stranger give a geometry or our error."""
    try:
        geometry.from_wkb(data)
    except FormatError:
        pass


def test_a_count_that_lies_costs_nothing() -> None:
    """Four thousand million points in nine bytes are refused before room is made for them."""
    with pytest.raises(FormatError, match="no bytes for them"):
        geometry.from_wkb(struct.pack("<BII", 1, 2, 0xFFFFFFFF))


def test_nesting_is_limited() -> None:
    """A collection in a collection in a collection … ends."""
    with pytest.raises(FormatError, match="nested"):
        geometry.from_wkb(struct.pack("<BII", 1, 7, 1) * 20 + struct.pack("<BI2d", 1, 1, 0, 0))


@given(boxes)
def test_a_box_in_one_step(box: BBox) -> None:
    """The quick way gives the same bytes, and a box that is a shape has nothing wrong."""
    whole = geometry.box_geometry(box)

    assert geometry.box_wkb(box) == geometry.to_wkb(whole)
    assert list(footprints.geometry_findings(whole)) == []
    if box[0] <= box[2]:
        assert geometry.bounds(whole) == box


def test_a_box_across_the_antimeridian_is_two_shapes() -> None:
    """West of east: Fiji lies on both sides."""
    fiji = geometry.box_geometry((177.0, -20.0, -178.0, -15.0))

    assert fiji["type"] == "MultiPolygon"
    assert len(fiji["coordinates"]) == 2


def polygon(*ring: tuple[float, float]) -> dict[str, Any]:
    """One ring."""
    return {"type": "Polygon", "coordinates": [[list(point) for point in ring]]}


@pytest.mark.parametrize(
    ("one", "words"),
    [
        ({"type": "Polygon", "coordinates": []}, "no points"),
        ({"type": "Point", "coordinates": [float("nan"), 1.0]}, "degrees"),
        ({"type": "Point", "coordinates": [10.0, 95.0]}, "degrees"),
        (polygon((0, 0), (2, 2), (2, 0), (0, 2), (0, 0)), "crosses itself"),
        (polygon((0, 0), (2, 2), (2, 0)), "end where it starts"),
        ({"type": "MultiPoint", "coordinates": [[0.0, 0.0]] * 10_001}, "vertices"),
        ({"type": "Circle", "coordinates": [0, 0]}, "not a GeoJSON"),
        ({"type": "Point", "coordinates": "here"}, "not a GeoJSON"),
    ],
)
def test_c31_bad_footprints_are_told(one: dict[str, Any], words: str) -> None:
    """NaN, latitude 95, rings that cross themselves, too many vertices, nothing at all."""
    found = list(footprints.geometry_findings(one))

    assert [finding.rule for finding in found] == ["C31"]
    assert words in found[0].problem


def test_a_comb_does_not_cross_itself() -> None:
    """Many sides over one another in longitude, none crossing."""
    teeth = [(float(x), float(y)) for x in range(0, 100, 2) for y in ((0, 5) if x % 4 else (5, 0))]
    ring = [*teeth, (100.0, -1.0), (0.0, -1.0), teeth[0]]

    assert not footprints.crosses_itself(ring)


@pytest.mark.parametrize("box", [(0, 0, 1, 95), (0, 2, 1, 1), (-181, 0, 0, 1), (0, float("nan"), 1, 1)])
def test_c31_bad_boxes_are_told(box: BBox) -> None:
    """Latitude 95, south above north, longitude -181, NaN."""
    assert [finding.rule for finding in footprints.box_findings(box)] == ["C31"]
