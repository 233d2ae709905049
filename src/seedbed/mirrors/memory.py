# SPDX-License-Identifier: Apache-2.0
"""A mirror in this process's memory, for tests and for trying things out (``memory:``)."""

from __future__ import annotations

import hashlib
import threading
from typing import TYPE_CHECKING

from seedbed.errors import NotFoundError
from seedbed.mirrors.base import Checksum, Stored, Traits, check_key, failure, taken

if TYPE_CHECKING:
    from collections.abc import Iterator

    from seedbed.mirrors.content import Stream


class MemoryMirror:
    """See :class:`seedbed.mirrors.base.Mirror`."""

    name = "memory:"
    traits = Traits(is_writable=True, is_immutable=True, checksum=Checksum.SHA256)

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.files: dict[str, bytes] = {}
        """By key; a test may change them to make a mirror that lies."""

    def find(self, key: str) -> Stored | None:
        """What is kept under a key."""
        check_key(key)
        data = self.files.get(key)
        return None if data is None else _stored(key, data)

    def read(self, key: str, *, start: int, stop: int) -> bytes:
        """A part of a file."""
        check_key(key)
        if (data := self.files.get(key)) is None:
            raise NotFoundError(f"{self.name} {key}: there is no such file")
        if not 0 <= start <= stop <= len(data):
            raise failure(self.name, key, f"expected a part of {len(data):,} bytes, asked for {start:,} to {stop:,}")
        return data[start:stop]

    def list(self, *, prefix: str = "") -> Iterator[Stored]:
        """All files, by key."""
        with self._lock:
            found = sorted(item for item in self.files.items() if item[0].startswith(prefix))
        return (_stored(key, data) for key, data in found)

    def put(self, key: str, stream: Stream) -> Stored:
        """Keep a file."""
        check_key(key)
        data = b"".join(stream)
        with self._lock:
            if key in self.files:
                raise taken(self.name, key)
            self.files[key] = data
        return _stored(key, data)

    def remove(self, key: str) -> None:
        """Forget a file."""
        check_key(key)
        with self._lock:
            self.files.pop(key, None)

    def public_url(self, key: str) -> str:  # noqa: ARG002  # nobody else reaches this memory
        """None."""
        return ""

    def close(self) -> None:
        """Nothing is held open."""


def _stored(key: str, data: bytes) -> Stored:
    return Stored(key, len(data), hashlib.sha256(data).hexdigest())
