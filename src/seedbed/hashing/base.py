# SPDX-License-Identifier: Apache-2.0
"""The seam between the work of hashing and the two engines that do it.

A *message* is a run of bytes in a :class:`Memory`; engines hash many messages in one call, because a
processor can advance several independent messages at once but never one message faster than its chain.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Protocol, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seedbed.hashing.memory import Memory

Algorithm: TypeAlias = Literal["sha1", "sha256"]

DIGEST_LENGTHS: dict[Algorithm, int] = {"sha1": 20, "sha256": 32}
"""Bytes of a digest."""


class Hasher(Protocol):
    """Hashes for one thread; never shared."""

    @property
    def prefers_streams(self) -> bool:
        """Whether a piece is best hashed part by part as it is read, rather than beside other pieces."""
        ...

    def even_digests(self, algorithm: Algorithm, memory: Memory, start: int, count: int, length: int) -> bytes:
        """Hash ``count`` messages of ``length`` bytes that lie side by side from offset ``start``."""
        ...

    def digests(self, algorithm: Algorithm, memory: Memory, starts: Sequence[int], lengths: Sequence[int]) -> bytes:
        """Hash messages.

        Args:
            algorithm: Which hash.
            memory: Where the messages are.
            starts: Offset of each message in ``memory``.
            lengths: Bytes of each message, as many as ``starts``.

        Returns:
            The digests, one after the other, in the order of ``starts``.
        """
        ...


class Engine(Protocol):
    """A way of hashing that this machine offers."""

    @property
    def name(self) -> str:
        """``multi_buffer`` or ``hashlib``."""
        ...

    def hasher(self) -> Hasher:
        """A hasher for the calling thread."""
        ...
