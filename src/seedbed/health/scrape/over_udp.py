# SPDX-License-Identifier: Apache-2.0
"""Asking a tracker over UDP (BEP 15): one socket, one question after the other."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import secrets
import socket
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from seedbed.core.hosts import is_private_address
from seedbed.health.scrape import udp_wire
from seedbed.health.scrape.counted import Asked, Unanswered

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence

    from seedbed.health.scrape.counted import Numbers

PATIENCE_S = (5.0, 10.0)
"""For an answer, then for one to the question sent again: a datagram may get lost (BEP 15 says 15 s, doubled)."""
ID_LIFE_S = 55.0
"""A client may use a connection id for a minute (BEP 15)."""
MAX_QUESTIONS = 2_000
"""140,000 hashes; a tracker that answers one at a time has the others asked the next time."""


async def ask(
    announce: str, info_hashes: Sequence[bytes], *, allows_private: bool, patience_s: Sequence[float] = PATIENCE_S
) -> Asked:
    """Ask a tracker for hashes, 70 at a time, or as many as it turns out to answer.

    Raises:
        Unanswered: it gives no answer at all.
    """
    async with connected(announce, allows_private=allows_private, patience_s=patience_s) as line:
        found: dict[bytes, Numbers] = {}
        at, size = 0, udp_wire.MAX_SCRAPED
        for _ in range(MAX_QUESTIONS):
            batch = info_hashes[at : at + size]
            if not batch:
                break
            try:
                told = await line.scrape(batch)
            except Unanswered as fault:
                if fault.kind == "failure" and len(batch) > 1 and not found:
                    size = 1  # perhaps it dislikes one of them, or that there are several
                    continue
                if found and fault.kind in {"failure", "timeout"}:
                    break
                raise
            if not told:
                raise Unanswered("nonsense", "its answer to a scrape is empty")
            found |= {one: numbers for one, numbers in told.items() if numbers}
            at, size = at + len(told), len(told) if len(told) < len(batch) else size
        return Asked(found, info_hashes[:at])


@dataclass(slots=True)
class UdpLine(asyncio.DatagramProtocol):
    """A socket that speaks with one tracker."""

    patience_s: Sequence[float]
    transport: asyncio.DatagramTransport | None = None
    _came: asyncio.Queue[bytes | OSError] = field(default_factory=lambda: asyncio.Queue(64))
    _connection: int = 0
    _since_s: float = float("-inf")

    def connection_made(self, transport: Any) -> None:
        """See asyncio."""
        self.transport = transport

    def datagram_received(self, data: bytes, _addr: object) -> None:
        """See asyncio."""
        with contextlib.suppress(asyncio.QueueFull):
            self._came.put_nowait(data)

    def error_received(self, exc: Exception) -> None:
        """See asyncio."""
        if isinstance(exc, OSError):
            with contextlib.suppress(asyncio.QueueFull):
                self._came.put_nowait(exc)

    @property
    def is_ipv6(self) -> bool:
        """Whether the tracker was reached by IPv6: so are the peers that it names (BEP 15)."""
        return bool(self.transport and self.transport.get_extra_info("socket").family == socket.AF_INET6)

    async def scrape(self, info_hashes: Sequence[bytes]) -> dict[bytes, Numbers | None]:
        """One question."""
        answer = await self.ask(lambda connection, number: udp_wire.scrape(connection, number, info_hashes))
        return udp_wire.read_scraped(answer, info_hashes)

    async def ask(self, question: Callable[[int, int], bytes]) -> bytes:
        """Any question, made from a connection id and a transaction's number; returns the answer to it."""
        if time.monotonic() - self._since_s > ID_LIFE_S:
            self._connection = udp_wire.read_connected(await self._exchange(udp_wire.connect))
            self._since_s = time.monotonic()
        return await self._exchange(lambda transaction: question(self._connection, transaction))

    async def _exchange(self, asked: Callable[[int], bytes]) -> bytes:
        transaction = secrets.randbits(32)
        question = asked(transaction)
        for patience_s in self.patience_s:
            if self.transport:
                self.transport.sendto(question)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(patience_s):
                    return await self._answer(transaction)
        raise Unanswered("timeout", "no answer in time")

    async def _answer(self, transaction: int) -> bytes:
        while True:
            came = await self._came.get()
            if isinstance(came, OSError):
                raise Unanswered("connection", came.strerror or "nobody listens there")
            if udp_wire.is_answer(came, transaction):
                return came


@contextlib.asynccontextmanager
async def connected(
    announce: str, *, allows_private: bool, patience_s: Sequence[float] = PATIENCE_S
) -> AsyncIterator[UdpLine]:
    """A tracker at hand.

    Raises:
        Unanswered: its address is none, or may not be asked.
    """
    loop = asyncio.get_running_loop()
    family, target = await _address(announce, allows_private=allows_private)
    try:
        transport, line = await loop.create_datagram_endpoint(
            lambda: UdpLine(patience_s), family=family, remote_addr=target
        )
    except OSError as error:
        raise Unanswered("connection", error.strerror or str(error)) from error
    try:
        yield line
    finally:
        transport.close()


async def _address(announce: str, *, allows_private: bool) -> tuple[socket.AddressFamily, tuple[str, int]]:
    """The first address of a tracker that may be asked."""
    try:
        parts = urlsplit(announce)
        host, port = parts.hostname, parts.port
    except ValueError:
        host = port = None
    if not host or not port:
        raise Unanswered("nonsense", "its address is none: expected udp://HOST:PORT")
    loop = asyncio.get_running_loop()
    try:
        rows = await loop.getaddrinfo(host, port, type=socket.SOCK_DGRAM)
    except (OSError, UnicodeError) as error:
        raise Unanswered("dns", f"the name {host!r} is not found") from error
    for family, _, _, _, target in rows:
        address = ipaddress.ip_address(str(target[0]).partition("%")[0])
        if allows_private or not is_private_address(address):
            return family, (str(target[0]), port)
    raise Unanswered("private-address", f"{host} is an address of this machine's own network (allowed with --lan)")
