# SPDX-License-Identifier: Apache-2.0
"""Cutting a torrent's row of bytes into batches: what one thread reads and hashes in one go.

A batch is a run of whole pieces. Pieces stand in its memory as they stand in the row, with zeros for padding, so
that each piece is one message (BEP 3). Where only v2 hashes are wanted padding is never hashed, and the files'
parts are packed side by side instead.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from seedbed.core.layout import Layout

_CACHE_LINE = 64


@dataclass(frozen=True, slots=True)
class Segment:
    """A run of one file's bytes inside a batch."""

    file_index: int
    start: int
    """Offset in the file."""
    length: int
    at: int
    """Offset in the batch's memory."""
    piece: int
    """First piece it touches, counted from the batch's first."""


@dataclass(frozen=True, slots=True)
class Batch:
    """A run of pieces."""

    first_piece: int
    piece_count: int
    length: int
    """Bytes of memory that it needs."""
    segments: tuple[Segment, ...]


@dataclass(frozen=True, slots=True)
class Shape:
    """How batches are cut."""

    layout: Layout
    aligned: bool
    """Every file starts a piece (v2, hybrid)."""
    packed: bool
    """Padding has no place in memory (only v2 hashes are wanted)."""
    window: int
    """Most bytes of a batch; a multiple of the piece length."""

    @property
    def needs_zeros(self) -> bool:
        """Whether padding stands between the files in memory."""
        return not self.packed and sum(self.layout.lengths) < self.layout.total

    def batches(self) -> Iterator[Batch]:
        """All batches of the torrent, in the order of the row."""
        if self.packed:
            return _packed(self.layout, self.window)
        return _rows(self.layout, self.window, whole_files=self.aligned)


def _rows(layout: Layout, window: int, *, whole_files: bool) -> Iterator[Batch]:
    """Batches as they stand in the row.

    With ``whole_files`` a file that does not fit into the rest of a batch starts the next one, so that most files
    lie in one batch as a whole: their whole-file digests can then be made in lanes, and a batch of a big file is
    the same batch whatever happens to the small files before it.
    """
    begin = 0
    segments: list[Segment] = []
    for index, (start, length) in enumerate(zip(layout.starts, layout.lengths, strict=True)):
        done = 0
        if whole_files and segments and length and start + length > begin + window:
            yield _row(layout, begin, start, segments)
            begin, segments = start, []
        while done < length:
            at = start + done - begin
            if at >= window:
                yield _row(layout, begin, begin + window, segments)
                begin, segments = begin + window, []
                continue
            part = min(length - done, window - at)
            segments.append(Segment(index, done, part, at, at // layout.piece_length))
            done += part
    while begin < layout.total:
        yield _row(layout, begin, begin + window, segments)
        begin, segments = begin + window, []


def _row(layout: Layout, begin: int, end: int, segments: list[Segment]) -> Batch:
    end = min(end, layout.total)
    first = begin // layout.piece_length
    count = -(-end // layout.piece_length) - first
    return Batch(first, count, end - begin, tuple(segments))


def _packed(layout: Layout, window: int) -> Iterator[Batch]:
    """Batches of file parts side by side; each part starts on a cache line."""
    piece_length = layout.piece_length
    first = used = pieces = 0
    segments: list[Segment] = []
    for index, length in enumerate(layout.lengths):
        done = 0
        while done < length:
            part = min(length - done, window)
            if used + part > window:
                yield Batch(first, pieces, used, tuple(segments))
                first, used, pieces, segments = first + pieces, 0, 0, []
            segments.append(Segment(index, done, part, used, pieces))
            pieces += -(-part // piece_length)
            used += -(-part // _CACHE_LINE) * _CACHE_LINE
            done += part
    if segments:
        yield Batch(first, pieces, used, tuple(segments))
