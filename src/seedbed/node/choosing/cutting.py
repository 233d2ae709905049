# SPDX-License-Identifier: Apache-2.0
"""Where a very large version is cut into parts, so that small nodes can hold a share of it (pure).

All nodes must cut alike, for they count each other's copies of each part: the cut follows from the torrent and from the
policy's two sizes alone. A part is a range of pieces. It begins and ends where files do; where files share pieces (v1),
at the first whole piece of a file; and a file that is larger than a part is cut by itself.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from seedbed.core.layout import Layout


def cut(layout: Layout, part_bytes: int) -> list[range]:
    """The parts of a torrent, in order; together they are all its pieces, each once.

    Args:
        layout: The torrent's row of pieces.
        part_bytes: Of a part, at most, but for one piece.
    """
    most = max(part_bytes // layout.piece_length, 1)
    parts: list[range] = []
    begun = end = 0
    for stop in _file_ends(layout):
        if stop - begun > most and end > begun:  # with this file it is too large: it ends before it
            parts.append(range(begun, end))
            begun = end
        if stop - begun > most:
            parts += _even(begun, stop, most)
            begun = stop
        end = stop
    return [*parts, range(begun, end)] if end > begun else parts


def _file_ends(layout: Layout) -> Iterator[int]:
    """The piece at which what comes after each file begins, ascending, each once."""
    before = 0
    for start, length in zip(layout.starts, layout.lengths, strict=True):
        stop = -(-(start + length) // layout.piece_length)
        if stop > before:
            before = stop
            yield stop


def _even(start: int, stop: int, most: int) -> Iterator[range]:
    """A range in ranges that are as good as equal."""
    count = -(-(stop - start) // most)
    bounds = [start + (stop - start) * number // count for number in range(count + 1)]
    yield from (range(a, b) for a, b in itertools.pairwise(bounds))


def part_bytes_of(layout: Layout, pieces: range) -> int:
    """Bytes of files in a range of pieces, padding not counted."""
    return sum(span.length for span in layout.spans_of(pieces) if span.file_index is not None)
