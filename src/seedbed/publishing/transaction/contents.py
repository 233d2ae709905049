# SPDX-License-Identifier: Apache-2.0
"""A dataset's files as they are sent to mirrors: read from wherever they are, and sent while they are still hashed.

A stream to a mirror asks for a file's SHA-256 when its last part is due, and waits for it. So pushing may begin before
hashing has ended, and still nothing becomes a file on a mirror that is not what was hashed.
"""

from __future__ import annotations

import contextlib
import hashlib
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING, cast

from seedbed.errors import SourceError
from seedbed.mirrors.content import is_over, sha256_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from seedbed.creating.dataset import Dataset
    from seedbed.hashing.batch import Reader, Source
    from seedbed.hashing.job import Hashes
    from seedbed.mirrors.deposits import Deposit


class Digests:
    """SHA-256 of each file of a dataset, as they become known."""

    def __init__(self, dataset: Dataset) -> None:
        self._each: list[Future[str]] = [Future() for _ in dataset.items]
        for index, item in enumerate(dataset.items):
            if not item.length:
                self.tell(index, hashlib.sha256(b"").digest())

    def __getitem__(self, index: int) -> Future[str]:
        return self._each[index]

    def tell(self, index: int, sha256: bytes) -> None:
        """A file's digest is known; from the hashing thread."""
        if sha256 and not self._each[index].done():
            self._each[index].set_result(sha256.hex())

    def tell_all(self, hashes: Hashes) -> None:
        """All are known."""
        for index, (sha256, _) in hashes.digests.items():
            self.tell(index, sha256)
        self.fail()

    def fail(self) -> None:
        """Those that are not known will never be: whoever waits for one ends."""
        for one in self._each:
            if not one.done():
                one.set_exception(SourceError("it was stopped, because hashing ended before this file"))


@dataclass(frozen=True, slots=True)
class SourceContent:
    """A :class:`seedbed.mirrors.content.Content`: one file of a dataset, here or behind a URL."""

    name: str
    size_bytes: int
    source: Source
    index: int
    digest: Future[str] = field(repr=False)

    @property
    def sha256(self) -> str:
        """In hex; waits until it is known.

        Raises:
            SourceError: it will never be.
        """
        return sha256_of(self.digest, self.name)

    def is_hashed(self, *, wait_s: float) -> bool:
        """Whether the hashing has ended, well or not, within a time."""
        return is_over(self.digest, wait_s=wait_s)

    @contextlib.contextmanager
    def open(self) -> Iterator[IO[bytes]]:
        """Read from the beginning.

        Raises:
            FileChangedError: the file is not the one that was listed.
            UnsuitableFileError: it cannot be read.
            SourceError: it does not come.
        """
        with self.source.reader() as reader:
            yield cast("IO[bytes]", _Reading(reader, self.index, self.size_bytes))


class _Reading:
    """As much of a file as a stream asks of one."""

    def __init__(self, reader: Reader, index: int, size_bytes: int) -> None:
        self._reader = reader
        self._index = index
        self._left = size_bytes
        self._at = 0

    def read(self, count: int) -> bytes:
        """The next bytes; fewer at the end. Growth is the reader's to notice."""
        view = memoryview(bytearray(min(count, self._left)))
        return bytes(view[: self.readinto(view)])

    def readinto(self, view: memoryview) -> int:
        """Fill a buffer; returns how much of it."""
        view = view[: self._left]
        got = self._reader.read_into(self._index, self._at, view) if view else 0
        self._at += got
        self._left -= got
        return got


def contents(dataset: Dataset, deposit: Deposit, digests: Digests) -> dict[str, SourceContent]:
    """A dataset's files under the names that a deposit gives them.

    Args:
        dataset: The files.
        deposit: Where they go.
        digests: What will be known of them.
    """
    found = {}
    for index, item in enumerate(dataset.items):
        parts: Sequence[str] = (dataset.name,) if dataset.is_single_file else (dataset.name, *item.path)
        name = "/".join(item.path)
        found[deposit.key(parts)] = SourceContent(name, item.length, dataset.source, index, digests[index])
    return found
