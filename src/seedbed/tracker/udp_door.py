# SPDX-License-Identifier: Apache-2.0
"""The tracker's UDP socket: whatever has come is taken in one go, and answered; by the compiled form in batches.

Two sockets for two families: an IPv4 client that reached an IPv6 socket would be told apart from itself.
"""

from __future__ import annotations

import contextlib
import socket
import sys
from typing import TYPE_CHECKING, Self

try:
    from seedbed.tracker import udp_batch
except ImportError:
    udp_batch = None  # type: ignore[assignment]  # the plain form

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from seedbed.core.endpoints import Endpoint
    from seedbed.tracker.tracker import Tracker

FORM = "compiled" if udp_batch else "plain"
"""Which form of the tracker runs: the compiled one is the same code (``packaging/compiling.py``)."""
MAX_DATAGRAM_BYTES = 2_048
"""A scrape of 74 hashes has 1,496; longer ones are cut, and a request that was cut is none."""
_AT_ONCE = 256
"""Datagrams before others of this program get a turn."""
_BUFFER_BYTES = 8 << 20
"""Bursts wait here; the system may allow less (``net.core.rmem_max``)."""

_IP_MTU_DISCOVER, _PROBE = 10, 3
"""Of Linux (ip(7)): answers, of at most 900 bytes, go in one piece, whatever a router is said to have said. So nobody
puts a forged piece between ours, and the kernel needs no number for them, which costs it a thirtieth of an answer."""


def bound(where: Endpoint, *, is_shared: bool = False) -> socket.socket:
    """A UDP socket.

    Args:
        where: Address to listen on; port 0 for any.
        is_shared: Whether other sockets of ours may listen there too.

    Raises:
        OSError: the address cannot be listened on.
    """
    family = socket.AF_INET6 if ":" in where.host else socket.AF_INET
    made = socket.socket(family, socket.SOCK_DGRAM)
    try:
        made.setblocking(False)  # noqa: FBT003  # the standard library's own argument
        if family == socket.AF_INET6:
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        if is_shared:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        for option in (socket.SO_RCVBUF, socket.SO_SNDBUF):
            made.setsockopt(socket.SOL_SOCKET, option, _BUFFER_BYTES)
        if sys.platform == "linux" and family == socket.AF_INET:
            made.setsockopt(socket.IPPROTO_IP, _IP_MTU_DISCOVER, _PROBE)
        made.bind((where.host, where.port))
    except OSError:
        made.close()
        raise
    return made


class UdpDoor:
    """Answers what comes to a socket.

    Args:
        listening: From :func:`bound`; closed with the door.
        tracker: What answers.
        clock: Gives seconds, and never goes back.
    """

    def __init__(self, listening: socket.socket, tracker: Tracker, clock: Callable[[], float]) -> None:
        self._socket = listening
        self._family = listening.family
        self._tracker = tracker
        self._clock = clock
        self._packed: dict[str, bytes] = {}
        self._batch = udp_batch.Batch(tracker, listening.fileno()) if udp_batch else None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    @property
    def port(self) -> int:
        """Where it listens."""
        port: int = self._socket.getsockname()[1]
        return port

    def open(self, loop: asyncio.AbstractEventLoop) -> None:
        """Begin to answer."""
        loop.add_reader(self._socket, self._drain)

    def shut(self, loop: asyncio.AbstractEventLoop) -> None:
        """End to answer."""
        loop.remove_reader(self._socket)

    def _drain(self) -> None:
        now_s = int(self._clock())
        if self._batch is None:
            self._drain_one_by_one(now_s)
            return
        for _ in range(0, _AT_ONCE, udp_batch.AT_ONCE):
            if self._batch.drain(now_s) == 0:
                return

    def _drain_one_by_one(self, now_s: int) -> None:
        receive, send, answer = self._socket.recvfrom, self._socket.sendto, self._tracker.datagram
        for _ in range(_AT_ONCE):
            try:
                data, source = receive(MAX_DATAGRAM_BYTES)
            except (BlockingIOError, InterruptedError):
                return
            except OSError:  # an earlier answer came back as unreachable
                continue
            reply = answer(data, self._ip(source[0]), now_s)
            if reply is not None:
                with contextlib.suppress(OSError):  # a full buffer: the client asks again
                    send(reply, source)

    def _ip(self, host: str) -> bytes:
        """Packed; remembered, for the same clients come again and again."""
        found = self._packed.get(host)
        if found is None:
            if len(self._packed) > 100_000:
                self._packed.clear()
            found = self._packed[host] = socket.inet_pton(self._family, host.partition("%")[0])
        return found
