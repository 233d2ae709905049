# SPDX-License-Identifier: Apache-2.0
"""WebTorrent in two browsers: one seeds a file, the other gets it; they find each other by a tracker alone."""

from __future__ import annotations

import contextlib
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest

from tests.e2e.clients.base import LOOPBACK, process
from tests.e2e.clients.webtorrent import HOME
from tests.programs import require

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_BUNDLE = HOME / "node_modules" / "webtorrent" / "dist" / "webtorrent.min.js"
_FLAGS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--mute-audio",
    # Names of mDNS in place of addresses need somebody who answers mDNS; a page in the background would be slowed down.
    "--disable-features=WebRtcHideLocalIpsWithMdns,Translate,MediaRouter,OptimizationHints",
    "--allow-loopback-in-peer-connection", "--disable-background-timer-throttling", "--disable-renderer-backgrounding",
    "--disable-backgrounding-occluded-windows",
)  # fmt: skip


class Pages:
    """What the pages were given, and what they told."""

    def __init__(self, data: bytes, tracker: str) -> None:
        self.data, self.tracker = data, tracker
        self.told: list[dict[str, Any]] = []

    def find(self, event: str) -> dict[str, Any]:
        """What was told of one thing; empty while it was not."""
        return next((one for one in self.told if one["event"] == event), {})

    def answer(self, path: str) -> tuple[str, bytes]:
        """Type and body of a page."""
        if path == "/webtorrent.min.js":
            return "text/javascript", _BUNDLE.read_bytes()
        if path == "/settings":
            return "application/json", json.dumps({"tracker": self.tracker}).encode()
        if path == "/data":
            return "application/octet-stream", self.data
        if path == "/magnet":
            return "text/plain", str(self.find("seeding").get("magnet", "")).encode()
        return "text/html", (HOME / "page.html").read_bytes()


@contextlib.contextmanager
def pages(data: bytes, tracker: str, scratch: Path) -> Iterator[Pages]:
    """A page in each browser, open."""
    browser, given = require("chromium"), Pages(data, tracker)
    if not _BUNDLE.is_file():
        pytest.skip("webtorrent is not installed (make peers)")

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            kind, body = given.answer(self.path.partition("?")[0])
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_POST(self) -> None:
            given.told.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer((LOOPBACK, 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    where = f"http://{LOOPBACK}:{server.server_port}/page.html"
    try:
        with contextlib.ExitStack() as stack:
            for role in ("seed", "leech"):
                command = [browser, *_FLAGS, f"--user-data-dir={scratch / role}", f"{where}?{role}"]
                stack.enter_context(process(command, scratch / f"{role}.log"))
            yield given
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
