# SPDX-License-Identifier: Apache-2.0
"""The tracker's HTTP: short questions, short answers, on connections that may stay.

Written by hand, on the level of bytes: an announce is two thirds of what a general server spends on one request.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from seedbed.tracker import addresses

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_HEAD_BYTES = 16_384
"""A scrape of 70 hashes, percent-encoded, has some 5,000."""
_END = b"\r\n\r\n"


class Page(NamedTuple):
    """An answer."""

    status: int
    media_type: str
    body: bytes


@dataclass(frozen=True, slots=True)
class HttpLimits:
    """What clients may take."""

    connections: int = 20_000
    idle_s: float = 20.0
    """From the first byte, or the last answer, to the end of a question: slow ones are cut (slow loris)."""
    trusted_proxies: frozenset[bytes] = frozenset()
    """Packed addresses whose ``X-Forwarded-For`` is believed."""


@dataclass(slots=True)
class HttpDoor:
    """Makes a protocol for each connection.

    Args:
        page: Called with path, query and the client's packed address.
        limits: What clients may take.
    """

    page: Callable[[str, bytes, bytes], Page]
    limits: HttpLimits = field(default_factory=HttpLimits)
    lines: set[Line] = field(default_factory=set)

    def __call__(self) -> Line:
        """A new connection."""
        return Line(self)

    def shut(self) -> None:
        """Close all connections; answers that were given are sent."""
        for line in list(self.lines):
            line.close()


class Line(asyncio.Protocol):
    """One connection."""

    def __init__(self, door: HttpDoor) -> None:
        self._door = door
        self._waiting = b""
        self._transport: asyncio.Transport | None = None
        self._ip = b""
        self._timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Too many are turned away at once."""
        self._transport = transport  # type: ignore[assignment]  # of a stream it is always a Transport
        if len(self._door.lines) >= self._door.limits.connections:
            transport.abort()  # type: ignore[attr-defined]
            return
        self._door.lines.add(self)
        peer = transport.get_extra_info("peername")
        self._ip = addresses.packed(peer[0]) if peer else b"\0\0\0\0"
        self._wait()

    def connection_lost(self, _error: Exception | None) -> None:
        """Forget it."""
        self._door.lines.discard(self)
        if self._timer:
            self._timer.cancel()

    def close(self) -> None:
        """Send what is to be sent, and end."""
        if self._transport:
            self._transport.close()

    def data_received(self, data: bytes) -> None:
        """Answer every question that is complete."""
        self._waiting += data
        while (end := self._waiting.find(_END)) >= 0:
            head, self._waiting = self._waiting[:end], self._waiting[end + len(_END) :]
            if not self._answer(head):
                self.close()
                return
            self._wait()
        if len(self._waiting) > MAX_HEAD_BYTES:
            self._send(Page(431, "text/plain", b"the request is too long\n"), goes_on=False)
            self.close()

    def _wait(self) -> None:
        if self._timer:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(self._door.limits.idle_s, self.close)

    def _answer(self, head: bytes) -> bool:
        """Answer a question; whether the connection stays."""
        line, _, rest = head.partition(b"\r\n")
        words = line.split(b" ")
        if len(words) != 3 or words[0] != b"GET" or not words[1].startswith(b"/"):
            self._send(Page(400, "text/plain", b"expected GET\n"), goes_on=False)
            return False
        fields = rest.lower()
        goes_on = b"connection: close" not in fields and (
            words[2] == b"HTTP/1.1" or b"connection: keep-alive" in fields
        )
        path, _, query = words[1].partition(b"?")
        ip = self._client(rest) if self._ip in self._door.limits.trusted_proxies else self._ip
        self._send(self._door.page(path.decode("latin-1"), query, ip), goes_on=goes_on)
        return goes_on

    def _client(self, fields: bytes) -> bytes:
        """Whom a trusted proxy speaks for: the last address that it added itself."""
        for line in fields.split(b"\r\n"):
            name, _, value = line.partition(b":")
            if name.strip().lower() == b"x-forwarded-for":
                try:
                    return addresses.packed(value.rpartition(b",")[2].strip().decode("latin-1"))
                except ValueError:
                    return self._ip
        return self._ip

    def _send(self, page: Page, *, goes_on: bool) -> None:
        if self._transport is None:
            return
        kind = "keep-alive" if goes_on else "close"
        head = (
            f"HTTP/1.1 {page.status} {_PHRASES.get(page.status, 'Error')}\r\nContent-Type: {page.media_type}\r\n"
            f"Content-Length: {len(page.body)}\r\nConnection: {kind}\r\n\r\n"
        )
        self._transport.write(head.encode() + page.body)


_PHRASES = {200: "OK", 400: "Bad Request", 404: "Not Found", 431: "Request Header Fields Too Large"}
