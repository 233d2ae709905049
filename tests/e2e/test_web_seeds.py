# SPDX-License-Identifier: Apache-2.0
"""nginx serves the data, clients fetch it by the web seed that our torrents name."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.e2e.clients.aria2 import Aria2
from tests.e2e.clients.base import LOOPBACK, wait_until
from tests.e2e.clients.qbittorrent import QBittorrent
from tests.e2e.clients.seedbed import seedbed, seeding
from tests.e2e.clients.transmission import Transmission
from tests.e2e.clients.webtorrent import WebTorrent
from tests.e2e.data import make_file, make_torrent, make_tree, same
from tests.e2e.nginx import web_seed

if TYPE_CHECKING:
    from pathlib import Path

    from tests.e2e.clients.base import Client

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(150)]

CLIENTS: list[tuple[type[Client], str, str]] = [
    (Aria2, "v1", "tree"),
    (Aria2, "v1", "file"),
    (Transmission, "v1", "tree"),
    (Transmission, "v1", "file"),
    (QBittorrent, "v1", "tree"),
    (QBittorrent, "hybrid", "tree"),
    (QBittorrent, "hybrid", "file"),
    (WebTorrent, "v1", "file"),
    (WebTorrent, "hybrid", "file"),
]
"""Client, format and shape that the client can fetch by HTTP alone."""


def make(shape: str, parent: Path) -> Path:
    """A dataset of a shape."""
    return make_tree(parent) if shape == "tree" else make_file(parent)


@pytest.mark.parametrize(("client", "format_", "shape"), CLIENTS, ids=lambda value: getattr(value, "__name__", value))
def test_they_fetch_by_http(client: type[Client], format_: str, shape: str, tmp_path: Path) -> None:
    """A client gets the dataset from the web seed alone."""
    data, into, scratch = make(shape, tmp_path / "data"), tmp_path / "into", tmp_path / "scratch"
    into.mkdir()
    scratch.mkdir()

    with web_seed(tmp_path / "data", tmp_path / "nginx") as url:
        torrent = make_torrent(data, tmp_path / "x.torrent", format_, "--webseed", url)
        with client().run(torrent, into, scratch) as theirs:
            wait_until(theirs.is_done, "the client has all", log=theirs.log)

    assert same(data, into / data.name, without_empty=client is Transmission)


@pytest.mark.parametrize("format_", ["v1", "v2", "hybrid"])
@pytest.mark.parametrize("shape", ["tree", "file"])
def test_we_fetch_by_http(format_: str, shape: str, tmp_path: Path) -> None:
    """``seedbed fetch`` gets all three formats by HTTP alone, and says that it was HTTP."""
    data = make(shape, tmp_path / "data")

    with web_seed(tmp_path / "data", tmp_path / "nginx") as url:
        torrent = make_torrent(data, tmp_path / "x.torrent", format_, "--webseed", url)
        result = seedbed("fetch", torrent, "-o", tmp_path / "into", "--no-peers", "--lan")

    assert same(data, tmp_path / "into" / data.name)
    assert result["bytes_from_peers"] == 0
    assert result["bytes_from_mirrors"] >= sum(p.stat().st_size for p in [data, *data.rglob("*")] if p.is_file())


def test_peers_and_web_seed_at_once(tmp_path: Path) -> None:
    """Bytes may come from a slow web seed and from a peer; the sum is the dataset."""
    data = make_file(tmp_path / "data", size=12_000_000)

    with web_seed(tmp_path / "data", tmp_path / "nginx", more="limit_rate 300k;") as url:
        torrent = make_torrent(data, tmp_path / "x.torrent", "hybrid", "--webseed", url)
        with seeding(torrent, tmp_path / "data", tmp_path / "seed.log") as ours:
            result = seedbed(
                "fetch", torrent, "-o", tmp_path / "into", "--no-dht", "--peer", f"{LOOPBACK}:{ours.port}", "--lan"
            )

    assert same(data, tmp_path / "into" / data.name)
    assert result["bytes_from_peers"] > 0
    assert result["bytes_from_mirrors"] > 0


def test_torrent_and_data_from_the_web(tmp_path: Path) -> None:
    """A URL of a torrent and a magnet with ``xs=`` start from nobody but a web server."""
    data = make_file(tmp_path / "data")

    with web_seed(tmp_path / "data", tmp_path / "nginx") as url:
        torrent = make_torrent(data, tmp_path / "data" / "x.torrent", "hybrid", "--webseed", url)
        facts = seedbed("torrent", "show", torrent)
        seedbed("fetch", url + "x.torrent", "-o", tmp_path / "by-url", "--no-peers", "--lan")
        magnet = f"magnet:?xt=urn:btih:{facts['infohash_v1']}&xs={url}x.torrent"
        seedbed("fetch", magnet, "-o", tmp_path / "by-magnet", "--no-peers", "--lan")

    assert same(data, tmp_path / "by-url" / data.name)
    assert same(data, tmp_path / "by-magnet" / data.name)
