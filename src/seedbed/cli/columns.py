# SPDX-License-Identifier: Apache-2.0
"""Tables of text that fit: on a narrow terminal the less important columns go, and long names are cut in the middle."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from seedbed.cli import output

if TYPE_CHECKING:
    from collections.abc import Sequence

GAP = "  "
_LEAST_NAME = 16


@dataclass(frozen=True, slots=True)
class Column:
    """One column."""

    head: str
    cells: Sequence[str]
    side: Literal["left", "right"] = "left"
    rank: int = 0
    """The column with the largest goes first where there is no room; those with 0 stay."""

    @property
    def width(self) -> int:
        """Of its widest cell."""
        return max(len(self.head), *(len(cell) for cell in self.cells)) if self.cells else len(self.head)


def lines(columns: Sequence[Column], width: int = 0) -> list[str]:
    """The table, with its heads; the first column is cut where all others are needed.

    Args:
        columns: With as many cells each; the first one names the row.
        width: Characters of a line; 0 for as many as it takes.
    """
    kept = list(columns)
    while width and _width(kept, _LEAST_NAME) > width and any(column.rank for column in kept):
        kept.remove(max(kept, key=lambda column: column.rank))
    first = kept[0].width
    if width:
        first = min(first, max(width - _width(kept, 0), _LEAST_NAME))
    rows = [[column.head for column in kept], *zip(*(column.cells for column in kept), strict=True)]
    return [_row(row, kept, first) for row in rows]


def shortened(text: str, width: int) -> str:
    """A text of so many characters at most; of a name the end is kept too: it has the version."""
    if len(text) <= width:
        return text
    tail = (width - 1) // 3
    return f"{text[: width - 1 - tail]}…{text[len(text) - tail :]}" if tail else text[:width]


def _width(columns: Sequence[Column], first: int) -> int:
    return first + sum(len(GAP) + column.width for column in columns[1:])


def _row(cells: Sequence[str], columns: Sequence[Column], first: int) -> str:
    parts = [shortened(output.plain(cells[0]), first).ljust(first)]
    for cell, column in zip(cells[1:], columns[1:], strict=True):
        parts.append(cell.rjust(column.width) if column.side == "right" else cell.ljust(column.width))
    return GAP.join(parts).rstrip()
