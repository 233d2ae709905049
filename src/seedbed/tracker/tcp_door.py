# SPDX-License-Identifier: Apache-2.0
"""Connections without more between us and the socket than the event loop's sign that there is something.

Most clients open a connection for each announce. The system wakes us when the question is there already
(TCP_DEFER_ACCEPT), so that one is accepted, read, answered and closed in one go, four system calls, and never watched.
Streams and transports of asyncio cost more than twice as much.
"""

from __future__ import annotations

import contextlib
import logging
import resource
import socket
from collections import deque
from typing import TYPE_CHECKING

from seedbed.tracker import addresses

try:
    from seedbed.tracker import tcp_batch
except ImportError:
    tcp_batch = None  # type: ignore[assignment]  # the plain form

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Sequence
    from typing import Self, TypeAlias

    from seedbed.core.endpoints import Endpoint
    from seedbed.tracker.lines import Line, Lines, Talk

    Carried: TypeAlias = socket.SocketType | tcp_batch.Handle

READ_BYTES = 65_536
_AT_ONCE = 64
"""Connections that are accepted before others of this program get a turn."""
_BACKLOG = 4_096
_FIRST_BYTES_S = 5
"""The system keeps a connection that says nothing to itself for so long."""
_REST_S = 1.0
"""Without file handles nothing is accepted for so long: others end meanwhile."""
_NOW = socket.MSG_DONTWAIT
"""No socket of a connection is switched to non-blocking: that is one system call more for each."""
_LAST = _NOW | getattr(socket, "MSG_MORE", 0)
"""What is sent so waits a moment, and goes out in one packet with the sign of the end."""
log = logging.getLogger(__name__)


def file_handles() -> int:
    """How many this process may have, after asking for as many as are allowed (K15)."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        with contextlib.suppress(ValueError, OSError):  # some systems allow less than they say
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
            soft = hard
    return soft if soft > 0 else 1 << 20


def listening(where: Endpoint, *, is_shared: bool = False) -> socket.socket:
    """A socket that listens.

    Args:
        where: Address; port 0 for any.
        is_shared: Whether other processes listen there too (SO_REUSEPORT).

    Raises:
        OSError: the address cannot be listened on.
    """
    family, _, _, _, address = socket.getaddrinfo(where.host, where.port, type=socket.SOCK_STREAM)[0]
    made = socket.socket(family, socket.SOCK_STREAM)
    try:
        made.setblocking(False)  # noqa: FBT003  # the standard library's own argument
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if is_shared:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        if family == socket.AF_INET6:
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        if hasattr(socket, "TCP_DEFER_ACCEPT"):
            made.setsockopt(socket.IPPROTO_TCP, socket.TCP_DEFER_ACCEPT, _FIRST_BYTES_S)
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        made.bind(address)
        made.listen(_BACKLOG)
    except OSError:
        made.close()
        raise
    return made


def _accept_all(listener: socket.socket, count: int) -> Sequence[tuple[Carried, bytes]]:
    """All connections that wait, at most so many, with the packed addresses of their peers.

    Raises:
        OSError: there was none, and for another reason than that none waits.
    """
    if tcp_batch is not None:
        return tcp_batch.accept_all(listener.fileno(), count)
    # The standard library's accept() wraps this one, and spends more on it than the system on a connection.
    accept = listener._accept  # noqa: SLF001
    found: list[tuple[Carried, bytes]] = []
    while len(found) < count:
        try:
            handle, peer = accept()
        except (BlockingIOError, InterruptedError, ConnectionAbortedError):
            break
        except OSError:
            if not found:
                raise
            break
        found.append((socket.SocketType(listener.family, socket.SOCK_STREAM, 0, handle), addresses.of_socket(peer[0])))
    return found


class TcpDoor:
    """Accepts connections.

    Args:
        listener: As :func:`listening` makes it; is closed with the door.
        begin: Called with a new connection; gives what is said on it.
        lines: All connections of this kind.
        loop: Whose turn it is.
    """

    def __init__(
        self, listener: socket.socket, begin: Callable[[Line], Talk], lines: Lines, loop: asyncio.AbstractEventLoop
    ) -> None:
        self._listener = listener
        self._begin = begin
        self._lines = lines
        self._loop = loop
        self._rests: asyncio.TimerHandle | None = None
        loop.add_reader(listener, self._accept)

    @property
    def port(self) -> int:
        """Where it listens."""
        port: int = self._listener.getsockname()[1]
        return port

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.shut()

    def shut(self) -> None:
        """Accept no more; connections stay. May be told twice."""
        if self._rests:
            self._rests.cancel()
        if self._listener.fileno() >= 0:
            self._loop.remove_reader(self._listener)
            self._listener.close()

    def _accept(self) -> None:
        lines, carry = self._lines, self._carry
        try:
            accepted = _accept_all(self._listener, _AT_ONCE)
        except OSError as error:
            self._rest(error)
            return
        for one, ip in accepted:
            if lines.admits(ip):
                carry(one, ip)
            else:
                one.close()

    def _carry(self, accepted: Carried, ip: bytes) -> None:
        line = TcpLine(accepted, ip, self._lines, self._loop)
        line.talk = self._begin(line)
        line.begin()

    def _rest(self, error: OSError) -> None:
        """What waits stays in the system's queue; to be woken for it again and again would eat the processor."""
        log.warning("tracker cannot accept connections: %s", error.strerror)
        self._loop.remove_reader(self._listener)
        self._rests = self._loop.call_later(_REST_S, self._loop.add_reader, self._listener, self._accept)


class TcpLine:
    """One connection; see :class:`seedbed.tracker.lines.Line`."""

    __slots__ = (
        "_is_closing", "_is_ending", "_is_watched", "_lines", "_loop", "_socket", "_unsent",
        "ip", "talk", "unsent_bytes",
    )  # fmt: skip
    talk: Talk

    def __init__(self, accepted: Carried, ip: bytes, lines: Lines, loop: asyncio.AbstractEventLoop) -> None:
        self.ip = ip
        self._socket: Carried | None = accepted
        self._lines = lines
        self._loop = loop
        self.unsent_bytes = 0
        self._unsent: deque[memoryview] | None = None
        """Not copied: many slow readers of one large page hold it once."""
        self._is_closing = self._is_ending = self._is_watched = False

    def begin(self) -> None:
        """Read what is there already; watch it only if it stays."""
        self._read()
        if self._socket is not None:
            self._lines.add(self)
            if not self._unsent:
                self.go_on()

    def send(self, data: bytes) -> None:
        """Send, or keep until it can be sent."""
        self._send(data, _NOW)

    def last(self, data: bytes) -> None:
        """Send, and end."""
        self._send(data, _LAST)
        self.close()

    def hold(self) -> None:
        """Read no more for now."""
        if self._is_watched and self._socket is not None:
            self._is_watched = False
            self._loop.remove_reader(self._socket)

    def go_on(self) -> None:
        """Read again."""
        if not self._is_watched and self._socket is not None:
            self._is_watched = True
            self._loop.add_reader(self._socket, self._read)

    def close(self) -> None:
        """Send what waits, and end."""
        if self._unsent:
            self._is_closing = True
            self.hold()
        else:
            self.abort()

    def end(self) -> None:
        """Send what waits, say that no more comes, and pass over what still arrives."""
        if self._socket is None:
            return
        self._is_closing = self._is_ending = True
        if not self._unsent:
            self._half_close()

    def abort(self) -> None:
        """End at once."""
        if self._socket is None:
            return
        self.hold()
        if self._unsent is not None:
            self._loop.remove_writer(self._socket)
            self._unsent = None
            self.unsent_bytes = 0
        self._socket.close()
        self._socket = None
        self._lines.remove(self)
        self.talk.lost()
        self.talk = None  # type: ignore[assignment]  # the two held each other; so they go now, not when rings are sought

    def _read(self) -> None:
        if self._socket is None:
            return
        try:
            data = self._socket.recv(READ_BYTES, _NOW)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            self.abort()
            return
        if self._is_ending:
            if not data:
                self.abort()
        elif data:
            self.talk.received(data)
        else:
            self.hold()  # else the end would be told again and again
            self.talk.ended()

    def _send(self, data: bytes, how: int) -> None:
        if self._socket is None or self._is_closing:
            return
        sent = 0 if self._unsent else self._sent(data, how)
        if 0 <= sent < len(data):
            self._keep(memoryview(data)[sent:])

    def _keep(self, data: memoryview) -> None:
        if self._socket is None:
            return
        if self._unsent is None:
            self._unsent = deque()
            self._loop.add_writer(self._socket, self._flush)
        self._unsent.append(data)
        self.unsent_bytes += len(data)
        if self.unsent_bytes > self._lines.limits.unsent_bytes:
            self.abort()

    def _flush(self) -> None:
        while self._socket is not None and self._unsent:
            data = self._unsent[0]
            sent = self._sent(data, _NOW)
            if sent <= 0:
                return
            self.unsent_bytes -= sent
            self._lines.touch(self)
            if sent < len(data):
                self._unsent[0] = data[sent:]
                return
            self._unsent.popleft()
        if self._socket is not None:
            self._unsent = None
            self._loop.remove_writer(self._socket)
            self._flushed()

    def _sent(self, data: bytes | memoryview, how: int) -> int:
        """How many bytes the system took; negative when the connection is broken, and ended."""
        if self._socket is None:
            return -1
        try:
            return self._socket.send(data, how)
        except (BlockingIOError, InterruptedError):
            return 0
        except OSError:
            self.abort()
            return -1

    def _flushed(self) -> None:
        if self._is_ending:
            self._half_close()
        elif self._is_closing:
            self.abort()
        else:
            self.talk.flushed()

    def _half_close(self) -> None:
        if self._socket is not None:
            with contextlib.suppress(OSError):
                self._socket.shutdown(socket.SHUT_WR)
            self.go_on()
