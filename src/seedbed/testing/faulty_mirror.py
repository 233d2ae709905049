# SPDX-License-Identifier: Apache-2.0
"""Mirrors that go wrong on purpose, around any mirror: for tests of whatever uses mirrors."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeVar

from seedbed.mirrors.base import Stored, failure
from seedbed.mirrors.content import BytesContent, Stream

if TYPE_CHECKING:
    from collections.abc import Iterator

    from seedbed.mirrors.base import Mirror, Traits

_Got = TypeVar("_Got")
When = Literal["before", "after"]
"""Whether the call is not made, or is made and its answer is lost."""


@dataclass(slots=True)
class FaultyMirror:
    """Fails at its Nth call and no other; each part of a file that is put counts as one.

    Args:
        inner: The mirror.
        fails_at: Number of the call, from 1; 0 never.
        when: See :data:`When`.
    """

    inner: Mirror
    fails_at: int = 0
    when: When = "before"
    calls: int = 0
    """Made so far."""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def name(self) -> str:
        """The inner mirror's."""
        return self.inner.name

    @property
    def traits(self) -> Traits:
        """The inner mirror's."""
        return self.inner.traits

    def find(self, key: str) -> Stored | None:
        """What is kept under a key."""
        is_cut = self._begin(key)
        return self._end(key, self.inner.find(key), is_cut=is_cut)

    def read(self, key: str, *, start: int, stop: int) -> bytes:
        """A part of a file."""
        is_cut = self._begin(key)
        return self._end(key, self.inner.read(key, start=start, stop=stop), is_cut=is_cut)

    def list(self, *, prefix: str = "") -> Iterator[Stored]:
        """All files, by key."""
        is_cut = self._begin(prefix)
        return self._end(prefix, self.inner.list(prefix=prefix), is_cut=is_cut)

    def put(self, key: str, stream: Stream) -> Stored:
        """Keep a file."""
        is_cut = self._begin(key)
        sent: list[int] = []

        def told(sent_bytes: int) -> None:
            if self._begin(key):
                raise self._fault(key)
            sent.append(sent_bytes)
            stream.told(sent_bytes)

        counted = Stream(stream.content, stream.kind, told, stream.check)
        try:
            stored = self.inner.put(key, counted)
        except Exception:
            stream.told(-sum(sent))
            raise
        stream.checksum = counted.checksum
        return self._end(key, stored, is_cut=is_cut)

    def remove(self, key: str) -> None:
        """Take a file back."""
        is_cut = self._begin(key)
        self.inner.remove(key)
        self._end(key, None, is_cut=is_cut)

    def public_url(self, key: str) -> str:
        """The inner mirror's."""
        return self.inner.public_url(key)

    def close(self) -> None:
        """Close the inner mirror."""
        self.inner.close()

    def _begin(self, key: str) -> bool:
        """Count; whether this call's answer will be lost."""
        with self._lock:
            self.calls += 1
            is_turn = self.calls == self.fails_at
        if is_turn and self.when == "before":
            raise self._fault(key)
        return is_turn

    def _end(self, key: str, got: _Got, *, is_cut: bool) -> _Got:
        if is_cut:
            raise self._fault(key)
        return got

    def _fault(self, key: str) -> Exception:
        return failure(self.name, key, f"cut at call {self.fails_at}, by a test", is_passing=True)


@dataclass(slots=True)
class CorruptingMirror:
    """Keeps other bytes of the same length than it is given, and is honest about their checksum."""

    inner: Mirror

    @property
    def name(self) -> str:
        """The inner mirror's."""
        return self.inner.name

    @property
    def traits(self) -> Traits:
        """The inner mirror's."""
        return self.inner.traits

    def find(self, key: str) -> Stored | None:
        """What is kept under a key."""
        return self.inner.find(key)

    def read(self, key: str, *, start: int, stop: int) -> bytes:
        """A part of a file."""
        return self.inner.read(key, start=start, stop=stop)

    def list(self, *, prefix: str = "") -> Iterator[Stored]:
        """All files, by key."""
        return self.inner.list(prefix=prefix)

    def put(self, key: str, stream: Stream) -> Stored:
        """Keep a file, with its last byte inverted."""
        data = bytearray(b"".join(stream))
        data[-1] ^= 0xFF
        return self.inner.put(key, Stream(BytesContent(key, bytes(data)), stream.kind))

    def remove(self, key: str) -> None:
        """Take a file back."""
        self.inner.remove(key)

    def public_url(self, key: str) -> str:
        """The inner mirror's."""
        return self.inner.public_url(key)

    def close(self) -> None:
        """Close the inner mirror."""
        self.inner.close()
