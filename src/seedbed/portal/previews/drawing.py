# SPDX-License-Identifier: Apache-2.0
"""Lines of a preview as SVG path data (pure)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

MAX_DOTS = 2_000
Line: TypeAlias = "Sequence[Any]"
"""Its kind (``shape``, ``path`` or ``point``) and its points, as JSON has them."""


def path(lines: Iterable[Line], kind: str) -> str:
    """Rings or paths of one kind, closed where they are shapes."""
    end = "z" if kind == "shape" else ""
    return "".join(_line(points) + end for name, points in lines if name == kind)


def points(lines: Iterable[Line]) -> list[tuple[float, float]]:
    """Places of dots; of very many each so-manieth."""
    found = [(float(at[0][0]), float(at[0][1])) for name, at in lines if name == "point"]
    return found[:: max(len(found) // MAX_DOTS, 1)]


def _line(at: Iterable[Sequence[float]]) -> str:
    return "M" + "L".join(f"{float(x):g} {float(y):g}" for x, y in at)
