# SPDX-License-Identifier: Apache-2.0
"""The engine that is always there: ``hashlib``, one message after the other.

hashlib lets other threads run while it hashes more than 2,047 bytes, so threads use all cores.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seedbed.hashing.base import Algorithm
    from seedbed.hashing.memory import Memory

_CONSTRUCTORS = {"sha1": hashlib.sha1, "sha256": hashlib.sha256}


class HashlibHasher:
    """One thread's hasher; it has no state of its own."""

    __slots__ = ()
    prefers_streams = True

    def even_digests(self, algorithm: Algorithm, memory: Memory, start: int, count: int, length: int) -> bytes:
        """See :class:`seedbed.hashing.base.Hasher`."""
        new, view, stop = _CONSTRUCTORS[algorithm], memory.view, start + count * length
        return b"".join([new(view[at : at + length]).digest() for at in range(start, stop, length)])

    def digests(self, algorithm: Algorithm, memory: Memory, starts: Sequence[int], lengths: Sequence[int]) -> bytes:
        """See :class:`seedbed.hashing.base.Hasher`."""
        new, view = _CONSTRUCTORS[algorithm], memory.view
        return b"".join(
            [new(view[start : start + length]).digest() for start, length in zip(starts, lengths, strict=True)]
        )


@dataclass(frozen=True, slots=True)
class HashlibEngine:
    """See the module's text."""

    name: str = "hashlib"

    def hasher(self) -> HashlibHasher:
        """A hasher for the calling thread."""
        return HashlibHasher()
