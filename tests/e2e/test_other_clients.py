# SPDX-License-Identifier: Apache-2.0
"""We seed and others fetch; others seed and we fetch; every byte is compared.

What a client cannot take is asserted too, so that we notice when it learns to.
"""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.e2e.clients.aria2 import Aria2
from tests.e2e.clients.base import LOOPBACK, wait_until
from tests.e2e.clients.plain_libtorrent import PlainLibtorrent
from tests.e2e.clients.qbittorrent import QBittorrent
from tests.e2e.clients.rtorrent import RTorrent
from tests.e2e.clients.seedbed import seedbed, seeding
from tests.e2e.clients.transmission import Refused, Transmission
from tests.e2e.clients.webtorrent import WebTorrent
from tests.e2e.data import make_file, make_torrent, make_tree, same
from tests.programs import require

if TYPE_CHECKING:
    from pathlib import Path

    from tests.e2e.clients.base import Client

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(150)]

CLIENTS: dict[str, type[Client]] = {
    "aria2": Aria2,
    "libtorrent": PlainLibtorrent,
    "qbittorrent": QBittorrent,
    "rtorrent": RTorrent,
    "transmission": Transmission,
    "webtorrent": WebTorrent,
}
FETCHES = [
    ("aria2", "v1"),
    ("libtorrent", "v1"),
    ("libtorrent", "v2"),
    ("libtorrent", "hybrid"),
    ("qbittorrent", "v1"),
    ("qbittorrent", "v2"),
    ("qbittorrent", "hybrid"),
    ("rtorrent", "v1"),
    ("rtorrent", "hybrid"),
    ("transmission", "v1"),
    ("webtorrent", "v1"),
    ("webtorrent", "hybrid"),
]
"""Client and format, where the client can fetch what we seed."""
PADS_WANTED_ON_DISK = {("rtorrent", "hybrid"), ("webtorrent", "hybrid")}
"""Where a client fetches padding as files: it seeds a hybrid folder only if it fetched it itself."""


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two datasets, a folder and a file, and their torrents in three formats: ``<shape>-<format>.torrent``."""
    home = tmp_path_factory.mktemp("home")
    data = {"tree": make_tree(home / "data"), "file": make_file(home / "data")}
    for shape, path in data.items():
        for format_ in ("v1", "v2", "hybrid"):
            make_torrent(path, home / f"{shape}-{format_}.torrent", format_)
    return home


def data_of(home: Path, shape: str) -> Path:
    """The dataset of a shape."""
    return home / "data" / {"tree": "ds", "file": "one.pmtiles"}[shape]


@pytest.mark.parametrize("shape", ["tree", "file"])
@pytest.mark.parametrize(("client", "format_"), FETCHES)
def test_they_fetch_from_us(client: str, format_: str, shape: str, home: Path, tmp_path: Path) -> None:
    """A client gets the whole dataset from ``seedbed seed``."""
    torrent, into, scratch = home / f"{shape}-{format_}.torrent", tmp_path / "into", tmp_path / "scratch"
    into.mkdir()
    scratch.mkdir()

    with CLIENTS[client]().run(torrent, into, scratch) as theirs:
        with seeding(torrent, home / "data", tmp_path / "seed.log", "--no-dht", "--peer", f"{LOOPBACK}:{theirs.port}"):
            wait_until(theirs.is_done, f"{client} has all", log=theirs.log)

    assert same(data_of(home, shape), into / data_of(home, shape).name, without_empty=client == "transmission")


@pytest.mark.parametrize("shape", ["tree", "file"])
@pytest.mark.parametrize(("client", "format_"), FETCHES)
def test_we_fetch_from_them(client: str, format_: str, shape: str, home: Path, tmp_path: Path) -> None:
    """``seedbed fetch`` gets the whole dataset from a client."""
    if shape == "tree" and (client, format_) in PADS_WANTED_ON_DISK:
        pytest.skip("it takes padding for files that it has not: see test_pads_are_files_to_them")
    torrent, into, scratch = home / f"{shape}-{format_}.torrent", tmp_path / "into", tmp_path / "scratch"
    scratch.mkdir()

    with CLIENTS[client]().run(torrent, home / "data", scratch) as theirs:
        result = seedbed("fetch", torrent, "-o", into, "--no-dht", "--peer", f"{LOOPBACK}:{theirs.port}", "--lan")

    assert same(data_of(home, shape), into / data_of(home, shape).name)
    assert result["bytes_from_peers"] >= data_of(home, shape).stat().st_size if shape == "file" else True
    assert result["bytes_from_mirrors"] == 0


@pytest.mark.parametrize("format_", ["v1", "v2", "hybrid"])
@pytest.mark.parametrize("shape", ["tree", "file"])
def test_we_fetch_from_us(format_: str, shape: str, home: Path, tmp_path: Path) -> None:
    """Our two programs exchange all three formats."""
    torrent, into = home / f"{shape}-{format_}.torrent", tmp_path / "into"

    with seeding(torrent, home / "data", tmp_path / "seed.log") as ours:
        seedbed("fetch", torrent, "-o", into, "--no-dht", "--peer", f"{LOOPBACK}:{ours.port}", "--lan")

    assert same(data_of(home, shape), into / data_of(home, shape).name)


def test_aria2_joins_hybrids_under_a_wrong_hash(home: Path) -> None:
    """aria2 1.36 drops a key when it hashes a hybrid; it can never meet the swarm."""
    shown = subprocess.run(
        [require("aria2c"), "-S", str(home / "file-hybrid.torrent")],
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    ).stdout
    facts = seedbed("torrent", "show", home / "file-hybrid.torrent")

    assert "Info Hash: " in shown
    assert facts["infohash_v1"] not in shown


def test_aria2_refuses_v2(home: Path) -> None:
    """aria2 wants v1 pieces."""
    done = subprocess.run(
        [require("aria2c"), "-S", str(home / "file-v2.torrent")],
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    assert "Missing pieces" in done.stdout + done.stderr


@pytest.mark.parametrize("format_", ["v2", "hybrid"])
def test_transmission_3_refuses_what_has_a_v2_part(format_: str, home: Path, tmp_path: Path) -> None:
    """Transmission 3.00 takes neither hybrids nor v2."""
    with (
        pytest.raises(Refused, match="invalid or corrupt"),
        Transmission().run(home / f"file-{format_}.torrent", tmp_path, tmp_path),
    ):
        pass


def test_rtorrent_refuses_v2(home: Path, tmp_path: Path) -> None:
    """rtorrent wants a v1 file list."""
    with RTorrent().run(home / "file-v2.torrent", tmp_path, tmp_path) as theirs:
        wait_until(lambda: b"Could not create download" in theirs.log.read_bytes(), "rtorrent refuses")


def test_webtorrent_refuses_v2(home: Path, tmp_path: Path) -> None:
    """WebTorrent wants v1 pieces."""
    with WebTorrent().run(home / "file-v2.torrent", tmp_path, tmp_path) as theirs:
        wait_until(lambda: "Invalid torrent identifier" in theirs.log.read_text(), "webtorrent refuses")


def test_pads_are_files_to_them(home: Path, tmp_path: Path) -> None:
    """WebTorrent counts padding as files that are missing: of a hybrid folder it seeds only pieces without padding."""
    with WebTorrent().run(home / "tree-hybrid.torrent", home / "data", tmp_path) as theirs:
        wait_until(lambda: '"event":"ready"' in theirs.log.read_text(), "webtorrent is ready")

    assert not theirs.is_done()
    assert not list((home / "data" / "ds").glob(".pad/*"))
