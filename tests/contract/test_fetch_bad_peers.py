# SPDX-License-Identifier: Apache-2.0
"""Rows P1, P2, P7, P10 of docs/threats.md: peers that lie or say nothing, servers with the wrong certificate."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from seedbed.core import bencode
from seedbed.engine.base import Addition
from seedbed.engine.libtorrent_engine import LibtorrentEngine
from seedbed.engine.settings import Settings
from seedbed.errors import NoSourceError, SeedbedError
from seedbed.fetching.flow import Options, fetch
from seedbed.testing.datasets import PIECE_LENGTH, make_dataset
from seedbed.testing.fetching import QUICK, final_names, server_of, torrent_with
from tests.secure_web import certificate, https

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from seedbed.core.metainfo import Format
    from seedbed.fetching.result import Fetched
    from seedbed.testing.datasets import Dataset

pytestmark = pytest.mark.slow

SIZES = {"a.bin": 5 * PIECE_LENGTH + 77, "z.bin": 20 * PIECE_LENGTH}
OPTIONS = Options(
    uses_dht=False,
    rules=replace(QUICK, no_progress_timeout_s=4.0),
    open_engine=lambda: LibtorrentEngine(Settings.loopback(reconnect_s=1, stop_timeout_s=1.0)),
)


def lie(dataset: Dataset) -> None:
    """Change every piece of a dataset on disk, behind the back of whoever seeds it."""
    for path in (path for path in (dataset.parent / dataset.metainfo.name).rglob("*") if path.is_file()):
        path.write_bytes(bytes(byte ^ 1 for byte in path.read_bytes()))


async def beside_liar(dataset: Dataset, torrent: Path, folder: Path) -> Fetched:
    """Fetch while a peer seeds bytes that are not the torrent's."""
    async with LibtorrentEngine(Settings.loopback()) as liar:
        await liar.add(Addition(dataset.torrent, dataset.parent, have_pieces=dataset.all_pieces))
        return await fetch(str(torrent), replace(OPTIONS, folder=folder, peers=tuple(liar.endpoints)))


@pytest.mark.parametrize("format_", ["v1", "v2", "hybrid"])
def test_p1_a_lying_peer_beside_an_honest_web_seed(format_: Format, tmp_path: Path) -> None:
    """The peer's pieces are thrown away; the data arrives from the web seed."""
    dataset = make_dataset(tmp_path / "source", SIZES, format=format_)

    with server_of(dataset, piece_pause_s=0.05) as server:
        torrent = torrent_with(dataset, tmp_path / "torrents", server)
        lie(dataset)
        fetched = asyncio.run(beside_liar(dataset, torrent, tmp_path / "out"))

    assert dataset.is_at(tmp_path / "out")
    assert fetched.bytes_from_peers == 0


def test_p1_nobody_but_a_lying_peer(tmp_path: Path) -> None:
    """Without an honest source there is a clear error, and nothing under a final name."""
    dataset = make_dataset(tmp_path / "source", SIZES)
    torrent = torrent_with(dataset, tmp_path / "torrents")
    lie(dataset)

    with pytest.raises(SeedbedError) as refused:
        asyncio.run(beside_liar(dataset, torrent, tmp_path / "out"))

    assert refused.value.exit_code in {11, 12}
    assert "wrong bytes" in refused.value.message
    assert final_names(tmp_path / "out") == []


@contextlib.asynccontextmanager
async def silent_peer(dataset: Dataset) -> AsyncIterator[tuple[str, int]]:
    """A peer that claims to have every piece, unchokes, and sends nothing."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            theirs = await reader.readexactly(68)
            writer.write(theirs[:20] + bytes(8) + theirs[28:48] + b"-XX0000-silentsilent")
            count = len(dataset.all_pieces)
            bits = bytearray(-(-count // 8))
            for piece in range(count):
                bits[piece // 8] |= 0x80 >> piece % 8
            writer.write((1 + len(bits)).to_bytes(4, "big") + b"\x05" + bytes(bits) + b"\0\0\0\x01\x01")
            while await reader.read(4096):
                pass
        writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()


async def beside_silent_peer(dataset: Dataset, torrent: Path, folder: Path) -> Fetched:
    """Fetch with a peer that sends nothing."""
    async with silent_peer(dataset) as (host, port):
        return await fetch(str(torrent), replace(OPTIONS, folder=folder, peers=((host, port),)))


def test_p10_a_silent_peer_beside_a_web_seed(tmp_path: Path) -> None:
    """A peer that claims all and sends nothing holds nobody up."""
    dataset = make_dataset(tmp_path / "source", SIZES)

    with server_of(dataset, piece_pause_s=0.02) as server:
        torrent = torrent_with(dataset, tmp_path / "torrents", server)
        asyncio.run(beside_silent_peer(dataset, torrent, tmp_path / "out"))

    assert dataset.is_at(tmp_path / "out")


def test_p10_nobody_but_a_silent_peer(tmp_path: Path) -> None:
    """It ends in an error after the time-out, not never."""
    dataset = make_dataset(tmp_path / "source", SIZES)
    torrent = torrent_with(dataset, tmp_path / "torrents")

    with pytest.raises(NoSourceError):
        asyncio.run(beside_silent_peer(dataset, torrent, tmp_path / "out"))

    assert final_names(tmp_path / "out") == []


def fetch_by_https(dataset: Dataset, url: str, folder: Path) -> None:
    """Fetch from one HTTPS web seed."""
    torrent = folder.parent / "x.torrent"
    torrent.write_bytes(bencode.encode({**dataset.metainfo.outer, b"url-list": url.encode()}))
    asyncio.run(fetch(str(torrent), replace(OPTIONS, folder=folder, uses_peers=False)))


def test_p7_the_right_certificate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: with a certificate that is trusted and true, HTTPS works."""
    dataset, pem = make_dataset(tmp_path / "source", SIZES), certificate(tmp_path, name="localhost", days=1)
    monkeypatch.setenv("SSL_CERT_FILE", str(pem))

    with https(dataset.parent, pem) as url:
        fetch_by_https(dataset, url, tmp_path / "out")

    assert dataset.is_at(tmp_path / "out")


@pytest.mark.parametrize(
    ("name", "days", "is_trusted"), [("localhost", -1, True), ("elsewhere.example", 1, True), ("localhost", 1, False)]
)
def test_p7_a_wrong_certificate(
    name: str, days: int, is_trusted: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch  # noqa: FBT001
) -> None:  # fmt: skip
    """Expired, of another name, of an unknown signer: refused, and said."""
    dataset, pem = make_dataset(tmp_path / "source", SIZES), certificate(tmp_path, name=name, days=days)
    other = certificate(tmp_path / "trusted", name="other.example", days=1)
    monkeypatch.setenv("SSL_CERT_FILE", str(pem if is_trusted else other))

    with https(dataset.parent, pem) as url, pytest.raises(NoSourceError, match="certificate"):
        fetch_by_https(dataset, url, tmp_path / "out")

    assert final_names(tmp_path / "out") == []
