# SPDX-License-Identifier: Apache-2.0
"""Reading and hashing one batch: every hash that is wanted, from one pass over the bytes.

Leaves are hashed right after their chunk was read, while it is in the processor's cache; pieces and whole small
files once the batch is complete, side by side.
"""

from __future__ import annotations

import ctypes
import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, Self

from seedbed.core.merkle import HASH_LENGTH, block_count
from seedbed.errors import FileChangedError
from seedbed.hashing.memory import Memory
from seedbed.hashing.parts import Leaves, Padding, PieceStream
from seedbed.hashing.trees import roots, tree_width

if TYPE_CHECKING:
    from seedbed.hashing.base import Hasher
    from seedbed.hashing.plan import Batch, Segment, Shape

CHUNK_BYTES = 2 << 20
"""Read at a time: one burst of the longest kind, so that Python has little to do."""
STREAM_CHUNK_BYTES = 512 << 10
"""The same for hashers that take it piece by piece: both hashes then find it in a second-level cache of 1 MiB."""
FEW_PIECES = 5
"""With room for fewer pieces the lanes would be so empty that hashing piece by piece is as fast, and spares them."""


class Reader(Protocol):
    """Where bytes come from, for one thread: local files, or an object behind a URL."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *failure: object) -> None: ...

    def read_into(self, file_index: int, start: int, view: memoryview) -> int:
        """Fill ``view`` from offset ``start`` of a file; returns the bytes read, fewer only where it ends."""
        ...

    def finish(self) -> None:
        """Make sure that what was read is what was listed."""
        ...


class Source(Protocol):
    """The files of a dataset, by index."""

    @property
    def is_sequential(self) -> bool:
        """Whether bytes can only be had in the order of the row."""
        ...

    @property
    def chunk_bytes(self) -> int:
        """How much to read at a time: as much as a request is worth; 0 for what suits the hasher."""
        ...

    def reader(self) -> Reader:
        """A reader for the calling thread."""
        ...


class Chain(Protocol):
    """Whole-file digests of files that do not fit into one batch."""

    def feed(self, segment: Segment, view: memoryview) -> None:
        """Take the segment's bytes, after those that stand before it in the file."""
        ...


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which hashes to make."""

    shape: Shape
    v1: bool
    v2: bool
    sha256_up_to: int = 0
    """Whole-file SHA-256 of files of at most so many bytes; 0 for none."""
    md5: bool = False
    """Whole-file MD5 of all files."""
    tolerant: bool = False
    """Missing bytes are noted instead of raised (checking)."""

    def whole_file(self, file_length: int) -> tuple[bool, bool]:
        """Whether a file's SHA-256 and MD5 are wanted."""
        return 0 < file_length <= self.sha256_up_to, self.md5 and file_length > 0


@dataclass(frozen=True, slots=True)
class BatchResult:
    """The hashes of a batch."""

    first_piece: int
    pieces: bytes = b""
    """v1: 20 bytes a piece."""
    layer: bytes = b""
    """v2: 32 bytes a piece; of a file of at most one piece, its pieces root."""
    digests: tuple[tuple[int, bytes, bytes], ...] = ()
    """(file index, SHA-256, MD5) of files that are whole in this batch; empty where not wanted."""
    bytes_done: int = 0
    """Bytes of files, padding not counted."""
    files_done: int = 0
    """Files whose last byte is in this batch."""
    missing: frozenset[int] = field(default_factory=frozenset)
    """Pieces, counted from ``first_piece``, that miss bytes (only where tolerated)."""


class Bench:
    """One thread's place of work: its reader, its hasher, its memory."""

    def __init__(
        self,
        wanted: Wanted,
        reader: Reader,
        hasher: Hasher,
        *,
        chain: Chain | None = None,
        chunk_bytes: int = 0,
    ) -> None:
        self._piece_length = wanted.shape.layout.piece_length
        few = wanted.v1 and wanted.shape.window < FEW_PIECES * self._piece_length
        streams = hasher.prefers_streams or few
        self._chunk_bytes = chunk_bytes or (STREAM_CHUNK_BYTES if streams else CHUNK_BYTES)
        self.memory = Memory(wanted.shape.window)
        self._wanted = wanted
        self._reader = reader
        self._hasher = hasher
        self._chain = chain
        self._padding = Padding(self.memory, self._piece_length) if wanted.shape.needs_zeros else None
        self._stream = PieceStream(self.memory, self._piece_length, is_used=wanted.v1 and streams)
        self._leaves = Leaves(hasher, self.memory)
        self._missing: set[int] = set()
        self._bytes_read = 0

    def load(self, batch: Batch) -> None:
        """Read a batch into memory and hash its leaves.

        Raises:
            FileChangedError: a file is shorter than it was, or changed.
            UnsuitableFileError: a file cannot be read.
        """
        self._missing.clear()
        self._leaves.clear()
        self._stream.begin(batch.length)
        self._bytes_read = free = 0
        for segment in batch.segments:
            self._pad(free, segment.at)
            self._load(segment)
            free = segment.at + segment.length
        self._pad(free, batch.length)
        self._reader.finish()
        if self._wanted.v2:
            self._leaves.flush()

    def finish(self, batch: Batch) -> BatchResult:
        """Hash what was loaded."""
        lengths = self._wanted.shape.layout.lengths
        ended = sum(part.start + part.length == lengths[part.file_index] for part in batch.segments)
        size = sum(part.length for part in batch.segments)
        if batch.segments and not self._bytes_read:
            missing = frozenset(range(batch.piece_count))
            return BatchResult(batch.first_piece, bytes_done=size, files_done=ended, missing=missing)
        return BatchResult(
            batch.first_piece,
            self._pieces(batch) if self._wanted.v1 else b"",
            self._layer(batch) if self._wanted.v2 else b"",
            tuple(self._whole_files(batch)),
            size,
            ended,
            frozenset(self._missing),
        )

    def _load(self, segment: Segment) -> None:
        at, offset = segment.at, segment.start
        stop = at + segment.length
        while at < stop:
            part = min(self._chunk_bytes, stop - at)
            got = self._reader.read_into(segment.file_index, offset, self.memory.view[at : at + part])
            self._bytes_read += got
            if got < part:
                self._miss(segment, at + got)
            if self._wanted.v2:
                self._leaves.add(at, part)
            at += part
            offset += part
            if self._stream.is_used:
                self._stream.advance(at)
        if self._padding:
            self._padding.mark(segment.at, stop)

    def _pad(self, start: int, stop: int) -> None:
        """Zeros between files, where they have a place in memory."""
        if self._padding and start < stop:
            self._padding.zero(start, stop)
            self._stream.advance(stop)

    def _miss(self, segment: Segment, at: int) -> None:
        """The file ends at ``at``: an error, or pieces that are not there."""
        if not self._wanted.tolerant:
            raise FileChangedError(
                f"file {segment.file_index}: it became shorter while it was read", file_index=segment.file_index
            )
        stop = segment.at + segment.length
        ctypes.memset(self.memory.address + at, 0, stop - at)
        skipped = (at - segment.at) if self._wanted.shape.packed else at - segment.piece * self._piece_length
        first = segment.piece + skipped // self._piece_length
        span = segment.length if self._wanted.shape.packed else stop - segment.piece * self._piece_length
        self._missing.update(range(first, segment.piece + -(-span // self._piece_length)))

    def _pieces(self, batch: Batch) -> bytes:
        if self._stream.is_used:
            return self._stream.digests()
        whole, rest = divmod(batch.length, self._piece_length)
        digests = self._hasher.even_digests("sha1", self.memory, 0, whole, self._piece_length)
        if rest:
            digests += self._hasher.digests("sha1", self.memory, [batch.length - rest], [rest])
        return digests

    def _layer(self, batch: Batch) -> bytes:
        """One hash a piece, in the order of the pieces."""
        lengths, found = self._wanted.shape.layout.lengths, self._leaves.found
        leaves, widths, at = [], [], 0
        for segment in batch.segments:
            stop = at + block_count(segment.length) * HASH_LENGTH
            leaves.append(bytes(found[at:stop]))
            widths.append(tree_width(lengths[segment.file_index], self._piece_length))
            at = stop
        return b"".join(roots(self._hasher, leaves, widths))

    def _whole_files(self, batch: Batch) -> list[tuple[int, bytes, bytes]]:
        """Digests of files that begin and end here; parts of longer ones go to the chain."""
        lengths, whole = self._wanted.shape.layout.lengths, []
        if not (self._wanted.sha256_up_to or self._wanted.md5):
            return []
        for segment in batch.segments:
            if not any(self._wanted.whole_file(lengths[segment.file_index])):
                continue
            if segment.length == lengths[segment.file_index]:
                whole.append(segment)
            elif self._chain:
                self._chain.feed(segment, self.memory.view[segment.at : segment.at + segment.length])
        return self._digests_of(whole)

    def _digests_of(self, whole: list[Segment]) -> list[tuple[int, bytes, bytes]]:
        view = self.memory.view
        small = [part for part in whole if self._wanted.whole_file(part.length)[0]]
        found = self._hasher.digests("sha256", self.memory, [p.at for p in small], [p.length for p in small])
        sha256 = {part.file_index: found[n * 32 : n * 32 + 32] for n, part in enumerate(small)}
        rows = []
        for part in whole:
            data = view[part.at : part.at + part.length]
            md5 = hashlib.md5(data, usedforsecurity=False).digest() if self._wanted.md5 else b""
            rows.append((part.file_index, sha256.get(part.file_index, b""), md5))
        return rows
