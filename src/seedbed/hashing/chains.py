# SPDX-License-Identifier: Apache-2.0
"""Whole-file digests of files longer than a batch.

SHA-256 and MD5 of one file are a chain: each byte waits for the one before. Batches of a file are hashed by
several threads, so each thread, when its own hashes are done, waits until the chain has come to its batch and
moves it on. While one thread is in the chain the others work on later batches; nobody reads a byte twice.
"""

from __future__ import annotations

import hashlib
import threading
from typing import TYPE_CHECKING

from seedbed.errors import SeedbedError

if TYPE_CHECKING:
    from hashlib import _Hash

    from seedbed.hashing.batch import Wanted
    from seedbed.hashing.plan import Segment


class Chains:
    """The chains of one job; shared by its threads."""

    def __init__(self, wanted: Wanted) -> None:
        self._wanted = wanted
        self._lock = threading.Lock()
        self._links: dict[int, tuple[_Link | None, _Link | None]] = {}
        self._stopped = False

    def feed(self, segment: Segment, view: memoryview) -> None:
        """See :class:`seedbed.hashing.batch.Chain`."""
        with self._lock:
            if self._stopped:
                raise StoppedError("stopped")
            links = self._links.setdefault(segment.file_index, self._new_links(segment.file_index))
        for link in links:
            if link:
                link.update(segment.start, view)

    def digests(self) -> dict[int, tuple[bytes, bytes]]:
        """File index -> (SHA-256, MD5); empty where not wanted."""
        return {index: (_digest(sha256), _digest(md5)) for index, (sha256, md5) in self._links.items()}

    def stop(self) -> None:
        """Wake everybody who waits for a batch that will not come."""
        with self._lock:
            self._stopped = True
            links = [link for pair in self._links.values() for link in pair if link]
        for link in links:
            link.stop()

    def _new_links(self, file_index: int) -> tuple[_Link | None, _Link | None]:
        sha256, md5 = self._wanted.whole_file(self._wanted.shape.layout.lengths[file_index])
        return (
            _Link(hashlib.sha256()) if sha256 else None,
            _Link(hashlib.md5(usedforsecurity=False)) if md5 else None,
        )


class StoppedError(SeedbedError):
    """Another thread failed; what it met is the error that counts."""


class _Link:
    def __init__(self, digest: _Hash) -> None:
        self.digest = digest
        self._turn = threading.Condition()
        self._position = 0
        self._stopped = False

    def update(self, start: int, view: memoryview) -> None:
        with self._turn:
            self._turn.wait_for(lambda: self._stopped or self._position == start)
            if self._stopped:
                raise StoppedError("stopped")
        self.digest.update(view)
        with self._turn:
            self._position += len(view)
            self._turn.notify_all()

    def stop(self) -> None:
        with self._turn:
            self._stopped = True
            self._turn.notify_all()


def _digest(link: _Link | None) -> bytes:
    return link.digest.digest() if link else b""
