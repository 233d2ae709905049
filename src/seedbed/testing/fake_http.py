# SPDX-License-Identifier: Apache-2.0
"""What the fake services share: an HTTP server on loopback that can be stopped, started, and cut at any request.

A fake answers one request at a time. Every request is remembered; a test may have the connection cut at the Nth one,
before the service acts or after it did, which is what a killed program or a lost answer looks like to the service.
"""

from __future__ import annotations

import json
import socket
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Literal, Self
from urllib.parse import parse_qsl, unquote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

When = Literal["before", "after"]
"""Whether the service does not act, or acts and its answer is lost."""


@dataclass(frozen=True, slots=True)
class Request:
    """A request that was received."""

    method: str
    path: str
    """Without query, percent signs resolved."""
    query: dict[str, str]
    headers: dict[str, str]
    """By lower-case name."""
    body: bytes = field(repr=False)

    def json(self) -> Any:
        """The body; None when it is empty or no JSON."""
        try:
            return json.loads(self.body) if self.body else None
        except ValueError:
            return None


@dataclass(slots=True)
class Reply:
    """An answer."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)


def json_reply(value: object, status: int = 200, *, kind: str = "application/json") -> Reply:
    """An answer in JSON."""
    return Reply(status, json.dumps(value).encode(), {"Content-Type": kind})


def ranged(request: Request, body: bytes) -> Reply:
    """A file, or the part of it that was asked for."""
    wanted = request.headers.get("range", "")
    headers = {"Content-Type": "application/octet-stream", "Accept-Ranges": "bytes"}
    first, _, last = wanted.removeprefix("bytes=").partition("-")
    if not wanted or not first.isdigit():
        return Reply(200, body, headers)
    start, stop = int(first), min(int(last) + 1 if last else len(body), len(body))
    if start >= len(body):
        return Reply(416, b"", {**headers, "Content-Range": f"bytes */{len(body)}"})
    return Reply(206, body[start:stop], {**headers, "Content-Range": f"bytes {start}-{stop - 1}/{len(body)}"})


class Blobs:
    """Files of a fake service: in memory, or in a folder when there are large ones.

    Args:
        folder: Where; None for memory.
    """

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._memory: dict[int, bytes] = {}
        self._count = 0

    def keep(self, data: bytes) -> int:
        """Keep bytes; returns the number that gets them back."""
        self._count += 1
        if self._folder is None:
            self._memory[self._count] = data
        else:
            self._folder.mkdir(parents=True, exist_ok=True)
            (self._folder / f"{self._count}.bin").write_bytes(data)
        return self._count

    def get(self, number: int) -> bytes:
        """What was kept."""
        return self._memory[number] if self._folder is None else (self._folder / f"{number}.bin").read_bytes()


class FakeService:
    """A service on loopback; use it with ``with``, or with :meth:`start` and :meth:`stop`.

    Args:
        answer: What it says to a request.
    """

    def __init__(self, answer: Callable[[Request], Reply]) -> None:
        self.fails_at = 0
        """Number of the request, from 1 since :meth:`count_anew`, at which the connection is cut; 0 never."""
        self.when: When = "before"
        self.on_cut: Callable[[], object] = lambda: None
        """Called at that moment: a test may kill its program here."""
        self.requests: list[Request] = []
        """Since :meth:`count_anew`, in order; bodies left out."""
        self.port = 0
        self._answer = answer
        self._lock = threading.RLock()
        self._server: _Server | None = None

    @property
    def url(self) -> str:
        """The root, without a slash at the end; the same after a stop and a start."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Listen: on any free port first, then always on the same one."""
        self._server = _Server(self, self.port)
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.02,), name="fake", daemon=True).start()

    def stop(self) -> None:
        """Be gone, with all connections; what was kept stays."""
        if self._server is not None:
            self._server.close_all()
            self._server = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def count_anew(self, *, fails_at: int = 0, when: When = "before") -> None:
        """Forget the requests so far, and cut the Nth from now on."""
        with self._lock:
            self.requests.clear()
            self.fails_at, self.when = fails_at, when

    def handle(self, request: Request) -> Reply | None:
        """Answer a request; None when the connection is cut instead."""
        with self._lock:
            self.requests.append(Request(request.method, request.path, request.query, request.headers, b""))
            is_cut = len(self.requests) == self.fails_at
            if is_cut and self.when == "before":
                self.on_cut()
                return None
            reply = self._answer(request)
            if is_cut:
                self.on_cut()
            return None if is_cut else reply


class _Server(ThreadingHTTPServer):
    daemon_threads = False
    block_on_close = True
    allow_reuse_address = True

    def __init__(self, service: FakeService, port: int) -> None:
        self.service = service
        self.connections: set[socket.socket] = set()
        super().__init__(("127.0.0.1", port), _Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is none."""

    def close_all(self) -> None:
        self.shutdown()
        for connection in tuple(self.connections):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def setup(self) -> None:
        super().setup()
        self.server.connections.add(self.connection)

    def finish(self) -> None:
        self.server.connections.discard(self.connection)
        with suppress(OSError):
            super().finish()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the standard library's
        pass

    def _serve(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        if len(body) < length:  # the client gave up half-way: the service saw no request
            self.close_connection = True
            return
        parts = urlsplit(self.path)
        reply = self.server.service.handle(
            Request(
                self.command,
                unquote(parts.path),
                dict(parse_qsl(parts.query, keep_blank_values=True)),
                {name.lower(): value for name, value in self.headers.items()},
                body,
            )
        )
        if reply is None:
            self.close_connection = True
            return
        self._send(reply)

    def _send(self, reply: Reply) -> None:
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        if reply.status != 204:
            self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(reply.body)

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = do_PATCH = _serve  # noqa: N815  # the standard library's
