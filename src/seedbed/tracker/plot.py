# SPDX-License-Identifier: Apache-2.0
"""A plot of counts over time as SVG within a page: no script, colours by the page's style (pure)."""

from __future__ import annotations

import datetime as dt
import itertools
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

WIDTH, HEIGHT = 720, 240
_LEFT, _RIGHT, _TOP, _BOTTOM = 76, 8, 18, 32
GAP_FACTOR = 4
"""A line is broken where points are missing for so many times their usual distance."""


def plot(times: Sequence[int], lines: Mapping[str, Sequence[float]], label: str) -> str:
    """Lines over time.

    Args:
        times: Seconds since 1970, rising; at least one.
        lines: Style class -> a value for each time.
        label: What it shows, for whoever cannot see it.
    """
    top = _round_up(max((max(values, default=0) for values in lines.values()), default=0))
    start, stop = times[0], max(times[-1], times[0] + 3_600)

    def x(at: float) -> float:
        return _LEFT + (at - start) / (stop - start) * (WIDTH - _LEFT - _RIGHT)

    def y(value: float) -> float:
        return HEIGHT - _BOTTOM - value / top * (HEIGHT - _TOP - _BOTTOM)

    parts = [_grid(y(value), f"{value:,.0f}") for value in (0, top / 2, top) if value == int(value)]
    parts += [_day(x(at), at, stop - start) for at in _ticks(start, stop)]
    parts += [
        f'<path class="{name}" d="{_path([(x(at), y(one)) for at, one in zip(times, values, strict=True)], times)}"/>'
        for name, values in lines.items()
    ]
    return f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{label}">{"".join(parts)}</svg>'


def _path(points: Sequence[tuple[float, float]], times: Sequence[int]) -> str:
    gaps = sorted(later - at for at, later in itertools.pairwise(times))
    longest = gaps[len(gaps) // 2] * GAP_FACTOR if gaps else 0
    steps = []
    for at, (x, y) in enumerate(points):
        begins = at == 0 or times[at] - times[at - 1] > longest
        steps.append(f"{'M' if begins else 'L'}{x:.1f} {y:.1f}" + ("h.1" if begins else ""))
    return "".join(steps)


def _grid(y: float, text: str) -> str:
    return (
        f'<path class="grid" d="M{_LEFT} {y:.1f}H{WIDTH - _RIGHT}"/>'
        f'<text x="{_LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{text}</text>'
    )


def _day(x: float, at: int, span_s: int) -> str:
    form = "%H:%M" if span_s < 2 * 86_400 else "%d %b" if span_s < 300 * 86_400 else "%b %Y"
    text = f"{dt.datetime.fromtimestamp(at, dt.UTC):{form}}"
    return f'<text x="{min(x, WIDTH - 34):.1f}" y="{HEIGHT - 8}" text-anchor="middle">{text}</text>'


def _ticks(start: int, stop: int) -> list[int]:
    """Some round moments between two."""
    steps = (3_600, 6 * 3_600, 86_400, 2 * 86_400, 7 * 86_400, 30 * 86_400, 91 * 86_400)
    step = next((one for one in steps if (stop - start) / one <= 8), steps[-1])
    first = -(-start // step) * step
    return list(range(first, stop + 1, step))


def _round_up(value: float) -> int:
    """The next of 2, 4, 10, 20, 40, 100, …: its half is a whole number too."""
    top = 1
    while True:
        for factor in (2, 4, 10):
            if top * factor >= value:
                return top * factor
        top *= 10
