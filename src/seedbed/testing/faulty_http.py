# SPDX-License-Identifier: Apache-2.0
"""A loopback HTTP server with ranges and kept connections, and with faults that can be switched on.

For tests of whatever fetches by HTTP. Files live in memory; every request is remembered.
"""

from __future__ import annotations

import math
import socket
import struct
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Literal, Self
from urllib.parse import unquote, urlsplit

if TYPE_CHECKING:
    import io
    from collections.abc import Callable, Mapping

Kind = Literal[
    "wrong-bytes",  # every body byte inverted
    "html",  # 200 with a short web page
    "html-in-range",  # the right length and range, but it is a web page
    "truncated",  # announces all, closes after ``at_byte``
    "stall",  # sends ``at_byte`` bytes, then nothing
    "trickle",  # after ``at_byte`` one byte every ``pause_s``
    "endless",  # no length, and bytes without end
    "longer",  # the right bytes, then more than announced
    "wrong-range",  # 206 with the range before the one that was asked for
    "no-range-header",  # 206 without Content-Range
    "no-ranges",  # 200 with the whole file, whatever was asked for
    "other-length",  # the file is one byte longer here
    "status",  # ``status`` with ``headers``
    "encoded",  # Content-Encoding: gzip
    "reset",  # resets the connection after ``at_byte`` body bytes
    "closes",  # one answer a connection, announced
    "closes-silently",  # one answer a connection, not announced; requests sent ahead are lost
    "chunked",  # right, but chunked
    "swaps-answers",  # of two requests that were sent ahead, the second is answered first
    "garbage",  # not HTTP
    "long-head",  # headers without end
]


@dataclass(frozen=True, slots=True)
class HttpFault:
    """What a server does wrong."""

    kind: Kind
    paths: str = "*"
    """Glob of the paths it happens to."""
    times: int = 0
    """So often only, then all is well; 0 means always."""
    at_byte: int = 0
    status: int = 503
    headers: tuple[tuple[str, str], ...] = ()
    pause_s: float = 0.05


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that was received."""

    path: str
    start: int
    stop: int | None
    """None for the whole file."""
    headers: Mapping[str, str]
    at_s: float = field(default_factory=time.monotonic)
    """When, by the monotonic clock."""


@dataclass(slots=True)
class Limit:
    """A server that counts requests, tells how many are left, and refuses more (as Zenodo does)."""

    requests: int
    window_s: float
    refused: int = 0
    """Requests beyond it."""
    _used: int = 0
    _began_s: float = 0.0

    def take(self) -> dict[str, str]:
        """Count a request; the headers to answer it with, with ``Retry-After`` if it is one too many."""
        now_s = time.monotonic()
        if now_s >= self._began_s + self.window_s:
            self._used, self._began_s = 0, now_s
        self._used += 1
        left_s = math.ceil(self._began_s + self.window_s - now_s)
        headers = {
            "X-RateLimit-Limit": str(self.requests),
            "X-RateLimit-Remaining": str(max(self.requests - self._used, 0)),
            "X-RateLimit-Reset": str(left_s),
        }
        if self._used > self.requests:
            self.refused += 1
            headers["Retry-After"] = str(left_s)
        return headers


@dataclass(slots=True)
class _Range:
    start: int
    stop: int
    is_part: bool


class FaultyHttpServer:
    """Serves files from memory; use it with ``with``.

    Args:
        files: Path, starting with a slash, to content.
        faults: The first that fits a request is what happens.
        piece_pause_s: Pause after each 64 KiB, for a slow server.
        limit: How many requests it allows.
    """

    def __init__(
        self,
        files: Mapping[str, bytes],
        *faults: HttpFault,
        piece_pause_s: float = 0.0,
        limit: Limit | None = None,
    ) -> None:
        self.limit = limit
        self.files = dict(files)
        self.faults = list(faults)
        self.piece_pause_s = piece_pause_s
        self.asked: list[Asked] = []
        self.body_bytes_sent = 0
        self.connection_count = 0
        self.on_sent: Callable[[int], object] = lambda _: None
        """Told, after each part of a body, how many body bytes were sent in all."""
        self._used: dict[int, int] = {}
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=64)
        self._port = self._socket.getsockname()[1]
        self._connections: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []

    @property
    def url(self) -> str:
        """The server's root, with a slash at the end."""
        return f"http://127.0.0.1:{self._port}/"

    def __enter__(self) -> Self:
        self._start(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        with self._lock:
            for connection in self._connections:
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
        for thread in list(self._threads):
            thread.join(5)

    def _start(self, target: object, *args: object) -> None:
        thread = threading.Thread(target=target, args=args, daemon=True)  # type: ignore[arg-type]  # always a method
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while not self._stop.is_set():
            try:
                connection, _ = self._socket.accept()
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # head and body go one by one
            except OSError:
                return
            with self._lock:
                self._connections.add(connection)
                self.connection_count += 1
            self._start(self._serve, connection)

    def _serve(self, connection: socket.socket) -> None:
        with connection, suppress(OSError), connection.makefile("rb") as lines:
            while asked := _read_request(lines):
                fault = self._fault_for(asked.path)
                batch = [asked]
                if fault and fault.kind == "swaps-answers" and _has_come(connection, lines):
                    batch.insert(0, _read_request(lines) or asked)
                with self._lock:
                    self.asked += batch
                    counted = self.limit.take() if self.limit else {}
                if "Retry-After" in counted:
                    fault = HttpFault("status", status=429)
                if not all(_Answer(self, connection, one, fault, counted).send() for one in batch):
                    break
        with self._lock:
            self._connections.discard(connection)

    def _fault_for(self, path: str) -> HttpFault | None:
        with self._lock:
            for number, fault in enumerate(self.faults):
                used = self._used.get(number, 0)
                if fnmatchcase(path, fault.paths) and (not fault.times or used < fault.times):
                    self._used[number] = used + 1
                    return fault
        return None

    def count(self, sent: int) -> None:
        """Note body bytes that were sent."""
        with self._lock:
            self.body_bytes_sent += sent
            self.on_sent(self.body_bytes_sent)

    def pause(self, seconds: float) -> bool:
        """Wait; False when the server is closed meanwhile."""
        return not self._stop.wait(seconds)


@dataclass(slots=True)
class _Answer:
    server: FaultyHttpServer
    connection: socket.socket
    asked: Asked
    fault: HttpFault | None
    counted: Mapping[str, str]
    """Headers of a server that counts requests."""
    kind: str = field(init=False)

    def __post_init__(self) -> None:
        self.kind = self.fault.kind if self.fault else ""

    def send(self) -> bool:
        """Answer one request; whether the connection stays open."""
        special = {
            "status": self._status, "html": self._html, "garbage": self._garbage, "long-head": self._long_head,
            "endless": self._endless,
        }.get(self.kind)  # fmt: skip
        if special:
            return special()
        content = self.server.files.get(self.asked.path)
        if content is None:
            return self._head(404, "Not Found", 9) and self._body(b"not found")
        return self._file(content + b"x" if self.kind == "other-length" else content)

    def _file(self, content: bytes) -> bool:
        part = self._range(content)
        body = content[part.start : part.stop]
        if self.kind == "wrong-bytes":
            body = bytes(byte ^ 0xFF for byte in body)
        if self.kind == "html-in-range":
            body = b"<html>down for maintenance</html>".ljust(len(body))[: len(body)]
        headers = self._file_headers(part, len(content))
        if self.kind == "chunked":
            headers["Transfer-Encoding"] = "chunked"
            self._head(206 if part.is_part else 200, "OK", None, headers)
            return self._chunks(body)
        self._head(206 if part.is_part else 200, "OK", len(body), headers)
        return self._faulty_body(body)

    def _range(self, content: bytes) -> _Range:
        asked = self.asked
        if asked.stop is None or self.kind == "no-ranges":
            return _Range(0, len(content), is_part=False)
        start, stop = asked.start, min(asked.stop, len(content))
        if self.kind == "wrong-range":
            start, stop = max(start - 1, 0), stop - 1
        return _Range(start, stop, is_part=True)

    def _file_headers(self, part: _Range, total: int) -> dict[str, str]:
        headers = {"Content-Type": "text/html" if self.kind == "html-in-range" else "application/octet-stream"}
        if part.is_part and self.kind != "no-range-header":
            headers["Content-Range"] = f"bytes {part.start}-{part.stop - 1}/{total}"
        if self.kind == "encoded":
            headers["Content-Encoding"] = "gzip"
        if self.kind == "closes":
            headers["Connection"] = "close"
        return headers

    def _faulty_body(self, body: bytes) -> bool:
        at = self.fault.at_byte if self.fault else 0
        if self.kind in {"truncated", "reset", "stall", "trickle"} and len(body) > at:
            self._body(body[:at])
            return self._after_cut(body[at:])
        self._body(body)
        if self.kind == "longer":
            self._body(b"more than was announced")
        return self.kind not in {"closes", "closes-silently", "longer"}

    def _after_cut(self, rest: bytes) -> bool:
        if self.kind == "reset":
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        if self.kind == "stall":
            self.server.pause(60)
        if self.kind == "trickle" and self.fault:
            for at in range(len(rest)):
                if not self.server.pause(self.fault.pause_s) or not self._body(rest[at : at + 1]):
                    break
        return False

    def _status(self) -> bool:
        if self.fault is None:
            return False
        self._head(self.fault.status, "Told So", 0, dict(self.fault.headers))
        return True

    def _html(self) -> bool:
        page = b"<html><h1>Sorry</h1></html>"
        return self._head(200, "OK", len(page), {"Content-Type": "text/html; charset=utf-8"}) and self._body(page)

    def _garbage(self) -> bool:
        self.connection.sendall(b"SSH-2.0-OpenSSH_9.2p1\r\n\r\n")
        return False

    def _long_head(self) -> bool:
        self.connection.sendall(b"HTTP/1.1 200 OK\r\n")
        while self.server.pause(0):
            self.connection.sendall(b"X-Filler: " + b"x" * 1000 + b"\r\n")
        return False

    def _endless(self) -> bool:
        self._head(200, "OK", None, {"Connection": "close"})
        while self.server.pause(0) and self._body(bytes(65_536)):
            pass
        return False

    def _chunks(self, body: bytes) -> bool:
        for at in range(0, len(body), 5_000):
            part = body[at : at + 5_000]
            self.connection.sendall(f"{len(part):x};note=1\r\n".encode() + part + b"\r\n")
        self.connection.sendall(b"0\r\nTrailer: yes\r\n\r\n")
        return True

    def _head(self, status: int, reason: str, length: int | None, headers: Mapping[str, str] | None = None) -> bool:
        lines = [f"HTTP/1.1 {status} {reason}", "Server: faulty"]
        lines += [f"Content-Length: {length}"] if length is not None else []
        lines += [f"{name}: {value}" for name, value in {**(headers or {}), **self.counted}.items()]
        self.connection.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        return True

    def _body(self, body: bytes) -> bool:
        for at in range(0, len(body), 65_536):
            part = body[at : at + 65_536]
            self.connection.sendall(part)
            self.server.count(len(part))
            if self.server.piece_pause_s and not self.server.pause(self.server.piece_pause_s):
                return False
        return True


def _has_come(connection: socket.socket, lines: io.BufferedReader) -> bool:
    """Whether another request is here already."""
    connection.settimeout(0)
    try:
        return bool(lines.peek(1))
    finally:
        connection.settimeout(None)


def _read_request(lines: object) -> Asked | None:
    first = lines.readline(65_536).decode("latin-1").split()  # type: ignore[attr-defined]  # a binary file
    if len(first) != 3:
        return None
    headers: dict[str, str] = {}
    while line := lines.readline(65_536).decode("latin-1").strip():  # type: ignore[attr-defined]
        name, _, value = line.partition(":")
        headers[name.lower()] = value.strip()
    start, stop = 0, None
    if wanted := headers.get("range", "").removeprefix("bytes="):
        first_byte, _, last_byte = wanted.partition("-")
        start, stop = int(first_byte), int(last_byte) + 1
    return Asked(unquote(urlsplit(first[1]).path), start, stop, headers)
