# SPDX-License-Identifier: Apache-2.0
"""The gateway in front of mirrors, on real sockets: the bytes, failures before and in the middle, slow clients, S3."""

from __future__ import annotations

import asyncio
import http.client
import random
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest

from seedbed.gateway.facts import NoFacts
from seedbed.gateway.limits import Limits
from seedbed.gateway.metrics import Metrics
from seedbed.gateway.mirrored import MirrorRoot
from seedbed.gateway.places import Places
from seedbed.gateway.server import Server
from seedbed.gateway.site import Site
from seedbed.mirrors.base import failure
from seedbed.mirrors.content import BytesContent, Stream
from seedbed.mirrors.memory import MemoryMirror
from seedbed.mirrors.registry import open_mirror
from seedbed.testing.faulty_http import FaultyHttpServer
from tests.contract.test_gateway import ask, quiet, until
from tests.object_stores import moto

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from seedbed.mirrors.base import Mirror

BODY = random.Random(5).randbytes(11_000_000)
PATH = "/webseed/ds/1/one.bin"
KEY = "ds/1/one.bin"


@asynccontextmanager
async def gateway(mirror: Mirror, limits: Limits | None = None) -> AsyncIterator[tuple[int, Server]]:
    """A server of one mirror on a free port."""
    metrics, root = Metrics(), MirrorRoot(mirror)
    site = Site(Places((root,)), NoFacts(), None, metrics)
    server, stop = Server(site.answer, limits or Limits(), metrics), asyncio.Event()
    bound: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    serving = asyncio.create_task(server.serve("127.0.0.1", 0, stop, lambda _, port: bound.set_result(port)))
    try:
        yield await bound, server
    finally:
        stop.set()
        await serving
        root.close()


async def bytes_are_right(mirror: Mirror) -> None:
    """Whole, parts, end, nothing."""
    async with gateway(mirror) as (port, server):
        for wanted, start, stop in (
            ("", 0, len(BODY)),
            ("bytes=4194300-4194310", 4_194_300, 4_194_311),
            ("bytes=-7", len(BODY) - 7, len(BODY)),
            ("bytes=1000-9999999", 1000, 10_000_000),
        ):
            headers = {"Range": wanted} if wanted else {}
            answer, data = await asyncio.to_thread(ask, port, PATH, **headers)
            assert answer.status == (206 if wanted else 200)
            assert data == BODY[start:stop]
        answer, several = await asyncio.to_thread(ask, port, PATH, Range="bytes=0-99999,-7")
        assert BODY[:100_000] in several
        assert BODY[-7:] in several
        assert int(answer.getheader("Content-Length") or 0) == len(several)
        answer, _ = await asyncio.to_thread(ask, port, PATH, Range="bytes=99999999-")
        assert answer.status == 416
        assert (await asyncio.to_thread(ask, port, PATH + "x"))[0].status == 404
        await quiet(server)
        assert server._room.free_bytes == type(server._room)().free_bytes


def filled() -> MemoryMirror:
    """A mirror with one file."""
    mirror = MemoryMirror()
    mirror.files[KEY] = BODY
    return mirror


def test_from_memory() -> None:
    """The simplest mirror."""
    asyncio.run(bytes_are_right(filled()))


def test_from_a_web_server() -> None:
    """A plain folder behind HTTP."""
    with FaultyHttpServer({f"/data/{KEY}": BODY}) as web:
        asyncio.run(bytes_are_right(open_mirror(f"{web.url}data/")))


@pytest.mark.slow
def test_from_an_object_store() -> None:
    """S3; its credentials are in no answer."""
    with moto() as store:
        mirror = open_mirror(f"s3://{store.bucket}/below?endpoint={store.endpoint}", environ=store.environ)
        mirror.put(KEY, Stream(BytesContent(KEY, BODY), mirror.traits.checksum))
        asyncio.run(bytes_are_right(mirror))


class Breaking(MemoryMirror):
    """Reads go well so often, and then not."""

    def __init__(self, good: int) -> None:
        super().__init__()
        self.files[KEY] = BODY
        self.good = good
        self.reads = 0

    def read(self, key: str, *, start: int, stop: int) -> bytes:
        """Its part, or the failure."""
        self.reads += 1
        if self.reads > self.good:
            raise failure("m", key, "broken", is_passing=True, retry_after_s=3)
        return super().read(key, start=start, stop=stop)


def test_failures_before_and_in_the_middle() -> None:
    """Before the first byte it is a status on a connection that goes on; later the connection is cut."""

    async def story() -> None:
        mirror = Breaking(0)
        async with gateway(mirror) as (port, server):
            answer, _ = await asyncio.to_thread(ask, port, PATH)
            assert (answer.status, answer.getheader("Retry-After")) == (503, "3")
            mirror.reads, mirror.good = 0, 1
            with pytest.raises((http.client.IncompleteRead, ConnectionError)):
                await asyncio.to_thread(ask, port, PATH)
            await quiet(server)
            assert server.metrics.mirror_failures == 2

    asyncio.run(story())


def test_who_takes_nothing_makes_us_read_nothing() -> None:
    """Back-pressure: two spans are read for a client that does not read, and it is let go."""

    async def story() -> None:
        mirror = Breaking(1000)
        mirror.files[KEY] = bytes(64 << 20)
        async with gateway(mirror, Limits(block_timeout_s=0.5)) as (port, server):
            reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1)
            reader._transport.pause_reading()  # type: ignore[attr-defined]  # a client that takes nothing
            writer.write(f"GET {PATH} HTTP/1.1\r\nHost: h\r\n\r\n".encode())
            await until(lambda: server.metrics.slow_clients > 0)
            assert mirror.reads <= 4
            writer.transport.abort()
            await quiet(server)
            assert server._room.free_bytes == type(server._room)().free_bytes

    asyncio.run(story())
