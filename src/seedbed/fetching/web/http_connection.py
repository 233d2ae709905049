# SPDX-License-Identifier: Apache-2.0
"""One kept-alive HTTP/1.1 connection that reads bodies straight into the caller's memory.

Blocking, for use in a thread; :meth:`Connection.abort` may be called from another one. The address is judged between
look-up and connect, and exactly the judged address is dialled, so that a name cannot point elsewhere the second time
(DNS rebinding).
"""

from __future__ import annotations

import contextlib
import ipaddress
import os
import socket
import ssl
import struct
import sys
import time
from dataclasses import replace
from typing import TYPE_CHECKING

from seedbed.core.hosts import is_private_address
from seedbed.fetching.faults import Fault, Kind
from seedbed.fetching.web.http_wire import Head, parse_head
from seedbed.fetching.web.proxies import proxy_of, render_connect

if TYPE_CHECKING:
    from seedbed.fetching.rules import Rules
    from seedbed.fetching.web.http_wire import Address
    from seedbed.fetching.web.proxies import Proxy
    from seedbed.fetching.web.throttle import Throttle

_READ_AHEAD_BYTES = 65_536
"""Read with a head: often the whole of a small body comes along."""
_WAIT_ALL = getattr(socket, "MSG_WAITALL", 0) if sys.platform != "win32" else 0
"""One call, and one change of threads, for a whole piece instead of one for every 64 KiB."""
_MAX_CHUNK_LINE_BYTES = 4096
_OK = 200


def tls_context() -> ssl.SSLContext:
    """Certificates checked against the system's roots, or certifi's where the system has none (slim containers)."""
    context = ssl.create_default_context()
    paths = ssl.get_default_verify_paths()
    has_roots = context.cert_store_stats()["x509_ca"] or (paths.capath and any(os.scandir(paths.capath)))
    if not has_roots:
        import certifi  # noqa: PLC0415  # only where it is needed

        context.load_verify_locations(certifi.where())
    context.set_alpn_protocols(["http/1.1"])
    return context


class Connection:
    """A connection to one origin.

    Args:
        address: Where to; its target does not matter.
        rules: Time-outs, and whether private addresses may be dialled.
        tls: For https; made once by the caller.
        throttle: Counts what comes, and slows it down.

    Raises:
        Fault: the address is refused, or nobody answers there.
    """

    def __init__(
        self, address: Address, rules: Rules, *, tls: ssl.SSLContext | None, throttle: Throttle | None = None
    ) -> None:
        self._rules = rules
        self._throttle = throttle
        self._is_aborted = False
        self._buffer = bytearray(max(_READ_AHEAD_BYTES, rules.max_head_bytes))
        self._start = self._stop = 0
        self._known: dict[bytes, tuple[str, str]] = {}
        self._left: int | None = 0
        self._is_chunked = self._chunk_began = False
        self.keeps_alive = True
        self.received_s = 0.0
        """When the last bytes came, by the monotonic clock."""
        self.answers = 0
        """Heads received: a failure before the first is not the fault of keeping the connection."""
        proxy = proxy_of(address)
        self._is_plain = True
        self._socket = _dial(address, rules) if proxy is None else _dial_proxy(address, proxy, rules)
        try:
            if proxy and address.scheme == "https":
                self._tunnel(address, proxy)
            if address.scheme == "https" and tls:
                self._socket.settimeout(rules.stall_timeout_s)
                self._socket = _handshake(self._socket, address.host, tls)
            self._is_plain = address.scheme != "https"
            if self._is_plain:
                _set_timeouts(self._socket, rules.stall_timeout_s)
        except BaseException:
            self.close()
            raise

    def _tunnel(self, address: Address, proxy: Proxy) -> None:
        """Have a proxy connect us; what comes after its answer is the server's."""
        _set_timeouts(self._socket, self._rules.stall_timeout_s)
        self.send(render_connect(address, proxy))
        head = parse_head(self._head_bytes(), {})
        if head.status != _OK or self._start < self._stop:
            text = f"the proxy {proxy.host} does not let us through to {address.authority}: {head.status} {head.reason}"
            raise Fault(Kind.BROKEN, text, name="proxy")

    def send(self, data: bytes) -> None:
        """Send requests."""
        try:
            self._socket.sendall(data)
        except OSError as error:
            raise _fault_of(error) from error

    def read_head(self) -> Head:
        """The next answer's head; interim answers (1xx) are skipped.

        Raises:
            Fault: none comes, or not one of HTTP/1.
        """
        head = parse_head(self._head_bytes(), self._known)
        while head.status < 200:
            head = parse_head(self._head_bytes(), self._known)
        self.answers += 1
        self._left = 0 if head.is_chunked else head.length
        self._is_chunked, self._chunk_began = head.is_chunked, False
        self.keeps_alive = head.keeps_alive
        return head

    def _head_bytes(self) -> bytes:
        searched = self._start
        while (end := self._buffer.find(b"\r\n\r\n", searched, self._stop)) < 0:
            if self._stop - self._start >= self._rules.max_head_bytes:
                raise Fault(Kind.BROKEN, f"the answer's head is longer than {self._rules.max_head_bytes:,} bytes")
            searched = max(self._stop - 3, self._start) - self._start
            self._fill()
            searched += self._start
        head = bytes(self._buffer[self._start : end])
        self._start = end + 4
        return head

    def _fill(self) -> None:
        """Read more behind what is buffered, moving it to the front first."""
        rest = self._stop - self._start
        self._buffer[:rest] = self._buffer[self._start : self._stop]
        self._start, self._stop = 0, rest
        got = self._receive(memoryview(self._buffer)[rest:], 0)
        if not got:
            raise Fault(Kind.BROKEN, "it closed the connection without an answer")
        self._stop += got

    def read_exactly(self, view: memoryview) -> None:
        """Fill ``view`` from the body.

        Raises:
            Fault: the body ends before, or stalls.
        """
        at = 0
        while at < len(view):
            got = self._read_some(view[at:])
            if not got:
                raise Fault(Kind.BROKEN, "the body is cut short")
            at += got

    def read_to_end(self, limit: int) -> bytes:
        """A whole small body.

        Raises:
            Fault: it is longer than ``limit`` bytes; REFUSED.
        """
        data = bytearray()
        piece = memoryview(bytearray(65_536))
        while got := self._read_some(piece):
            data += piece[:got]
            if len(data) > limit:
                raise Fault(Kind.REFUSED, f"the body is longer than {limit:,} bytes")
        return bytes(data)

    def read_part(self, limit: int) -> bytes:
        """The next part of the body, at most ``limit`` bytes; empty at its end.

        Raises:
            Fault: the body is cut short, or stalls.
        """
        piece = bytearray(limit)
        return bytes(piece[: self._read_some(memoryview(piece))])

    def has_more(self) -> bool:
        """Whether the body goes on; asked when all that was wanted has been read."""
        if self._left is None or not self._is_chunked:
            return self._left is None or self._left > 0
        return self._next_chunk() > 0

    def _read_some(self, view: memoryview) -> int:
        if self._is_chunked and not self._left and not self._next_chunk():
            return 0
        if self._left is not None:
            view = view[: self._left]
        got = self._take(view)
        if self._left is not None:
            self._left -= got
            if not got and len(view):
                raise Fault(Kind.BROKEN, f"the body is cut short, with {self._left:,} bytes missing")
        return got

    def _take(self, view: memoryview) -> int:
        ready = min(self._stop - self._start, len(view))
        if ready:
            view[:ready] = memoryview(self._buffer)[self._start : self._start + ready]
            self._start += ready
            return ready
        return self._receive(view, _WAIT_ALL) if len(view) else 0

    def _next_chunk(self) -> int:
        """Go to the next chunk of a chunked body; 0 at its end (RFC 9112, 7.1)."""
        if self._left is None:
            return 0
        if self._left == 0 and self._chunk_began:
            self._line()
        text = self._line().partition(b";")[0].strip()
        try:
            size = int(text, 16) if text.isalnum() and len(text) <= 15 else -1
        except ValueError:
            size = -1
        if size < 0:
            raise Fault(Kind.BROKEN, f"a chunk's length {text[:30]!r} is not a number")
        self._chunk_began = True
        self._left = size
        if not size:
            while self._line():
                pass  # trailers say nothing that we use
            self._left, self._is_chunked, self._chunk_began = 0, False, False
        return size

    def _line(self) -> bytes:
        while (end := self._buffer.find(b"\r\n", self._start, self._stop)) < 0:
            if self._stop - self._start > _MAX_CHUNK_LINE_BYTES:
                raise Fault(Kind.BROKEN, "a chunk's first line never ends")
            self._fill()
        line = bytes(self._buffer[self._start : end])
        self._start = end + 2
        return line

    def _receive(self, view: memoryview, flags: int) -> int:
        """Read from the socket, and find out whether it trickles."""
        if self._throttle:
            view = view[: self._throttle.step(len(view))]
        began_s = time.monotonic()
        try:
            got = self._socket.recv_into(view, 0, flags) if self._is_plain else self._socket.recv_into(view)
        except OSError as error:
            raise _fault_of(error) from error
        now_s = time.monotonic()
        self.received_s = now_s if got else self.received_s
        if self._throttle:
            self._throttle.took(got, lambda: self._is_aborted)
        rules = self._rules
        if now_s - began_s >= rules.stall_timeout_s * 0.9 and got < min(
            len(view), rules.min_rate_bytes_per_s * rules.stall_timeout_s
        ):
            raise Fault(
                Kind.BROKEN, f"it stalled: {got} bytes in {rules.stall_timeout_s:g} s", is_stall=True, name="stalled"
            )
        return got

    def abort(self) -> None:
        """Make a read in another thread end at once."""
        self._is_aborted = True
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Give the socket back."""
        with contextlib.suppress(OSError):
            self._socket.close()


def _fault_of(error: OSError) -> Fault:
    """The system's error, with a reason for people."""
    if isinstance(error, TimeoutError | BlockingIOError):
        return Fault(Kind.BROKEN, "it stalled: nothing came in time", is_stall=True, name="stalled")
    if isinstance(error, ssl.SSLError):
        return Fault(Kind.BROKEN, f"TLS failed: {error.reason or error}", name="tls")
    if isinstance(error, ConnectionResetError | BrokenPipeError):
        return Fault(Kind.BROKEN, "it reset the connection")
    return Fault(Kind.BROKEN, f"the connection failed: {error.strerror or error}")


def _dial(address: Address, rules: Rules) -> socket.socket:
    return _connect(_judged_addresses(address.host, address.port, rules), address.authority, rules)


def _dial_proxy(address: Address, proxy: Proxy, rules: Rules) -> socket.socket:
    """The person chose the proxy, so it may be near; where it leads may not, as far as we can tell."""
    try:
        _judged_addresses(address.host, address.port, rules)
    except Fault as fault:
        if fault.kind is Kind.REFUSED:
            raise  # a name that only the proxy can look up is another matter
    near = replace(rules, allows_private=True)
    return _connect(_judged_addresses(proxy.host, proxy.port, near), f"the proxy {proxy.host}:{proxy.port}", rules)


def _connect(targets: list[tuple[socket.AddressFamily, tuple[str, int]]], name: str, rules: Rules) -> socket.socket:
    faults: list[str] = []
    for family, target in targets:
        connection = socket.socket(family, socket.SOCK_STREAM)
        try:
            connection.settimeout(rules.connect_timeout_s)
            if rules.source:
                connection.bind((rules.source, 0))
            connection.connect(target)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except OSError as error:
            connection.close()
            faults.append("no answer in time" if isinstance(error, TimeoutError) else error.strerror or str(error))
        else:
            return connection
    why = faults[0] if faults else "no address"
    raise Fault(Kind.BROKEN, f"no connection to {name}: {why}", name="unreachable")


def _judged_addresses(host: str, port: int, rules: Rules) -> list[tuple[socket.AddressFamily, tuple[str, int]]]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise Fault(Kind.BROKEN, f"the name {host!r} is not found: {reason}", name="unreachable") from error
    allowed = [
        (family, target)
        for family, _, _, _, target in found
        if rules.allows_private or not is_private_address(ipaddress.ip_address(str(target[0]).partition("%")[0]))
    ]
    if not allowed:
        text = f"{host} is an address of this machine's own network (allowed with --lan)"
        raise Fault(Kind.REFUSED, text, name="private-address")
    return allowed  # type: ignore[return-value]  # a target of IPv6 has two numbers more


def _handshake(plain: socket.socket, host: str, tls: ssl.SSLContext) -> ssl.SSLSocket:
    try:
        return tls.wrap_socket(plain, server_hostname=host)
    except ssl.SSLCertVerificationError as error:
        raise Fault(Kind.REFUSED, f"its certificate is not good: {error.verify_message}", name="certificate") from error
    except ssl.SSLError as error:
        raise Fault(Kind.BROKEN, f"TLS failed: {error.reason or error}", name="tls") from error
    except OSError as error:
        raise Fault(Kind.BROKEN, f"TLS failed: {error}", name="tls") from error


def _set_timeouts(connection: socket.socket, timeout_s: float) -> None:
    """Let the system keep the time-out, so that a read is one call instead of a poll and a read."""
    connection.settimeout(None)
    if sys.platform == "win32":
        value: bytes | int = int(timeout_s * 1000)
    else:
        value = struct.pack("@ll", int(timeout_s), int(timeout_s % 1 * 1_000_000))
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, value)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, value)
