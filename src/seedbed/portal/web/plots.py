# SPDX-License-Identifier: Apache-2.0
"""Pictures of numbers as SVG within a page: no script, colours by the style sheet (pure)."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from markupsafe import Markup

from seedbed.tracker import plot as lines

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from seedbed.catalog.model import BBox

WORLD_WIDTH, WORLD_HEIGHT = 720, 360
"""Two units a degree, plate carrée, as ``static/world.svg``."""
_BAR, _GAP, _HEIGHT = 44, 14, 150


def over_time(times: Sequence[int], values: Mapping[str, Sequence[float]], label: str) -> Markup:
    """Lines over time.

    Args:
        times: Seconds of Unix time, rising; none gives no picture.
        values: Style class -> a value for each time.
        label: What it shows, for whoever cannot see it.
    """
    if len(times) < 2:
        return Markup("")
    svg = lines.plot(times, {f"line {name}".strip(): one for name, one in values.items()}, escape(label))
    return Markup(svg.replace("<svg ", '<svg class="plot" ', 1))  # noqa: S704  # made of numbers; the label is escaped


def bars(counts: Sequence[tuple[str, int]], label: str) -> Markup:
    """A bar for each name, with its number above."""
    top = max((count for _, count in counts), default=0) or 1
    width = len(counts) * (_BAR + _GAP) + _GAP
    parts = []
    for at, (name, count) in enumerate(counts):
        x, height = _GAP + at * (_BAR + _GAP), round(count / top * _HEIGHT, 1)
        y = 24 + _HEIGHT - height
        middle = x + _BAR / 2
        parts.append(
            f'<rect class="bar" x="{x}" y="{y}" width="{_BAR}" height="{height}" rx="3"/>'
            f'<text x="{middle}" y="{y - 6}" text-anchor="middle">{count:,}</text>'
            f'<text x="{middle}" y="{_HEIGHT + 42}" text-anchor="middle">{escape(name)}</text>'
        )
    return _svg(width, _HEIGHT + 52, label, parts)


def boxes_on_earth(boxes: Iterable[BBox], label: str) -> Markup:
    """Where data lies: one box each, two where it crosses the antimeridian; a small one is still seen."""
    return _earth(label, [_rectangle(part) for box in boxes for part in _halves(box)])


def dots_on_earth(dots: Iterable[tuple[float, float, int, str]], label: str) -> Markup:
    """How many are where: longitude, latitude, number, name; the area of a dot is its number's."""
    parts = []
    for longitude, latitude, number, name in dots:
        x, y, radius = (longitude + 180) * 2, (90 - latitude) * 2, min(5 + 3 * number**0.5, 40)
        parts.append(
            f'<circle class="dot" cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}"/>'
            f'<text class="on-dot" x="{x:.1f}" y="{y + 4:.1f}" text-anchor="middle">{number:,}'
            f"<title>{escape(name)}</title></text>"
        )
    return _earth(label, parts)


def _rectangle(box: BBox) -> str:
    west, south, east, north = box
    x, y = (west + 180) * 2, (90 - north) * 2
    width, height = max((east - west) * 2, 3.0), max((north - south) * 2, 3.0)
    return f'<rect class="place" x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}"/>'


def _halves(box: BBox) -> list[BBox]:
    west, south, east, north = box
    return [box] if west <= east else [(west, south, 180.0, north), (-180.0, south, east, north)]


def _earth(label: str, parts: Sequence[str]) -> Markup:
    land = f'<image href="/static/world.svg" width="{WORLD_WIDTH}" height="{WORLD_HEIGHT}"/>'
    return _svg(WORLD_WIDTH, WORLD_HEIGHT, label, [land, *parts], "earth")


def _svg(width: float, height: float, label: str, parts: Sequence[str], kind: str = "") -> Markup:
    head = f'<svg class="plot {kind}" viewBox="0 0 {width:g} {height:g}" role="img" aria-label="{escape(label)}">'
    return Markup(head + "".join(parts) + "</svg>")  # noqa: S704  # numbers and escaped names only
