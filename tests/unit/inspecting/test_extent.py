# SPDX-License-Identifier: Apache-2.0
"""Boxes on the globe: right, or refused with a word."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seedbed.inspecting import extent

if TYPE_CHECKING:
    from seedbed.inspecting import BBox


@pytest.mark.parametrize(
    ("bounds", "word"),
    [
        ((math.nan, 0, 1, 1), "not a number"),
        ((0, 0, math.inf, 1), "not a number"),
        ((0, 0, 1, 95), "latitudes"),
        ((-99, 19, -98, 20), ""),
        ((19, -99, 20, -98), "swapped"),
        ((-200, 0, 1, 1), "longitudes"),
        ((0, 5, 1, 1), "north"),
    ],
)
def test_on_globe(bounds: tuple[float, ...], word: str) -> None:
    """What cannot be is refused with the reason."""
    box, odd = extent.on_globe(bounds)

    assert (box is None) == bool(word)
    assert word in odd


@pytest.mark.parametrize(
    ("boxes", "around"),
    [
        ([], None),
        ([(1, 2, 3, 4)], (1, 2, 3, 4)),
        ([(1, 2, 3, 4), (-5, 0, 2, 3)], (-5, 0, 3, 4)),
        ([(170, 0, 180, 1), (-180, 0, -170, 1)], (170, 0, -170, 1)),
        ([(170, 0, -170, 1), (160, 0, 165, 1)], (160, 0, -170, 1)),
        ([(170, 0, -170, 1), (-180, 0, 180, 1)], (-180, 0, 180, 1)),
        ([(-170, 0, -60, 1), (100, 0, 175, 1)], (-170, 0, 175, 1)),
    ],
)
def test_union(boxes: list[BBox], around: BBox | None) -> None:
    """The box around boxes crosses the antimeridian only where that is plainly the smaller one."""
    assert extent.union(boxes) == around


@given(st.lists(st.tuples(*[st.floats(-180, 180)] * 2, *[st.floats(-90, 90)] * 2), min_size=1, max_size=5))
def test_union_holds_every_corner(corners: list[tuple[float, float, float, float]]) -> None:
    """Every box is within the box around all."""
    boxes: list[BBox] = [(west, min(a, b), east, max(a, b)) for west, east, a, b in corners]

    around = extent.union(boxes)

    assert around is not None
    for west, south, east, north in boxes:
        assert around[1] <= south <= north <= around[3]
        for longitude in (west, east):
            inside = around[0] <= longitude or longitude <= around[2]
            assert inside if around[0] > around[2] else around[0] <= longitude <= around[2]
