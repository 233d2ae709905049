# SPDX-License-Identifier: Apache-2.0
"""A plot of simulations, as SVG that any browser shows (pure)."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

WIDTH, HEIGHT = 760, 420
_LEFT, _RIGHT, _TOP, _BOTTOM = 62, 16, 46, 46
_COLOURS = ("#0b7285", "#c2255c", "#e67700", "#5f3dc4", "#2b8a3e", "#495057")


def plot(title: str, unit: str, lines: Mapping[str, Sequence[tuple[float, float]]]) -> str:
    """Lines over days.

    Args:
        title: Above it.
        unit: Of the values.
        lines: Name -> days and values, each with one value at least.
    """
    last = max(day for points in lines.values() for day, _ in points)
    first = min(day for points in lines.values() for day, _ in points)
    top = _round_up(max(value for points in lines.values() for _, value in points))

    def place(day: float, value: float) -> tuple[float, float]:
        across = (day - first) / max(last - first, 1e-9) * (WIDTH - _LEFT - _RIGHT)
        return _LEFT + across, HEIGHT - _BOTTOM - min(value / top, 1) * (HEIGHT - _TOP - _BOTTOM)

    parts = [_HEAD, f'<text class="t" x="{_LEFT}" y="26">{escape(title)}</text>']
    for step in range(5):
        value = top * step / 4
        _, y = place(first, value)
        parts.append(f'<path class="g" d="M{_LEFT} {y:.1f}H{WIDTH - _RIGHT}"/>')
        parts.append(f'<text x="{_LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{value:.3g}</text>')
        x, _ = place(day := first + (last - first) * step / 4, 0)
        parts.append(f'<text x="{x:.1f}" y="{HEIGHT - 24}" text-anchor="middle">day {day:.0f}</text>')
    parts.append(f'<text x="{_LEFT}" y="42">{escape(unit)}</text>')
    for index, (name, points) in enumerate(lines.items()):
        colour = _COLOURS[index % len(_COLOURS)]
        path = "L".join(f"{x:.1f} {y:.1f}" for x, y in (place(day, value) for day, value in points))
        parts.append(f'<path fill="none" stroke="{colour}" stroke-width="2" d="M{path}"/>')
        x = WIDTH - _RIGHT - 130 * (len(lines) - index) + 12
        parts.append(f'<text x="{x}" y="{HEIGHT - 6}" style="fill:{colour}">{escape(name)}</text>')
    return "\n".join([*parts, "</svg>\n"])


def _round_up(value: float) -> float:
    """The next of 1, 2, 5, 10 … times a power of ten."""
    if value <= 0:
        return 1.0
    power = 10.0 ** (len(f"{value:.0f}") - 1) if value >= 1 else 1.0
    while value < power:
        power /= 10
    return next(power * step for step in (1, 2, 5, 10) if power * step >= value)


_HEAD = (
    f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img">\n'
    "<style>text{font:13px system-ui,sans-serif;fill:#495057}.t{font-size:17px;fill:#212529}.g{stroke:#ced4da}"
    "@media(prefers-color-scheme:dark){svg{background:#16191d}text{fill:#adb5bd}.t{fill:#f1f3f5}.g{stroke:#373d44}}"
    "</style>"
)
