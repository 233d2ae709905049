# SPDX-License-Identifier: Apache-2.0
"""The pieces that nobody has claimed, as sorted runs. Pure."""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator


class PieceQueue:
    """A set of pieces that is taken from in runs.

    Kept as sorted, separate runs ``[start, stop)``: a torrent of 100,000 missing pieces is one entry.
    """

    def __init__(self, pieces: Iterable[int]) -> None:
        self._runs: list[tuple[int, int]] = []
        self._count = 0
        self.put(pieces)

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[int]:
        for start, stop in self._runs:
            yield from range(start, stop)

    def put(self, pieces: Iterable[int]) -> None:
        """Add pieces; those that are there already change nothing."""
        for start, stop in _runs_of(sorted(set(pieces))):
            self._insert(start, stop)

    def _insert(self, start: int, stop: int) -> None:
        at = bisect_left(self._runs, (start, start))
        if at and self._runs[at - 1][1] >= start:
            at -= 1
        end = at
        while end < len(self._runs) and self._runs[end][0] <= stop:
            known = self._runs[end]
            start, stop = min(start, known[0]), max(stop, known[1])
            self._count -= known[1] - known[0]
            end += 1
        self._runs[at:end] = [(start, stop)]
        self._count += stop - start

    def take(self, max_pieces: int, *, without: Collection[int], from_end: bool = False) -> tuple[int, int] | None:
        """Remove and return a run ``(start, stop)`` of at most ``max_pieces``; None when there is none.

        Args:
            max_pieces: 1 or more.
            without: Pieces that must not be in it.
            from_end: Take the last one instead of the first.
        """
        for at in range(len(self._runs))[:: -1 if from_end else 1]:
            for start, stop in _allowed(self._runs[at], without, from_end=from_end):
                if from_end:
                    start = max(start, stop - max_pieces)  # noqa: PLW2901
                else:
                    stop = min(stop, start + max_pieces)  # noqa: PLW2901
                self._cut(at, start, stop)
                return start, stop
        return None

    def tail(self, count: int) -> set[int]:
        """The last pieces, left where they are."""
        found: set[int] = set()
        for start, stop in reversed(self._runs):
            if len(found) >= count:
                break
            found.update(range(max(start, stop - count + len(found)), stop))
        return found

    def take_out(self, piece: int) -> None:
        """Remove one piece, if it is there."""
        at = bisect_left(self._runs, (piece + 1, 0)) - 1
        if at >= 0 and self._runs[at][0] <= piece < self._runs[at][1]:
            self._cut(at, piece, piece + 1)

    def _cut(self, at: int, start: int, stop: int) -> None:
        whole = self._runs[at]
        self._runs[at : at + 1] = [run for run in ((whole[0], start), (stop, whole[1])) if run[0] < run[1]]
        self._count -= stop - start


def _runs_of(pieces: list[int]) -> Iterator[tuple[int, int]]:
    at = 0
    while at < len(pieces):
        end = at + 1
        while end < len(pieces) and pieces[end] == pieces[end - 1] + 1:
            end += 1
        yield pieces[at], pieces[end - 1] + 1
        at = end


def _allowed(run: tuple[int, int], without: Collection[int], *, from_end: bool) -> Iterator[tuple[int, int]]:
    """The parts of a run that hold no forbidden piece."""
    if not without:
        yield run
        return
    parts = list(_runs_of([piece for piece in range(*run) if piece not in without]))
    yield from reversed(parts) if from_end else parts
