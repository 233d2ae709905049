# SPDX-License-Identifier: Apache-2.0
"""Checking data on disk against a torrent: which pieces are there (BEP 3, 52).

The engine takes the answer as ``have_pieces``, so nothing is hashed twice. In hybrid and v2 torrents only the v2
hashes are checked: they cover every byte of every file, and they cost half of both. v1 torrents are checked by
their pieces, and so are hybrids that came without piece layers.
"""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from seedbed.core.ids import V1_LENGTH
from seedbed.core.layout import Layout
from seedbed.core.merkle import HASH_LENGTH
from seedbed.hashing.batch import Wanted
from seedbed.hashing.chains import Chains
from seedbed.hashing.choice import choose_engine
from seedbed.hashing.files import LocalFiles
from seedbed.hashing.job import Progress, Threads, window_for
from seedbed.hashing.plan import Shape
from seedbed.hashing.threads import default_workers

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from seedbed.core.metainfo import Metainfo
    from seedbed.hashing.batch import BatchResult
    from seedbed.hashing.job import Executor


@dataclass(frozen=True, slots=True)
class Checked:
    """What of a torrent's data is there."""

    metainfo: Metainfo
    layout: Layout
    have_pieces: bytes
    """One byte a piece in the order of the row: 1 for a piece that is there and right, 0 for any other.

    In a v1 torrent a piece is there only with all files it touches."""
    found_lengths: tuple[int, ...]
    """Bytes that each file has on disk; -1 where there is none."""

    @property
    def is_complete(self) -> bool:
        """Whether every piece is right, every empty file is there, and no file is too long."""
        return 0 not in self.have_pieces and all(
            found == file.length for found, file in zip(self.found_lengths, self.metainfo.files, strict=True)
        )

    @property
    def good_bytes(self) -> int:
        """Bytes in pieces that are right, padding not counted."""
        if self.is_complete:
            return self.metainfo.size_bytes
        return sum(
            span.length
            for piece, good in enumerate(self.have_pieces)
            if good
            for span in self.layout.piece_spans(piece)
            if span.file_index is not None
        )

    def bad_pieces(self, file_index: int) -> list[int]:
        """The pieces of a file that are missing or wrong."""
        return [piece for piece in self.layout.file_pieces(file_index) if not self.have_pieces[piece]]


def check(
    metainfo: Metainfo,
    folder: str | os.PathLike[str],
    *,
    executor: Executor | None = None,
    workers: int = 0,
    progress: Callable[[Progress], object] = lambda _: None,
) -> Checked:
    """Check the files below ``folder`` against a torrent.

    Blocks; call it in a thread. Missing, short and unreadable files are answers, not errors.

    Args:
        metainfo: The torrent, with its piece layers.
        folder: Where the torrent's files are: the folder that stands for its root, or, for a single-file
            torrent, the folder that holds the file.
        executor: Who hashes; threads of this process if not given.
        workers: How many; one for each processor if 0.
        progress: Called after each batch.
    """
    paths = [os.path.join(os.fspath(folder), *file.path) for file in metainfo.files]
    return check_files(metainfo, paths, executor=executor, workers=workers, progress=progress)


def check_files(
    metainfo: Metainfo,
    paths: Sequence[str],
    *,
    executor: Executor | None = None,
    workers: int = 0,
    progress: Callable[[Progress], object] = lambda _: None,
) -> Checked:
    """As :func:`check`, for files that may lie anywhere; ``paths`` has one for each of ``metainfo.files``."""
    layout = _layout(metainfo)
    found = tuple(_length(path) for path in paths)
    have = bytearray(layout.piece_count)
    if any(length > 0 for length in found):
        workers = workers or default_workers()
        wanted = _wanted(metainfo, layout, workers)
        source = LocalFiles(paths, [None] * len(paths), is_tolerant=True)
        judge = _Judge(metainfo, layout, have, progress)
        for result in (executor or Threads(choose_engine(), workers)).run(
            wanted.shape.batches(), wanted, source, Chains(wanted)
        ):
            judge.take(result)
    return Checked(metainfo, layout, bytes(have), found)


def _layout(metainfo: Metainfo) -> Layout:
    """The row of pieces; other programs' hybrids may end in padding, which their last v1 piece covers."""
    layout = Layout.of(metainfo)
    if checks_v2(metainfo):
        return layout
    return replace(layout, total=sum(entry.length for entry in metainfo.v1_entries))


def checks_v2(metainfo: Metainfo) -> bool:
    """Whether the v2 hashes are what is checked: where there are any, with all piece layers."""
    if metainfo.format == "v1":
        return False
    complete = all(
        file.pieces_root in metainfo.piece_layers for file in metainfo.files if file.length > metainfo.piece_length
    )
    return complete or metainfo.format == "v2"


def _length(path: str) -> int:
    try:
        status = os.stat(path)
    except OSError:
        return -1
    return status.st_size if stat.S_ISREG(status.st_mode) else -1


def _wanted(metainfo: Metainfo, layout: Layout, workers: int) -> Wanted:
    v2 = checks_v2(metainfo)
    window = window_for(metainfo.piece_length, workers=workers, v1=not v2)
    shape = Shape(layout, aligned=metainfo.format != "v1", packed=v2, window=window)
    return Wanted(shape, v1=not v2, v2=v2, tolerant=True)


class _Judge:
    """Compares what was hashed with what the torrent says."""

    def __init__(
        self, metainfo: Metainfo, layout: Layout, have: bytearray, progress: Callable[[Progress], object]
    ) -> None:
        self._v1 = not checks_v2(metainfo)
        self._expected = metainfo.pieces if self._v1 else _expected_layer(metainfo, layout)
        self._have = have
        self._progress = progress
        self._done = Progress(0, metainfo.size_bytes, 0, len(metainfo.files))

    def take(self, result: BatchResult) -> None:
        """Mark the good pieces of a batch."""
        got, size = (result.pieces, V1_LENGTH) if self._v1 else (result.layer, HASH_LENGTH)
        first = result.first_piece
        for number in range(len(got) // size):
            at, place = number * size, (first + number) * size
            if got[at : at + size] == self._expected[place : place + size] and number not in result.missing:
                self._have[first + number] = 1
        self._done = self._done.plus(result)
        self._progress(self._done)


def _expected_layer(metainfo: Metainfo, layout: Layout) -> bytes:
    """One hash a piece, in the order of the row, from roots and piece layers."""
    row = bytearray(layout.piece_count * HASH_LENGTH)
    for index, file in enumerate(metainfo.files):
        pieces = layout.file_pieces(index)
        if file.pieces_root is None or not pieces:
            continue
        layer = file.pieces_root if len(pieces) == 1 else metainfo.piece_layers.get(file.pieces_root, b"")
        row[pieces.start * HASH_LENGTH : pieces.start * HASH_LENGTH + len(layer)] = layer
    return bytes(row)
