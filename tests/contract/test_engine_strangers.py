# SPDX-License-Identifier: Apache-2.0
"""Row P13 of docs/threats.md: strangers that say anything at all to a node's engine. Real libtorrent on loopback."""

from __future__ import annotations

import asyncio
import contextlib
import random
import resource
from typing import TYPE_CHECKING

import pytest

from seedbed.core import bencode
from seedbed.engine.base import Addition
from seedbed.engine.libtorrent_engine import LibtorrentEngine
from seedbed.engine.settings import Settings
from seedbed.fetching.flow import Options, fetch_found
from seedbed.fetching.torrent.found import FoundTorrent
from seedbed.testing.datasets import PIECE_LENGTH, Dataset, make_dataset
from seedbed.testing.fetching import QUICK

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.slow

SETTINGS = Settings.loopback(reconnect_s=1, stop_timeout_s=1.0)
STRANGERS = 300
GROWTH_LIMIT_BYTES = 150_000_000
"""One of them announces a message of two gigabytes."""


def handshake(dataset: Dataset) -> bytes:
    """As of a client with extensions and v2 (BEP 3, 10, 52)."""
    info_hash = bytes.fromhex(dataset.metainfo.info_hashes.best_hex)[:20]
    return b"\x13BitTorrent protocol" + bytes.fromhex("0000000000100010") + info_hash + b"-XX0000-strangestran"


def message(kind: int, body: bytes = b"", length: int | None = None) -> bytes:
    """A message, whose length may be a lie."""
    return (len(body) + 1 if length is None else length).to_bytes(4, "big") + bytes([kind]) + body


def extended(number: int, value: bencode.Value) -> bytes:
    """BEP 10."""
    return message(20, bytes([number]) + bencode.encode(value))


def sayings(dataset: Dataset) -> Iterator[bytes]:
    """What strangers say: nonsense, lies about lengths and numbers, floods, and chance."""
    chance, hello = random.Random(13), handshake(dataset)
    yield b""
    yield b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
    yield hello[:30]
    yield hello.replace(b"protocol", b"protocoll")
    yield hello + b"\xff" * 4 + b"\x07"
    yield hello + message(7, b"\0" * 8, 0x7FFF_FFFF)
    yield hello + message(5, b"\xff" * 100_000)
    yield hello + message(4, b"\xff\xff\xff\xff") * 1_000
    yield hello + message(6, b"\x7f\xff\xff\xff" * 3) * 1_000
    yield hello + message(7, b"\0\0\0\0" + b"\0\0\0\1" + b"x" * 16_384)
    yield hello + message(9, b"\0\0")
    yield hello + message(21, b"\xff" * 48) + message(22, b"\xff" * 48) + message(23, b"\xff" * 48)
    yield hello + message(20, b"\0" + b"d" * 100_000)
    yield hello + message(20, b"\0" + b"l" * 500_000)
    yield hello + message(20, b"\0" + b"99999999999:x")
    yield hello + extended(0, {b"m": {b"ut_pex": 1, b"ut_metadata": 2}, b"metadata_size": 1 << 40, b"reqq": -5})
    pex: dict[bytes, bencode.Value] = {b"m": {b"ut_pex": 1}}
    yield hello + extended(0, pex) + extended(1, {b"added": b"\x7f\0\0\1\0\1" * 100_000, b"added.f": b"x"})
    yield hello + extended(0, pex) + extended(1, {b"added": b"\x7f\0\0\1\0\1\0", b"added6": b"x" * 17, b"dropped": 3})
    yield hello + extended(0, {b"m": {b"ut_metadata": 2}}) + extended(2, {b"msg_type": 0, b"piece": -(1 << 40)}) * 50
    while True:
        body = bytearray(hello + message(chance.randrange(32), chance.randbytes(chance.randrange(200))) * 5)
        for _ in range(chance.randrange(4)):
            body[chance.randrange(len(body))] = chance.randrange(256)
        yield bytes(body)


async def say(host: str, port: int, words: bytes) -> None:
    """Say it, listen for a moment, and go."""
    with contextlib.suppress(OSError, TimeoutError):
        async with asyncio.timeout(3):
            reader, writer = await asyncio.open_connection(host, port)
            writer.write(words)
            await writer.drain()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(0.3):
                    await reader.read(65_536)
            writer.close()


def test_p13_strangers_may_say_anything(tmp_path: Path) -> None:
    """The engine hangs up and serves the next one: nothing crashes, grows, or changes on disk."""
    dataset = make_dataset(tmp_path / "source", {"a.bin": 20 * PIECE_LENGTH + 7, "b.csv": 1_000})
    out = tmp_path / "out"

    async def story() -> None:
        async with LibtorrentEngine(SETTINGS) as engine:
            await engine.add(Addition(dataset.metainfo, dataset.parent, have_pieces=dataset.all_pieces))
            host, port = engine.endpoints[0].host, engine.endpoints[0].port
            said = sayings(dataset)
            for _ in range(0, STRANGERS, 20):
                await asyncio.gather(*(say(host, port, next(said)) for _ in range(20)))
            options = Options(
                folder=out, uses_web_seeds=False, uses_dht=False, rules=QUICK, peers=((host, port),),
                open_engine=lambda: LibtorrentEngine(SETTINGS),
            )  # fmt: skip
            await fetch_found(FoundTorrent(dataset.metainfo, options))

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    asyncio.run(story())
    grown_bytes = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024

    assert dataset.is_at(out)
    assert dataset.is_at(dataset.parent)
    assert grown_bytes < GROWTH_LIMIT_BYTES
