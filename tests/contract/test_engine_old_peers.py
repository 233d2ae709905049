# SPDX-License-Identifier: Apache-2.0
"""A peer that knows only v1 (BEP 3) serves our engine, which checks a hybrid torrent by v2 hashes alone."""

from __future__ import annotations

import asyncio
import struct
from typing import TYPE_CHECKING, Self

import pytest

from seedbed.core.endpoints import Endpoint
from seedbed.engine import base
from seedbed.engine.base import Addition
from seedbed.engine.libtorrent_engine import LibtorrentEngine
from seedbed.engine.settings import Settings
from seedbed.testing.datasets import Dataset, make_dataset
from seedbed.testing.engine_stories import SIZES, next_event, run

if TYPE_CHECKING:
    from pathlib import Path

_PROTOCOL = b"\x13BitTorrent protocol"
_UNCHOKE, _BITFIELD, _REQUEST, _PIECE = 1, 5, 6, 7


class V1Peer:
    """A seed from 2005: no extensions, no v2, one connection after the other."""

    def __init__(self, data: Dataset) -> None:
        self._data = data
        self._info_hash = data.metainfo.info_hashes.v1 or b""
        self._writers: list[asyncio.StreamWriter] = []
        self.sent_bytes = 0

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        host, port = self._server.sockets[0].getsockname()
        self.endpoint = Endpoint(host, port)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for writer in self._writers:
            writer.close()
        await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.append(writer)
        try:
            hello = await reader.readexactly(68)
            if hello[28:48] != self._info_hash:
                return
            writer.write(_PROTOCOL + bytes(8) + self._info_hash + b"-XX0001-123456789012")
            count = self._data.piece_count
            bits = int("1" * count + "0" * (-count % 8), 2).to_bytes(-(-count // 8), "big")
            writer.write(_message(_BITFIELD, bits) + _message(_UNCHOKE))
            while True:
                await self._answer(await _read(reader), writer)
        except (asyncio.IncompleteReadError, OSError):
            pass
        finally:
            writer.close()

    async def _answer(self, message: bytes, writer: asyncio.StreamWriter) -> None:
        if message[:1] != bytes([_REQUEST]):
            return
        piece, start, length = struct.unpack(">III", message[1:])
        block = self._data.piece(piece)[start : start + length]
        self.sent_bytes += len(block)
        writer.write(_message(_PIECE, struct.pack(">II", piece, start) + block))
        await writer.drain()


def _message(kind: int, body: bytes = b"") -> bytes:
    return struct.pack(">IB", 1 + len(body), kind) + body


async def _read(reader: asyncio.StreamReader) -> bytes:
    (length,) = struct.unpack(">I", await reader.readexactly(4))
    return await reader.readexactly(length)


@pytest.mark.parametrize("skip_v1_hashes", [True, False])
def test_a_v1_peer_is_enough(tmp_path: Path, skip_v1_hashes: bool) -> None:  # noqa: FBT001  # a parameter of the test
    """All data comes from it, proved."""
    data = make_dataset(tmp_path / "a", SIZES)
    settings = Settings.loopback(enable_utp=False, skip_v1_hashes=skip_v1_hashes)

    async def story() -> None:
        async with V1Peer(data) as peer, LibtorrentEngine(settings) as engine:
            with engine.events() as events:
                await engine.add(Addition(data.torrent, tmp_path / "b", peers=(peer.endpoint,)))
                await next_event(events, base.Finished)
            assert peer.sent_bytes >= data.metainfo.size_bytes

    run(story())
    assert data.is_at(tmp_path / "b")
