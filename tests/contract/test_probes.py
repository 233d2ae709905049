# SPDX-License-Identifier: Apache-2.0
"""Real peers are probed: libtorrent gives a piece of each kind of torrent, and each kind of liar is found out."""

from __future__ import annotations

import asyncio
import contextlib
import struct
from functools import partial
from typing import TYPE_CHECKING

import pytest

from seedbed.engine.base import Addition
from seedbed.engine.libtorrent_engine import LibtorrentEngine
from seedbed.engine.settings import Settings
from seedbed.health.probes import wire
from seedbed.health.probes.probe import Patience, Target, probe
from seedbed.testing.datasets import Dataset, make_dataset

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
    from pathlib import Path

    from seedbed.core.metainfo import Format
    from seedbed.health.probes.probe import Verdict

LOOPBACK = bytes((127, 0, 0, 1))
QUICK = Patience(2.0, 0.5)
SIZES = {"a.bin": 100_000, "b.bin": 70_001, "c.txt": 5}


@pytest.fixture
def data(tmp_path: Path) -> Dataset:
    """A hybrid torrent of some pieces."""
    return make_dataset(tmp_path, SIZES)


def last(pieces: Sequence[int]) -> int:
    """No chance in this."""
    return pieces[-1]


def _this(piece: int, _pieces: Sequence[int]) -> int:
    return piece


@pytest.mark.parametrize("format_", ["v1", "v2", "hybrid"])
def test_a_true_seed_gives_every_piece(tmp_path: Path, format_: Format) -> None:
    """Short ones at the ends of files too."""

    async def story() -> list[Verdict]:
        data = make_dataset(tmp_path, SIZES, format=format_)
        async with LibtorrentEngine(Settings.loopback()) as engine:
            await engine.add(Addition(data.metainfo, tmp_path, have_pieces=data.all_pieces))
            target, port = Target(data.metainfo), engine.endpoints[0].port
            return [await probe(LOOPBACK, port, target, partial(_this, piece)) for piece in target.pieces]

    found = asyncio.run(story())
    assert len(found) >= 6
    assert set(found) == {"good"}


def test_a_seed_of_something_else(tmp_path: Path, data: Dataset) -> None:
    """It hangs up on whoever asks for what it does not have."""

    async def story() -> Verdict:
        other = make_dataset(tmp_path / "other", SIZES, name="other")
        async with LibtorrentEngine(Settings.loopback()) as engine:
            await engine.add(Addition(other.metainfo, tmp_path / "other", have_pieces=other.all_pieces))
            return await probe(LOOPBACK, engine.endpoints[0].port, Target(data.metainfo), last)

    assert asyncio.run(story()) == "lacks"


class Liar:
    """A peer that shakes hands and says that it has everything."""

    def __init__(self, data: Dataset, answers: Callable[[asyncio.StreamWriter, int, int, int], None]) -> None:
        self._data = data
        self._answers = answers

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one who comes."""
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            hello = await reader.readexactly(68)
            writer.write(wire.handshake(hello[28:48], b"-LI0001-000000000000"))
            count = self._data.piece_count
            every = ((1 << count) - 1) << (-count % 8)
            writer.write(message(wire.BITFIELD, every.to_bytes(-(-count // 8))))
            writer.write(message(wire.UNCHOKE))
            while True:
                size = int.from_bytes(await reader.readexactly(4))
                body = await reader.readexactly(size)
                if body[:1] == bytes([wire.REQUEST]):
                    self._answers(writer, *struct.unpack(">III", body[1:]))
        writer.close()


def message(kind: int, body: bytes = b"") -> bytes:
    """As it is sent."""
    return struct.pack(">IB", 1 + len(body), kind) + body


def nothing(_writer: asyncio.StreamWriter, _piece: int, _at: int, _length: int) -> None:
    """Claims all, and sends nothing."""


def wrong(writer: asyncio.StreamWriter, piece: int, at: int, length: int) -> None:
    """Sends as many bytes as were asked for."""
    writer.write(message(wire.PIECE, struct.pack(">II", piece, at) + bytes(length)))


def another(writer: asyncio.StreamWriter, piece: int, at: int, length: int) -> None:
    """Sends what it has instead."""
    writer.write(message(wire.PIECE, struct.pack(">II", piece - 1, at) + bytes(length)))


def endless(writer: asyncio.StreamWriter, _piece: int, _at: int, _length: int) -> None:
    """Sends a message that never ends."""
    writer.write(struct.pack(">IB", 1 << 31, wire.PIECE) + bytes(1000))


def leaves(writer: asyncio.StreamWriter, _piece: int, _at: int, _length: int) -> None:
    """Goes when it is asked."""
    writer.close()


@pytest.mark.parametrize(
    ("answers", "verdict"),
    [(nothing, "silent"), (wrong, "wrong-bytes"), (another, "nonsense"), (endless, "nonsense"), (leaves, "lacks")],
)
def test_liars(data: Dataset, answers: Callable[..., None], verdict: Verdict) -> None:
    """Each is told by its name."""
    assert asyncio.run(_asked(data, Liar(data, answers))) == verdict


async def _silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Takes every connection, and says nothing."""
    await reader.read()
    writer.close()


async def _chokes(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Says that it has all, and serves nobody."""
    hello = await reader.readexactly(68)
    writer.write(wire.handshake(hello[28:48], b"-LI0001-000000000000") + bytes(4))
    await reader.read()
    writer.close()


async def _lacks(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Says that it has nothing."""
    hello = await reader.readexactly(68)
    writer.write(wire.handshake(hello[28:48], b"-LI0001-000000000000") + message(wire.BITFIELD, b"\0"))
    await reader.read()
    writer.close()


async def _web(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A web server."""
    await reader.read(1)
    writer.write(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 200\r\n\r\n" + bytes(200))
    await reader.read()
    writer.close()


@pytest.mark.parametrize(
    ("server", "verdict"), [(_silent, "silent"), (_chokes, "silent"), (_lacks, "lacks"), (_web, "nonsense")]
)
def test_others_who_listen(
    data: Dataset, server: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]], verdict: Verdict
) -> None:
    """None of them is a seed."""
    assert asyncio.run(_asked(data, server)) == verdict


def test_nobody_listens(data: Dataset) -> None:
    """As behind most routers."""

    async def story() -> Verdict:
        async with _listening(_silent) as port:
            pass
        return await probe(LOOPBACK, port, Target(data.metainfo), last, QUICK)

    assert asyncio.run(story()) == "unreachable"


def test_a_part_of_a_torrent(data: Dataset) -> None:
    """Only its pieces are drawn from."""
    assert list(Target(data.metainfo, range(2, 4)).pieces) == [2, 3]


async def _asked(
    data: Dataset, server: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
) -> Verdict:
    async with _listening(server) as port:
        return await probe(LOOPBACK, port, Target(data.metainfo), last, QUICK)


@contextlib.asynccontextmanager
async def _listening(
    server: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]],
) -> AsyncIterator[int]:
    opened = await asyncio.start_server(server, "127.0.0.1", 0)
    try:
        yield opened.sockets[0].getsockname()[1]
    finally:
        opened.close()
