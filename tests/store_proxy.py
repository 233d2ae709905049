# SPDX-License-Identifier: Apache-2.0
"""Stands before an object store: counts what it is asked, and fails as a store does where a test wants it."""

from __future__ import annotations

import http.client
import threading
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Literal
from urllib.parse import parse_qs, urlsplit

from tests.e2e.clients.base import LOOPBACK

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(slots=True)
class StoreProxy:
    """What it was asked, and how it fails."""

    store: str
    """Endpoint of the store behind."""
    endpoint: str = ""
    asked: list[str] = field(default_factory=list)
    """Operations of the S3 API, in order."""
    fails_at: int = 0
    """Number of the request that fails, from 1; 0 none."""
    fails_in: str = ""
    """The operation that always fails; empty none."""
    when: Literal["before", "after"] = "before"
    """Whether the store is not asked, or is asked and its answer is lost."""
    answer: tuple[int, str] = (403, "QuotaExceeded")
    """Status and code of a failure."""
    stalls: threading.Event | None = None
    """Parts are read, and go no further until it is set."""
    lock: threading.Lock = field(default_factory=threading.Lock)

    def count(self, operation: str) -> bool:
        """Note a request; whether it fails."""
        with self.lock:
            self.asked.append(operation)
            return len(self.asked) == self.fails_at or operation == self.fails_in

    def parts_sent(self) -> int:
        """Parts, since the count began."""
        return self.asked.count("UploadPart")


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    proxy: StoreProxy

    def forward(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        operation = operation_of(self.command, self.path)
        fails = self.proxy.count(operation)
        if self.proxy.stalls and operation == "UploadPart":
            self.proxy.stalls.wait(30)
        if not fails or self.proxy.when == "after":
            status, headers, data = self._ask(body)
        if fails:
            status, code = self.proxy.answer
            text = f"<Error><Code>{code}</Code><Message>by a test: AKIDSEEDBEDTEST</Message></Error>"
            headers, data = [("Content-Type", "application/xml")], text.encode()
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        if status != http.client.NO_CONTENT and "content-length" not in {name.lower() for name, _ in headers}:
            self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = forward  # noqa: N815  # http.server's names

    def _ask(self, body: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
        """The Host header stays what the client signed."""
        sent = {name: value for name, value in self.headers.items() if name.lower() not in {"expect", "connection"}}
        with closing(http.client.HTTPConnection(urlsplit(self.proxy.store).netloc, timeout=60)) as there:
            there.request(self.command, self.path, body or None, sent)
            answer = there.getresponse()
            data = answer.read()
        hop = {"transfer-encoding", "connection", "date", "server"}
        return answer.status, [pair for pair in answer.getheaders() if pair[0].lower() not in hop], data

    def log_message(self, *_: object) -> None:
        """Nothing."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """Nothing: clients are killed, and stores hang up on what they do not want."""


def operation_of(method: str, target: str) -> str:
    """A request's name in the S3 API."""
    query = parse_qs(urlsplit(target).query, keep_blank_values=True)
    if "uploads" in query:
        return {"GET": "ListMultipartUploads", "POST": "CreateMultipartUpload"}[method]
    if "uploadId" in query:
        names = {"GET": "ListParts", "PUT": "UploadPart", "POST": "CompleteMultipartUpload"}
        return names.get(method, "AbortMultipartUpload")
    return f"{method.title()}Object"


@contextmanager
def before(store: str) -> Iterator[StoreProxy]:
    """A proxy before a store."""
    proxy = StoreProxy(store)
    handler = type("Handler", (_Handler,), {"proxy": proxy})
    server = _Server((LOOPBACK, 0), handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    proxy.endpoint = f"http://{LOOPBACK}:{server.server_address[1]}"
    try:
        yield proxy
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
