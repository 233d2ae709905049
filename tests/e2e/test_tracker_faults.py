# SPDX-License-Identifier: Apache-2.0
"""Clients that nobody wishes for, at a running tracker: it goes on to serve the others."""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import resource
import socket
import time
from typing import TYPE_CHECKING

import pytest
from websockets.frames import Frame, Opcode
from websockets.sync.client import connect

from seedbed.core.endpoints import Endpoint
from seedbed.tracker.access import Everything
from seedbed.tracker.lines import LineLimits
from seedbed.tracker.server import Places, Server
from seedbed.tracker.swarm import Limits, Swarms
from seedbed.tracker.tracker import Tracker
from seedbed.tracker.udp_wire import ConnectionIds
from tests.e2e.test_tracker import tracking

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.e2e.test_tracker import Running

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(120)]
ASK = b"GET /announce?info_hash=aaaaaaaaaaaaaaaaaaaa&port=6881&left=0 HTTP/1.1\r\nHost: x\r\n\r\n"
IDLE = 10_000


@pytest.fixture(scope="module")
def tracker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """One for all: each test finds it alive after the test before."""
    with tracking(tmp_path_factory.mktemp("tracker"), "--open") as running:
        yield running


def port(url: str) -> int:
    """Of an announce URL."""
    return int(url.split("/")[2].rpartition(":")[2])


def talk(where: int, data: bytes, *, source: str = "127.0.0.1") -> bytes:
    """All that is answered until it ends."""
    with socket.create_connection(("127.0.0.1", where), timeout=30, source_address=(source, 0)) as line:
        line.sendall(data)
        line.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: line.recv(65_536), b""))


def test_half_closed(tracker: Running) -> None:
    """Who asks three times, and closes its side, hears three answers."""
    assert talk(port(tracker.http), ASK * 3).count(b"8:complete") == 3


def test_a_query_of_a_megabyte(tracker: Running) -> None:
    """It is refused in words that arrive, though most of it is never read."""
    answer = talk(port(tracker.http), b"GET /announce?" + b"x" * (1 << 20) + b" HTTP/1.1\r\n\r\n")

    assert answer.startswith(b"HTTP/1.1 431 ")


def test_who_never_reads(tracker: Running) -> None:
    """It is no longer heard; others are."""
    with socket.socket() as deaf:
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        deaf.connect(("127.0.0.1", port(tracker.http)))
        deaf.settimeout(1)
        with pytest.raises(TimeoutError):
            deaf.sendall(b"GET /stats HTTP/1.1\r\n\r\n" * 1_000_000)

        assert b"8:complete" in talk(port(tracker.http), ASK)


def test_a_browser_that_never_reads(tracker: Running) -> None:
    """It is ended once too much waits for it; others are served."""
    shake = (
        b"GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    )
    ask = Frame(Opcode.TEXT, b'{"action":"scrape","info_hash":"aaaaaaaaaaaaaaaaaaaa"}').serialize(mask=True)
    with socket.create_connection(("127.0.0.1", port(tracker.ws)), timeout=10) as deaf:
        deaf.sendall(shake)
        with pytest.raises(ConnectionError):
            deaf.sendall(ask * 500_000)
    with connect(tracker.ws) as other:
        other.send('{"action":"scrape","info_hash":"aaaaaaaaaaaaaaaaaaaa"}')

        assert "files" in json.loads(other.recv(timeout=10))


def test_a_flood_of_one_address(tracker: Running) -> None:
    """More than its share are turned away, and another address is served meanwhile."""
    with contextlib.ExitStack() as stack:
        lines = [stack.enter_context(socket.create_connection(("127.0.0.1", port(tracker.http)))) for _ in range(400)]
        for line in lines:
            with contextlib.suppress(OSError):
                line.sendall(b"GET ")
        assert b"8:complete" in talk(port(tracker.http), ASK, source="127.0.0.2")
        turned_away = 0
        for line in lines:
            line.settimeout(0.01)
            try:
                turned_away += line.recv(1) == b""
            except TimeoutError:
                pass
            except ConnectionError:
                turned_away += 1

    assert turned_away == 400 - 256


def test_k15_ten_thousand_idle_connections(tracker: Running) -> None:
    """Each has said something, and says no more: new ones are served, at once."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < IDLE + 500:
        pytest.skip("this machine allows too few file handles")
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    try:
        with contextlib.ExitStack() as stack:
            for number in range(IDLE):
                line = stack.enter_context(socket.socket())
                line.bind((f"127.1.{number % 100}.1", 0))
                line.connect(("127.0.0.1", port(tracker.http)))
                line.sendall(b"GET /ann")
            began_s = time.monotonic()

            assert b"8:complete" in talk(port(tracker.http), ASK)
            assert time.monotonic() - began_s < 5
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_k15_slow_loris() -> None:
    """A byte now and then keeps a connection for its time (here a second), and no longer."""

    async def story(urls: list[str], stop: asyncio.Event) -> float:
        reader, writer = await asyncio.open_connection("127.0.0.1", port(urls[0]))
        began_s = time.monotonic()
        with contextlib.suppress(OSError):
            for byte in ASK:
                writer.write(bytes((byte,)))
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(0.1):
                        if await reader.read(1) == b"":
                            break
        took_s = time.monotonic() - began_s
        writer.close()
        stop.set()
        return took_s

    async def both() -> float:
        stop, ready = asyncio.Event(), asyncio.get_running_loop().create_future()
        swarms = Swarms(Limits(), random.Random(1).randrange)
        one = Tracker(swarms, Everything(), ConnectionIds(b"key"))
        server = Server(one, Places(http=[Endpoint("127.0.0.1", 0)]), limits=LineLimits(idle_s=1))
        async with asyncio.TaskGroup() as group:
            group.create_task(server.serve(stop, ready.set_result))
            told = group.create_task(story(await ready, stop))
        return told.result()

    assert 1 < asyncio.run(both()) < 4
