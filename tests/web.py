# SPDX-License-Identifier: Apache-2.0
"""A web server on loopback that serves files well, or badly in a chosen way."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@dataclass
class Site:
    """Files by path, and how to misbehave."""

    files: dict[str, bytes] = field(default_factory=dict)
    url: str = ""
    has_ranges: bool = True
    etags: dict[str, str] = field(default_factory=dict)
    """Path -> ETag; ``"v1"`` where not given, no header for an empty one."""
    last_modified: str = ""
    misbehave: Callable[[Handler, bytes], bool] = lambda _handler, _body: False
    """Called with each answer's body; True if it has answered itself."""
    requests: list[tuple[str, str]] = field(default_factory=list)
    """(path, Range header) of each request."""
    bytes_sent: int = 0
    folder: Path | None = None
    """Served too, as it is at the moment."""

    def find(self, path: str) -> bytes | None:
        """A file; None when there is none."""
        if path in self.files or self.folder is None:
            return self.files.get(path)
        file = self.folder / path.lstrip("/")
        return file.read_bytes() if file.is_file() else None


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    site: Site

    def do_GET(self) -> None:
        """Answer a request."""
        path, wanted = unquote(self.path.partition("?")[0]), self.headers.get("Range", "")
        self.site.requests.append((path, wanted))
        body = self.site.find(path)
        if body is None:
            self.answer(404, b"<html>no such page</html>")
            return
        etag = self.site.etags.get(path, '"v1"')
        condition = self.headers.get("If-Match")
        if etag and self.headers.get("If-None-Match") == etag:
            self.answer(304, b"")
        elif condition and condition != etag:
            self.answer(412, b"")
        elif not self.site.misbehave(self, body):
            self.send_file(body, wanted)

    def send_file(self, body: bytes, wanted: str) -> None:
        """Answer with a file or a part of it."""
        if not (wanted and self.site.has_ranges):
            self.answer(200, body)
            return
        first, last = (int(part) for part in wanted.removeprefix("bytes=").split("-"))
        if first >= len(body):
            self.answer(416, b"", ("Content-Range", f"bytes */{len(body)}"))
            return
        part = body[first : last + 1]
        self.answer(206, part, ("Content-Range", f"bytes {first}-{first + len(part) - 1}/{len(body)}"))

    def answer(self, status: int, body: bytes, *headers: tuple[str, str], length: int = -1) -> None:
        """Send an answer; ``length`` may promise more than ``body`` has."""
        self.send_response(status)
        etag = self.site.etags.get(self.path.partition("?")[0], '"v1"')
        named = [("ETag", etag)] if etag else []
        dated = [("Last-Modified", self.site.last_modified)] if self.site.last_modified else []
        for name, value in [*named, *dated, *headers]:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body) if length < 0 else length))
        self.end_headers()
        try:
            self.wfile.write(body)
            self.site.bytes_sent += len(body)
        except OSError:
            self.close_connection = True
        if length > len(body):
            self.close_connection = True

    def log_message(self, *_: Any) -> None:
        """Quiet."""


class _Quiet(ThreadingHTTPServer):
    def handle_error(self, *_: Any) -> None:
        """A client that hangs up is no error here."""


@contextmanager
def serving(site: Site) -> Iterator[Site]:
    """Serve on a free port until the block ends."""
    handler = type("SiteHandler", (Handler,), {"site": site})
    server = _Quiet(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    site.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
