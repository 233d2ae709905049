# SPDX-License-Identifier: Apache-2.0
"""The gateway on a real socket: what goes over the line, who is turned away, and how it stops."""

from __future__ import annotations

import asyncio
import email
import http.client
import random
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from seedbed.gateway.facts import NoFacts
from seedbed.gateway.limits import Limits
from seedbed.gateway.metrics import Metrics
from seedbed.gateway.places import FolderRoot, Places
from seedbed.gateway.server import Server
from seedbed.gateway.site import Site

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

BODY = random.Random(3).randbytes(3_000_000)
PATH = "/v/ds/1/one.bin"


@asynccontextmanager
async def gateway(folder: Path, limits: Limits | None = None) -> AsyncIterator[tuple[int, Server, asyncio.Event]]:
    """A server of one file on a free port."""
    (folder / "ds/1").mkdir(parents=True)
    (folder / "ds/1/one.bin").write_bytes(BODY)
    metrics = Metrics()
    site = Site(Places((FolderRoot(folder),)), NoFacts(), None, metrics)
    server, stop = Server(site.answer, limits or Limits(), metrics), asyncio.Event()
    bound: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    serving = asyncio.create_task(server.serve("127.0.0.1", 0, stop, lambda _, port: bound.set_result(port)))
    try:
        yield await bound, server, stop
    finally:
        stop.set()
        await serving


def ask(port: int, path: str, **headers: str) -> tuple[http.client.HTTPResponse, bytes]:
    """One request by Python's own client."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        return answer, answer.read()
    finally:
        connection.close()


async def raw(port: int, data: bytes) -> bytes:
    """All that comes for some bytes until the server hangs up."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(data)
    try:
        return await reader.read()
    finally:
        writer.close()


async def until(question: Callable[[], bool]) -> None:
    """Until something is so."""
    async with asyncio.timeout(10):
        while not question():  # noqa: ASYNC110  # what is asked of are plain counters
            await asyncio.sleep(0.002)


async def quiet(server: Server) -> None:
    """Until no connection is open."""
    await until(lambda: not server.metrics.connections)


def test_bytes_are_right(tmp_path: Path) -> None:
    """The whole file, one part, several parts and zeros arrive as they should, and are counted."""

    async def story() -> None:
        async with gateway(tmp_path) as (port, server, _):
            _, whole = await asyncio.to_thread(ask, port, PATH)
            assert whole == BODY
            _, part = await asyncio.to_thread(ask, port, PATH, Range="bytes=1000-2500000")
            assert part == BODY[1000:2500001]
            answer, several = await asyncio.to_thread(ask, port, PATH, Range="bytes=0-99999,-7")
            head = f"Content-Type: {answer.getheader('Content-Type')}\r\n\r\n".encode()
            message = email.message_from_bytes(head + several)
            payloads: Any = [part.get_payload(decode=True) for part in message.walk() if not part.is_multipart()]
            assert payloads == [BODY[:100_000], BODY[-7:]]
            _, zeros = await asyncio.to_thread(ask, port, "/webseed/ds/1/one.bin/.pad/700000")
            assert zeros == bytes(700_000)
            _, metrics = await asyncio.to_thread(ask, port, "/metrics")
            assert b'requests_total{status="206"} 2\n' in metrics
            await quiet(server)
            assert server.metrics.sent_bytes == sum(map(len, (whole, part, several, zeros, metrics)))

    asyncio.run(story())


def test_requests_in_a_row(tmp_path: Path) -> None:
    """Requests sent without waiting are answered in their order on one connection."""

    async def story() -> None:
        async with gateway(tmp_path) as (port, _, _):
            one = "GET {} HTTP/1.1\r\nHost: h\r\nRange: bytes={}\r\n{}\r\n"
            asked = one.format(PATH, "0-99999", "") + one.format(PATH, "5-9", "Connection: close\r\n")
            found = await raw(port, asked.encode())
            assert found.count(b"HTTP/1.1 206") == 2
            assert found.endswith(BODY[5:10])
            assert BODY[:100_000] in found

    asyncio.run(story())


def test_who_is_turned_away(tmp_path: Path) -> None:
    """A bad head, one too long, one with a body; a client with too many connections or requests."""

    async def story() -> None:
        limits = Limits(client_connections=1, client_requests_per_s=0.4)
        async with gateway(tmp_path, limits) as (port, server, _):
            for data, status in (
                (b"nonsense\r\n\r\n", 400),
                (b"GET / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\n", 400),
                (b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\n\r\n", 431),
            ):
                assert (await raw(port, data)).startswith(f"HTTP/1.1 {status} ".encode())
                await quiet(server)
            _, idle = await asyncio.open_connection("127.0.0.1", port)
            assert (await raw(port, b"")).startswith(b"HTTP/1.1 429 ")
            idle.close()
            await quiet(server)
            asked = b"GET / HTTP/1.1\r\nHost: h\r\n\r\n" * 5
            found = await raw(port, asked)
            assert found.count(b"HTTP/1.1 200") == 4
            assert b"Retry-After: 3\r\n" in found

    asyncio.run(story())


def test_slow_clients_are_let_go(tmp_path: Path) -> None:
    """A connection that says nothing, and one that takes nothing, end by themselves."""

    async def story() -> None:
        async with gateway(tmp_path, Limits(head_timeout_s=0.1, block_timeout_s=0.2)) as (port, server, _):
            assert await raw(port, b"GET / HT") == b""
            reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1)
            reader._transport.pause_reading()  # type: ignore[attr-defined]  # a client that takes nothing
            writer.write(f"GET {PATH} HTTP/1.1\r\nHost: h\r\n\r\n".encode() * 20)
            await until(lambda: server.metrics.slow_clients > 0)
            writer.transport.abort()
            await quiet(server)

    asyncio.run(story())


def test_it_stops_with_care(tmp_path: Path) -> None:
    """Idle connections end at once; what is being sent arrives whole."""

    async def story() -> None:
        async with gateway(tmp_path, Limits(bytes_per_s=4_000_000)) as (port, server, stop):
            idle, line = await asyncio.open_connection("127.0.0.1", port)
            busy = asyncio.create_task(raw(port, f"GET {PATH} HTTP/1.1\r\nHost: h\r\n\r\n".encode() * 2))
            await until(lambda: server.metrics.sent_bytes > 500_000)
            stop.set()
            assert await idle.read() == b""
            line.close()
            assert (await busy).count(b"HTTP/1.1 200") <= 2
            assert (await busy).endswith(BODY[-1000:])

    asyncio.run(story())
