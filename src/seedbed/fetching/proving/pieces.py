# SPDX-License-Identifier: Apache-2.0
"""Which stretches of which files a piece is given with: what is asked for, proved, written and read again.

Where v2 hashes prove, a piece is bytes of one file and nothing else; where v1 hashes prove, it may cross files, and has
padding. ``core.layout`` knows both; here the first, which is the common one, is looked up in a microsecond.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from seedbed.core.layout import Layout, Span


class Stretch(NamedTuple):
    """Bytes of one file, or of padding."""

    file_index: int
    """Index in ``Metainfo.files``; -1 for padding."""
    start: int
    length: int


class PieceMap:
    """The pieces of one torrent.

    Args:
        layout: Where everything is.
        by_v2: Whether v2 hashes prove; then padding is no part of a piece.
    """

    def __init__(self, layout: Layout, *, by_v2: bool) -> None:
        self.layout = layout
        self.by_v2 = by_v2
        self._files = [index for index, length in enumerate(layout.lengths) if length] if by_v2 else []
        self._firsts = [layout.starts[index] // layout.piece_length for index in self._files]

    def stretches(self, piece: int) -> Sequence[Stretch]:
        """What a piece consists of, in order."""
        if self.by_v2:
            return (self._stretch(piece, 1),)
        return [_of_span(span) for span in self.layout.piece_spans(piece)]

    def run(self, start: int, stop: int) -> Iterator[Stretch]:
        """The stretches of files in a run of pieces, in order: one request each."""
        if not self.by_v2:
            length = self.layout.piece_length
            spans = self.layout.spans(start * length, min(stop * length, self.layout.total))
            yield from (_of_span(span) for span in spans if span.file_index is not None)
            return
        while start < stop:
            stretch = self._stretch(start, stop - start)
            yield stretch
            start += -(-stretch.length // self.layout.piece_length)

    def _stretch(self, piece: int, count: int) -> Stretch:
        """Up to ``count`` pieces, as far as they are of one file."""
        at = bisect_right(self._firsts, piece) - 1
        index, length = self._files[at], self.layout.piece_length
        start = (piece - self._firsts[at]) * length
        return Stretch(index, start, min(count * length, self.layout.lengths[index] - start))

    def size(self, piece: int) -> int:
        """Bytes that a piece is given with."""
        return sum(stretch.length for stretch in self.stretches(piece))

    def data_size(self, piece: int) -> int:
        """Bytes of files in a piece."""
        return sum(stretch.length for stretch in self.stretches(piece) if stretch.file_index >= 0)

    def pieces_of(self, files: Iterable[int]) -> set[int]:
        """The pieces that hold any byte of some files."""
        return {piece for index in files for piece in self.layout.file_pieces(index)}


def _of_span(span: Span) -> Stretch:
    return Stretch(-1 if span.file_index is None else span.file_index, span.start, span.length)
