# SPDX-License-Identifier: Apache-2.0
"""Bodies that are on their way to a tracker: who may send one, and how much of them is kept at once (pure)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import asyncio

    from seedbed.tracker.http_door import Page

AT_ONCE_BYTES = 64 << 20
"""Of all bodies that are not whole yet: whoever sends and never ends fills no more memory than this."""
OF_ONE = 4
"""Bodies of one address at a time."""
PROGRESS_BYTES = 65_536
"""A body that grew by this is no silence."""


class Posts(Protocol):
    """Takes what is posted."""

    def limit_bytes(self, path: str) -> int:
        """Bytes that may be posted to a path; 0 where nothing is."""
        ...

    def posted(self, path: str, body: bytes, ip: bytes, /) -> Page | asyncio.Future[Page]:
        """The answer, or what will be it."""
        ...


class Body:
    """One that is on its way.

    Args:
        path: Where to.
        ip: From where, packed.
        size_bytes: Of all of it, as the head says.
    """

    __slots__ = ("_since", "got_bytes", "ip", "parts", "path", "size_bytes")

    def __init__(self, path: str, ip: bytes, size_bytes: int) -> None:
        self.path, self.ip, self.size_bytes = path, ip, size_bytes
        self.parts: list[bytes] = []
        self.got_bytes = self._since = 0

    def take(self, data: bytes) -> int:
        """Add what belongs to it; returns how much that was."""
        taken = data[: self.size_bytes - self.got_bytes]
        self.parts.append(taken)
        self.got_bytes += len(taken)
        self._since += len(taken)
        return len(taken)

    @property
    def is_whole(self) -> bool:
        """Whether nothing is missing."""
        return self.got_bytes == self.size_bytes

    def has_grown(self) -> bool:
        """Whether enough has come since the last time that this was so."""
        has = self._since >= PROGRESS_BYTES
        if has:
            self._since = 0
        return has


class Bodies:
    """All of a door."""

    def __init__(self) -> None:
        self._of_one: dict[bytes, int] = {}
        self._bytes = 0

    def begin(self, ip: bytes) -> bool:
        """Whether an address may send one more; if so, it does."""
        if self._of_one.get(ip, 0) >= OF_ONE or self._bytes >= AT_ONCE_BYTES:
            return False
        self._of_one[ip] = self._of_one.get(ip, 0) + 1
        return True

    def came(self, size_bytes: int) -> bool:
        """Note what came; whether there is room for more."""
        self._bytes += size_bytes
        return self._bytes <= AT_ONCE_BYTES

    def end(self, body: Body) -> None:
        """It is whole, or its client is gone."""
        self._bytes -= body.got_bytes
        left = self._of_one[body.ip] - 1
        if left:
            self._of_one[body.ip] = left
        else:
            del self._of_one[body.ip]
