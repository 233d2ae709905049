# SPDX-License-Identifier: Apache-2.0
"""The status page over real sockets: of a node that runs, and asked by whoever may not."""

from __future__ import annotations

import asyncio
import contextlib
import json
import urllib.request
from typing import TYPE_CHECKING

import pytest

from seedbed.core.endpoints import Endpoint
from seedbed.errors import StateError
from seedbed.node.page.door import MAX_CONNECTIONS, Answer, Door, plain
from tests.e2e.clients.base import LOOPBACK, process
from tests.e2e.node_world import NodeRun
from tests.unit.cli.test_node import run
from tests.unit.node.test_page import metric_lines

if TYPE_CHECKING:
    from pathlib import Path

    from seedbed.gateway.request import Request

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(60)]


async def fine(_request: Request) -> Answer:
    """An answer."""
    return plain(200, "fine")


async def say(port: int, text: bytes) -> bytes:
    """What comes back until the door is closed."""
    reader, writer = await asyncio.open_connection(LOOPBACK, port)
    writer.write(text)
    with contextlib.suppress(ConnectionError):
        found = await asyncio.wait_for(reader.read(), 10)
    writer.close()
    return found


@pytest.mark.parametrize(("text", "status"), [
    (b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", b"200"),
    (b"HEAD / HTTP/1.1\r\nHost: localhost\r\n\r\n", b"200"),
    (b"GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n", b"421"),
    (b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\n\r\nx", b"400"),
    (b"hello\r\n\r\n", b"400"),
    (b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"x" * 40_000 + b"\r\n\r\n", b"400"),
])  # fmt: skip
def test_what_is_asked_over_a_socket(text: bytes, status: bytes) -> None:
    """Answered, and the connection closed; nothing says that others may read it."""

    async def tale() -> None:
        async with Door(fine).opened(Endpoint(LOOPBACK, 0)) as url:
            answer = await say(int(url.rpartition(":")[2].strip("/")), text)
        head, _, body = answer.partition(b"\r\n\r\n")
        assert head.split()[1] == status
        assert b"frame-ancestors 'none'" in head
        assert b"Access-Control" not in head
        assert bool(body) != text.startswith(b"HEAD")

    asyncio.run(tale())


def test_many_who_say_nothing() -> None:
    """They are held up to a number; the door closes all the same."""

    async def tale() -> None:
        async with Door(fine).opened(Endpoint(LOOPBACK, 0)) as url:
            port = int(url.rpartition(":")[2].strip("/"))
            lines = [await asyncio.open_connection(LOOPBACK, port) for _ in range(MAX_CONNECTIONS + 5)]
            for reader, _ in lines[MAX_CONNECTIONS:]:
                with contextlib.suppress(ConnectionError):
                    assert await asyncio.wait_for(reader.read(), 5) == b""
        for _, writer in lines:
            writer.close()

    asyncio.run(tale())


def test_a_port_that_is_taken() -> None:
    """It is said; a node goes on without a page."""

    async def tale() -> None:
        async with Door(fine).opened(Endpoint(LOOPBACK, 0)) as url:
            taken = Endpoint(LOOPBACK, int(url.rpartition(":")[2].strip("/")))
            with pytest.raises(StateError, match="status page"):
                async with Door(fine).opened(taken):
                    pass

    asyncio.run(tale())


def test_the_page_of_a_node_that_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Page, numbers and facts; and its end leaves nothing open."""
    monkeypatch.setenv("SEEDBED_HOME", str(tmp_path / "home"))
    run("catalog", "init", tmp_path / "site")
    run("node", "join", tmp_path / "site", "--dir", tmp_path / "given", "--storage", "50M")
    from tests.e2e.clients.seedbed import PROGRAM  # noqa: PLC0415

    command = [
        *PROGRAM, "node", "run", "--listen", f"{LOOPBACK}:0", "--lan", "--no-dht", "--status-page",
        f"{LOOPBACK}:0", "--json",
    ]  # fmt: skip
    with process(command, tmp_path / "log") as started:
        node = NodeRun(started, tmp_path / "log")
        node.until("round")
        url = node.events("ready")[0]["page"]
        request = urllib.request.Request(url, headers={"Accept-Language": "fr"})
        with urllib.request.urlopen(request, timeout=10) as answer:
            assert "Ce que vous protégez" in answer.read().decode()
        with urllib.request.urlopen(f"{url}metrics", timeout=10) as answer:
            assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
            assert metric_lines(answer.read().decode())["seedbed_node_rounds_total"] == 1
        with urllib.request.urlopen(f"{url}status.json", timeout=10) as answer:
            assert json.load(answer)["storage_bytes"] == 50_000_000
        assert run("node", "status")["is_running"]
        assert node.terminate() == 0
    assert not run("node", "status")["is_running"]
