# SPDX-License-Identifier: Apache-2.0
"""A whole dataset's hashes: batches go out to an executor, results come back and are put in their places."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Protocol

from seedbed.core.ids import V1_LENGTH
from seedbed.core.merkle import HASH_LENGTH
from seedbed.hashing.chains import Chains
from seedbed.hashing.threads import default_workers, hash_in_threads

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from seedbed.hashing.base import Engine
    from seedbed.hashing.batch import BatchResult, Source, Wanted
    from seedbed.hashing.plan import Batch

LANES = 16
"""Pieces that the widest kernels hash side by side."""
MIN_WINDOW_BYTES = 8 << 20
FULL_WINDOW_BYTES = 16 << 20
"""Memory of a batch when a torrent is made: 16 pieces of 1 MiB, 64 small files at 256 KiB, or a file as a whole."""
MEMORY_BYTES = 128 << 20
"""All batches together; pieces of 4 MiB and more get fewer lanes rather than more memory."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the work is."""

    bytes_done: int
    bytes_total: int
    files_done: int
    files_total: int

    def plus(self, result: BatchResult) -> Progress:
        """After one more batch."""
        return replace(
            self, bytes_done=self.bytes_done + result.bytes_done, files_done=self.files_done + result.files_done
        )


@dataclass(frozen=True, slots=True)
class Hashes:
    """All hashes of a dataset."""

    pieces: bytes
    """v1: 20 bytes a piece; empty where not wanted."""
    layer: bytes
    """v2: 32 bytes a piece, in the order of the row; of a file of at most one piece, its pieces root."""
    digests: Mapping[int, tuple[bytes, bytes]]
    """File index -> (SHA-256, MD5) of the whole file; empty where not wanted."""


class Executor(Protocol):
    """Who hashes batches: threads here, or a cluster."""

    def run(self, batches: Iterable[Batch], wanted: Wanted, source: Source, chains: Chains) -> Iterator[BatchResult]:
        """Hash all batches; results come in any order."""
        ...


class Journal(Protocol):
    """Results that an earlier, interrupted run left behind."""

    def known(self, batch: Batch) -> BatchResult | None:
        """What is known of a batch whose files have not changed."""
        ...

    def record(self, batch: Batch, result: BatchResult) -> None:
        """Keep a result."""
        ...


@dataclass(frozen=True, slots=True)
class Threads:
    """Threads of this process."""

    engine: Engine
    workers: int = field(default_factory=default_workers)

    def run(self, batches: Iterable[Batch], wanted: Wanted, source: Source, chains: Chains) -> Iterator[BatchResult]:
        """See :class:`Executor`."""
        return hash_in_threads(batches, wanted, source, engine=self.engine, chains=chains, workers=self.workers)


def window_for(piece_length: int, *, workers: int, v1: bool, at_least: int = MIN_WINDOW_BYTES) -> int:
    """Memory of a batch in bytes, a multiple of the piece length.

    Args:
        piece_length: Bytes.
        workers: How many batches are in memory at once.
        v1: Whether pieces are hashed, which needs many of them side by side.
        at_least: Bytes wished for other reasons: room for whole files.
    """
    wish = max(LANES * piece_length if v1 else 0, at_least)
    share = min(wish, max(MEMORY_BYTES // workers, MIN_WINDOW_BYTES))
    return max(share // piece_length, 1) * piece_length


def hash_dataset(
    wanted: Wanted,
    source: Source,
    executor: Executor,
    *,
    journal: Journal | None = None,
    progress: Callable[[Progress], object] = lambda _: None,
    told: Callable[[int, bytes], object] = lambda _index, _sha256: None,
) -> Hashes:
    """Make all wanted hashes of a dataset.

    Args:
        wanted: Which.
        source: The files.
        executor: Who does the work.
        journal: Results of an earlier run, and where to keep those of this one.
        progress: Called after each batch.
        told: Called with a file's index and its SHA-256 as soon as that is known; not for files of several batches.

    Raises:
        FileChangedError: a file changed meanwhile.
        UnsuitableFileError: a file cannot be read.
    """
    gathering = _Gathering(wanted, journal, progress, told)
    chains = Chains(wanted)
    for result in executor.run(gathering.unknown_batches(), wanted, source, chains):
        gathering.take(result)
    return gathering.hashes(chains.digests())


class _Gathering:
    """Puts results in their places: new ones for the caller's thread, known ones for whoever asks for work."""

    def __init__(
        self,
        wanted: Wanted,
        journal: Journal | None,
        progress: Callable[[Progress], object],
        told: Callable[[int, bytes], object],
    ) -> None:
        self._wanted = wanted
        self._told = told
        self._journal = journal
        self._progress = progress
        layout = wanted.shape.layout
        self._pieces = bytearray(layout.piece_count * V1_LENGTH if wanted.v1 else 0)
        self._layer = bytearray(layout.piece_count * HASH_LENGTH if wanted.v2 else 0)
        self._digests: dict[int, tuple[bytes, bytes]] = {}
        self._given_out: dict[int, Batch] = {}
        self._counting = threading.Lock()
        self._done = Progress(0, sum(layout.lengths), 0, sum(length > 0 for length in layout.lengths))

    def unknown_batches(self) -> Iterator[Batch]:
        """The batches that need work; known ones are filed away."""
        for batch in self._wanted.shape.batches():
            known = self._journal.known(batch) if self._journal else None
            if known:
                self._file(known)
                continue
            if self._journal:
                self._given_out[batch.first_piece] = batch
            yield batch

    def take(self, result: BatchResult) -> None:
        """File a new result, record it, tell the person."""
        self._file(result)
        if self._journal:
            self._journal.record(self._given_out.pop(result.first_piece), result)
        self._progress(self._done)

    def hashes(self, chained: Mapping[int, tuple[bytes, bytes]]) -> Hashes:
        """Everything, once all batches are done."""
        return Hashes(bytes(self._pieces), bytes(self._layer), {**self._digests, **chained})

    def _file(self, result: BatchResult) -> None:
        _place(self._pieces, result.first_piece * V1_LENGTH, result.pieces)
        _place(self._layer, result.first_piece * HASH_LENGTH, result.layer)
        for index, sha256, md5 in result.digests:
            self._digests[index] = (sha256, md5)
            self._told(index, sha256)
        with self._counting:
            self._done = self._done.plus(result)


def _place(target: bytearray, at: int, part: bytes) -> None:
    target[at : at + len(part)] = part
