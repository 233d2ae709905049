# SPDX-License-Identifier: Apache-2.0
"""Clients find each other through our tracker alone, over UDP and HTTP, and move a real dataset."""

from __future__ import annotations

import contextlib
import json
import urllib.request
from typing import TYPE_CHECKING, Any

import pytest
from websockets.sync.client import connect

from tests.e2e.clients.aria2 import Aria2
from tests.e2e.clients.base import process, wait_until
from tests.e2e.clients.plain_libtorrent import PlainLibtorrent
from tests.e2e.clients.qbittorrent import QBittorrent
from tests.e2e.clients.rtorrent import RTorrent
from tests.e2e.clients.seedbed import PROGRAM, seedbed, seeding
from tests.e2e.clients.transmission import Transmission
from tests.e2e.data import make_file, make_torrent, make_tree, same

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.e2e.clients.base import Client

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(150)]


class Running:
    """A tracker at work."""

    def __init__(self, urls: list[str]) -> None:
        self.urls = urls
        """All, in the order of the wires; without more options one of each."""
        self.udp, self.http, self.ws = (
            next(url for url in urls if url.startswith(kind)) for kind in ("udp", "http", "ws")
        )

    def numbers(self) -> dict[str, Any]:
        """What it tells of itself."""
        found: dict[str, Any] = json.loads(self.page("stats.json"))
        return found

    def page(self, path: str) -> bytes:
        """A page of it."""
        with urllib.request.urlopen(self.http.removesuffix("announce") + path, timeout=10) as answer:
            body: bytes = answer.read()
        return body


@contextlib.contextmanager
def tracking(
    folder: Path, *options: object, ports: tuple[str, str] = ("127.0.0.1:0", "127.0.0.1:0")
) -> Iterator[Running]:
    """``seedbed tracker``, ready."""
    log = folder / "tracker.log"
    command = [*PROGRAM, "tracker", "--udp", ports[0], "--http", ports[1], "--ws", "127.0.0.1:0", "--lan", "--json",
               "--record", str(folder / "tracker.sqlite"), *map(str, options)]  # fmt: skip

    def events() -> list[dict[str, Any]]:
        return [json.loads(line) for line in log.read_text().splitlines() if line.startswith("{")]

    with process(command, log) as started:
        wait_until(lambda: bool(events()) or started.poll() is not None, "the tracker is ready", log=log)
        yield Running(events()[0]["urls"])
        started.terminate()
        assert started.wait(15) == 0, log.read_text()
    assert events()[-1]["event"] == "stopped"


@pytest.mark.parametrize("wire", ["udp", "http"])
@pytest.mark.parametrize("by_magnet", [False, True])
def test_we_find_each_other(wire: str, by_magnet: bool, tmp_path: Path) -> None:  # noqa: FBT001
    """By a torrent, and by a magnet that names nothing but the tracker."""
    data = make_tree(tmp_path / "data")
    with tracking(tmp_path, "--open") as tracker:
        torrent = make_torrent(data, tmp_path / "x.torrent", "hybrid", "--tracker", getattr(tracker, wire))
        what = seedbed("torrent", "show", torrent)["magnet"] if by_magnet else torrent
        with seeding(torrent, tmp_path / "data", tmp_path / "seed.log", "--no-dht"):
            wait_until(lambda: tracker.numbers()["seeds"] > 0, "the seed has announced itself")
            fetched = seedbed("fetch", what, "-o", tmp_path / "into", "--lan", "--no-dht")
        numbers = tracker.numbers()

    assert same(data, tmp_path / "into" / data.name)
    assert fetched["bytes_from_peers"] > 0
    assert max(one["completed"] for one in numbers["datasets"].values()) == 1


LEECHERS: list[tuple[type[Client], str, str]] = [
    (
        PlainLibtorrent,
        "udp",
        "hybrid",
    ),  # once by UDP: it keeps connection ids by IP alone, for all sessions of a process
    (PlainLibtorrent, "http", "v2"),
    (PlainLibtorrent, "http", "v1"),
    (QBittorrent, "udp", "hybrid"),
    (QBittorrent, "http", "v1"),
    (Aria2, "http", "v1"),
    (RTorrent, "http", "v1"),
]


@pytest.mark.parametrize(("client", "wire", "format_"), LEECHERS, ids=lambda value: getattr(value, "__name__", value))
def test_they_find_us(client: type[Client], wire: str, format_: str, tmp_path: Path) -> None:
    """Other programs get the dataset from ``seedbed seed``."""
    data, into, scratch = make_file(tmp_path / "data"), tmp_path / "into", tmp_path / "scratch"
    into.mkdir()
    scratch.mkdir()
    with tracking(tmp_path, "--open") as tracker:
        torrent = make_torrent(data, tmp_path / "x.torrent", format_, "--tracker", getattr(tracker, wire))
        with seeding(torrent, tmp_path / "data", tmp_path / "seed.log", "--no-dht"):
            wait_until(lambda: tracker.numbers()["seeds"] > 0, "the seed has announced itself")
            with client().run(torrent, into, scratch) as theirs:
                wait_until(theirs.is_done, "the client has all", log=theirs.log)

    assert same(data, into / data.name)


@pytest.mark.parametrize(
    ("client", "wire", "format_"),
    [
        (Transmission, "http", "v1"),
        (Transmission, "udp", "v1"),
        (QBittorrent, "udp", "hybrid"),
        (RTorrent, "http", "v1"),
    ],
    ids=lambda value: getattr(value, "__name__", value),
)
def test_we_find_them(client: type[Client], wire: str, format_: str, tmp_path: Path) -> None:
    """``seedbed fetch`` gets the dataset from other programs."""
    data, scratch = make_file(tmp_path / "data"), tmp_path / "scratch"
    scratch.mkdir()
    with tracking(tmp_path, "--open") as tracker:
        torrent = make_torrent(data, tmp_path / "x.torrent", format_, "--tracker", getattr(tracker, wire))
        with client().run(torrent, tmp_path / "data", scratch) as theirs:
            wait_until(lambda: tracker.numbers()["seeds"] > 0, "the client has announced itself", log=theirs.log)
            seedbed("fetch", torrent, "-o", tmp_path / "into", "--lan", "--no-dht")

    assert same(data, tmp_path / "into" / data.name)


def test_only_what_the_catalogue_lists(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its datasets from the moment that they are published; others are told so, and completions outlive a restart."""
    monkeypatch.setenv("SEEDBED_HOME", str(tmp_path / "home"))
    site, data, other = tmp_path / "site", make_file(tmp_path / "data"), make_file(tmp_path / "other", "other.bin")
    seedbed("catalog", "init", site)
    with tracking(tmp_path, "--catalog", site) as tracker:
        ports = tracker.udp.split("/")[2], tracker.http.split("/")[2]
        said = ("--title", "T", "--license", "CC0-1.0", "--tracker", tracker.http, "--no-inspect")
        done = seedbed("publish", data, "--dataset", "listed", *said)
        wait_until(lambda: tracker.numbers()["listed"] == 2, "the tracker knows both hashes of the new version")
        unlisted = make_torrent(other, tmp_path / "o.torrent", "v1", "--tracker", tracker.http)
        with seeding(tmp_path / done["torrent"], data.parent, tmp_path / "seed.log", "--no-dht"):
            wait_until(lambda: tracker.numbers()["seeds"] > 0, "it is listed")
            seedbed("fetch", tmp_path / done["torrent"], "-o", tmp_path / "into", "--lan", "--no-dht")
        before = tracker.numbers()["refused"]
        with seeding(unlisted, other.parent, tmp_path / "seed2.log", "--no-dht"):
            wait_until(lambda: tracker.numbers()["refused"] > before, "the other is refused")
        assert tracker.numbers()["datasets"].keys() == {done["id"]}
        wait_until(lambda: (tmp_path / "scrape.parquet").is_file(), "all numbers are in a file")
        pages = {path: tracker.page(path) for path in ("stats?q=listed", f"stats/{done['id']}", "scrape.parquet")}
        assert all(done["id"].encode() in body and b"127.0.0.1" not in body for body in pages.values())
    with tracking(tmp_path, "--catalog", site, ports=ports) as tracker:
        assert tracker.numbers()["datasets"][done["id"]]["completed"] == 1


def test_browsers_are_led_to_each_other(tmp_path: Path) -> None:
    """An offer of one reaches the other over WebSocket, and the answer comes back; whoever closes is gone."""
    info_hash = "h" * 20

    def announce(peer_id: str, **more: Any) -> str:
        return json.dumps({"action": "announce", "info_hash": info_hash, "peer_id": peer_id, "left": 1, **more})

    with tracking(tmp_path, "--open") as tracker, connect(tracker.ws) as first:
        first.send(announce("a" * 20, event="started"))
        assert json.loads(first.recv(timeout=10))["incomplete"] == 1
        with connect(tracker.ws) as second:
            offer = {"offer_id": "o" * 20, "offer": {"type": "offer", "sdp": "v=0"}}
            second.send(announce("b" * 20, event="started", numwant=1, offers=[offer]))
            offered = json.loads(first.recv(timeout=10))
            assert (offered["offer"], offered["peer_id"]) == (offer["offer"], "b" * 20)
            answer = {"type": "answer", "sdp": "v=0"}
            first.send(announce("a" * 20, to_peer_id="b" * 20, offer_id="o" * 20, answer=answer))
            told = [json.loads(second.recv(timeout=10)) for _ in range(2)]
            assert next(one for one in told if "answer" in one)["answer"] == answer
        first.send(json.dumps({"action": "scrape", "info_hash": info_hash}))
        wait_until(lambda: tracker.numbers()["announces"] >= 2, "announces are counted")
        first.send("no json at all")
        assert "failure reason" in [*json.loads(first.recv(timeout=10)), *json.loads(first.recv(timeout=10))]
