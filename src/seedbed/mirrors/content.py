# SPDX-License-Identifier: Apache-2.0
"""Bytes on their way to a mirror: read once, hashed as they go, and stopped when they are not what was hashed before.

A file may change between hashing and upload. The last part of a stream is given out only when everything before it and
the part itself fit the SHA-256 that the file is published under; so a back-end that completes a file only after the
last part never completes a wrong one. Nor need that SHA-256 be known before: a push may begin while a file is hashed.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
from concurrent.futures import CancelledError, Future
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING, Protocol, runtime_checkable

from seedbed.errors import FileChangedError, StateError, UnsuitableFileError
from seedbed.mirrors.base import Checksum

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

_MIN_PART_BYTES = 8 << 20
_MAX_PARTS = 9_000
"""S3 takes 10,000 parts of at least 5 MiB (Amazon S3 User Guide, *multipart upload limits*)."""

_POLL_S = 0.1
"""How soon a push that waits for a hash notices that it is to end."""


class Content(Protocol):
    """Bytes that can be read as often as needed, and the hash they are published under."""

    @property
    def name(self) -> str:
        """For messages."""
        ...

    @property
    def size_bytes(self) -> int:
        """How many."""
        ...

    @property
    def sha256(self) -> str:
        """In hex."""
        ...

    def open(self) -> AbstractContextManager[IO[bytes]]:
        """Read from the beginning.

        Raises:
            UnsuitableFileError: they cannot be read.
        """
        ...


@dataclass(frozen=True, slots=True)
class FileContent:
    """A file on this machine; size and hash as they were when it was hashed for publishing."""

    path: Path
    size_bytes: int
    sha256: str

    @property
    def name(self) -> str:
        """The path."""
        return str(self.path)

    @contextlib.contextmanager
    def open(self) -> Iterator[IO[bytes]]:
        """Read from the beginning.

        Raises:
            UnsuitableFileError: the system does not let us.
        """
        try:
            with self.path.open("rb", buffering=0) as file:
                yield file
        except OSError as error:
            raise UnsuitableFileError(f"{self.path}: it cannot be read: {error.strerror}") from error


@runtime_checkable
class HashedMeanwhile(Protocol):
    """A content that is hashed while it is sent already: a stream waits before it gives out the last part."""

    def is_hashed(self, *, wait_s: float) -> bool:
        """Whether the hashing has ended, well or not, within a time."""
        ...


def sha256_of(digest: Future[str], name: str) -> str:
    """A SHA-256 that somebody else is making, once it is known.

    Args:
        digest: In hex. Whoever hashes must end it, also when that failed.
        name: Of the content, for messages.

    Raises:
        StateError: the hashing was given up.
        SeedbedError: the hashing failed; its own error.
    """
    try:
        return digest.result()
    except CancelledError:
        raise StateError(f"{name}: it was not hashed to its end, so it was not kept") from None


def is_over(digest: Future[str], *, wait_s: float) -> bool:
    """See :meth:`HashedMeanwhile.is_hashed`."""
    try:
        digest.exception(timeout=wait_s)
    except (CancelledError, TimeoutError):
        return digest.done()
    return True


@dataclass(frozen=True, slots=True)
class BytesContent:
    """A small file that is only in memory: a torrent, a descriptor."""

    name: str
    data: bytes = field(repr=False)

    @property
    def size_bytes(self) -> int:
        """How many."""
        return len(self.data)

    @property
    def sha256(self) -> str:
        """In hex."""
        return hashlib.sha256(self.data).hexdigest()

    def open(self) -> IO[bytes]:
        """Read from the beginning."""
        return io.BytesIO(self.data)


def part_bytes_for(size_bytes: int) -> int:
    """Bytes of one part of a file: the same for the same size, so that part checksums can be told beforehand."""
    mebibytes = -(-size_bytes // (_MAX_PARTS << 20))
    return max(_MIN_PART_BYTES, mebibytes << 20)


def s3_etag(part_md5s: Sequence[bytes]) -> str:
    """What an S3 store calls a file, from the MD5s of its parts (see :attr:`Checksum.S3_ETAG`)."""
    if len(part_md5s) <= 1:
        return (part_md5s or [hashlib.md5(b"", usedforsecurity=False).digest()])[0].hex()
    return f"{hashlib.md5(b''.join(part_md5s), usedforsecurity=False).hexdigest()}-{len(part_md5s)}"


@dataclass(slots=True)
class Stream:
    """The parts of a content in order, hashed as they are given out. Each iteration starts from the beginning."""

    content: Content
    kind: Checksum = Checksum.NONE
    """What the mirror will tell of the bytes; made here too, on the way."""
    told: Callable[[int], object] = lambda _: None
    """Progress: told the bytes of each part when it is given out; a new attempt takes them back by a negative."""
    check: Callable[[], object] = lambda: None
    """Asked now and then by a back-end that takes long over a part: raises when the push is to end."""
    checksum: str = field(default="", init=False)
    """Of ``kind``, once the last part was given out."""
    _given_bytes: int = field(default=0, init=False)

    @property
    def part_bytes(self) -> int:
        """Bytes of each part but the last."""
        return part_bytes_for(self.content.size_bytes)

    @property
    def size_bytes(self) -> int:
        """Of the whole."""
        return self.content.size_bytes

    def __iter__(self) -> Iterator[bytes]:
        return self._parts(_Hashes(self.kind))

    def bare_parts(self) -> Iterator[bytes]:
        """The same without ``checksum``, for a back-end that makes that itself, from several parts at once."""
        return self._parts(_Hashes(Checksum.NONE))

    def _parts(self, hashes: _Hashes) -> Iterator[bytes]:
        if self._given_bytes:
            self.told(-self._given_bytes)
        self.checksum, self._given_bytes = "", 0
        with self.content.open() as file:
            while self._given_bytes < self.size_bytes:
                part = self._next_part(file)
                hashes.add(part)
                is_last = self._given_bytes + len(part) == self.size_bytes
                if is_last:
                    self._prove(hashes, file)
                self.told(len(part))
                self._given_bytes += len(part)
                yield part
            if not self.size_bytes:
                self._prove(hashes, file)

    def _next_part(self, file: IO[bytes]) -> bytes:
        wanted = min(self.part_bytes, self.size_bytes - self._given_bytes)
        part = file.read(wanted)  # almost always all of it: no copy is made then
        while len(part) < wanted and (more := file.read(wanted - len(part))):
            part += more
        if len(part) < wanted:
            raise self._changed(f"expected {self.size_bytes:,} bytes, got {self._given_bytes + len(part):,}")
        return part

    def _prove(self, hashes: _Hashes, file: IO[bytes]) -> None:
        if file.read(1):
            raise self._changed(f"expected {self.size_bytes:,} bytes, got more")
        while isinstance(self.content, HashedMeanwhile) and not self.content.is_hashed(wait_s=_POLL_S):
            self.check()
        got = hashes.sha256.hexdigest()
        if got != self.content.sha256:
            raise self._changed(f"expected SHA-256 {self.content.sha256}, got {got}")
        self.checksum = hashes.checksum()

    def _changed(self, what: str) -> FileChangedError:
        return FileChangedError(
            f"{self.content.name}: it changed after it was hashed: {what}",
            hint="Nothing of it was kept on the mirror. Start again when it holds still.",
        )


class _Hashes:
    """SHA-256 for us, and whatever the mirror tells."""

    def __init__(self, kind: Checksum) -> None:
        self.sha256 = hashlib.sha256()
        self._kind = kind
        self._md5 = hashlib.md5(usedforsecurity=False) if kind is Checksum.MD5 else None
        self._part_md5s: list[bytes] = []

    def add(self, part: bytes) -> None:
        self.sha256.update(part)
        if self._md5 is not None:
            self._md5.update(part)
        if self._kind is Checksum.S3_ETAG:
            self._part_md5s.append(hashlib.md5(part, usedforsecurity=False).digest())

    def checksum(self) -> str:
        if self._kind is Checksum.SHA256:
            return self.sha256.hexdigest()
        if self._md5 is not None:
            return self._md5.hexdigest()
        return s3_etag(self._part_md5s) if self._kind is Checksum.S3_ETAG else ""
