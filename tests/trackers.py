# SPDX-License-Identifier: Apache-2.0
"""Trackers on loopback for tests of whoever asks them: ours, other programs, and small ones with faults."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from urllib.parse import quote_from_bytes

from tests.e2e.clients.base import LOOPBACK, accepts, free_port, process, wait_until
from tests.e2e.clients.webtorrent import HOME
from tests.programs import require

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@contextlib.contextmanager
def opentracker(folder: Path, listed: list[bytes]) -> Iterator[int]:
    """Debian's opentracker, which serves a list only; its port, for HTTP and UDP."""
    program, port = require("opentracker"), free_port()
    folder.chmod(0o755)  # started by root it becomes nobody
    (folder / "list").write_text("".join(f"{one.hex()}\n" for one in listed))
    command = [program, "-i", LOOPBACK, "-p", str(port), "-P", str(port), "-w", "list", "-d", str(folder)]
    with process(command, folder / "opentracker.log", cwd=folder):
        url, log = f"http://{LOOPBACK}:{port}/announce", folder / "opentracker.log"
        wait_until(
            lambda: accepts(port) and (not listed or is_served(url, listed[-1])), "opentracker is ready", log=log
        )
        yield port


@contextlib.contextmanager
def npm_tracker(folder: Path) -> Iterator[int]:
    """The server of the npm package bittorrent-tracker; its port, for HTTP and UDP."""
    import pytest  # noqa: PLC0415

    node, port, command = require("node"), free_port(), HOME / "node_modules" / "bittorrent-tracker" / "bin" / "cmd.js"
    if not command.is_file():
        pytest.skip("bittorrent-tracker is not installed (make peers)")
    log = folder / "npm.log"
    with process([node, str(command), "--http", "--udp", "--port", str(port), "--http-hostname", LOOPBACK,
                  "--udp-hostname", LOOPBACK], log):  # fmt: skip
        wait_until(lambda: accepts(port), "bittorrent-tracker is ready", log=log)
        yield port


def has_ipv6() -> bool:
    """Whether this machine's loopback speaks it."""
    with contextlib.suppress(OSError), socket.socket(socket.AF_INET6) as probe:
        probe.bind(("::1", 0))
        return True
    return False


def is_served(url: str, info_hash: bytes) -> bool:
    """Whether a tracker knows a torrent; nobody is listed by asking so."""
    return b"failure" not in _announced(url, info_hash, 1, "stopped", left=1)


def announce(url: str, info_hash: bytes, port: int, *, left: int = 0) -> None:
    """A peer says that it is there, over HTTP."""
    assert b"failure" not in _announced(url, info_hash, port, "started", left=left)


def _announced(url: str, info_hash: bytes, port: int, event: str, *, left: int) -> bytes:
    query = f"info_hash={quote_from_bytes(info_hash, safe='')}&peer_id={'p' * 15}{port:05}&port={port}&left={left}"
    with urllib.request.urlopen(f"{url}?{query}&uploaded=0&downloaded=0&compact=1&event={event}", timeout=10) as answer:
        return bytes(answer.read())


@contextlib.contextmanager
def http_says(answer: Callable[[str], tuple[int, bytes]]) -> Iterator[str]:
    """A web server that gives status and body for a path; its announce URL."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:  # http.server's own name
            status, body = answer(self.path)
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer((LOOPBACK, 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://{LOOPBACK}:{server.server_port}/announce"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextlib.contextmanager
def udp_says(answer: Callable[[bytes], bytes | None]) -> Iterator[str]:
    """A tracker that gives out connection ids and answers scrapes as told: scrape -> what follows the transaction."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind((LOOPBACK, 0))
        server.settimeout(0.05)
        over = threading.Event()

        def serve() -> None:
            while not over.is_set():
                try:
                    data, where = server.recvfrom(4096)
                except TimeoutError:
                    continue
                _, action, transaction = struct.unpack_from(">QII", data)
                said = struct.pack(">Q", 7) if action == 0 else answer(data)
                if said is not None:
                    kind = b"" if action else struct.pack(">I", 0)
                    head = kind + struct.pack(">I", transaction) if not action else said[:4] + data[12:16]
                    server.sendto(head + (said if not action else said[4:]), where)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"udp://{LOOPBACK}:{server.getsockname()[1]}/announce"
        finally:
            over.set()
            thread.join()
