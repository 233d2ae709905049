# SPDX-License-Identifier: Apache-2.0
"""A smartnode that has a real transmission-daemon or qbittorrent-nox fetch and serve."""

from __future__ import annotations

import contextlib
import os
import shutil
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from seedbed.node.clients.base import LABEL, PASSWORD, Address
from seedbed.node.clients.qbittorrent import QBittorrent
from seedbed.node.clients.transmission import Transmission
from tests.e2e.clients.base import LOOPBACK, accepts, free_port, process, wait_until
from tests.e2e.clients.qbittorrent import _CONFIG
from tests.e2e.clients.seedbed import seedbed
from tests.e2e.node_world import joined, published
from tests.programs import require

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator
    from pathlib import Path

    from seedbed.node.clients.base import Client
    from tests.e2e.node_world import NodeWorld

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(240)]
soak = pytest.mark.skipif(not os.environ.get("SEEDBED_SOAK"), reason="make soak: real clients take their time")
ALL = {"set-0@1", "set-1@1"}
USER, SECRET = "admin", "adminadmin"
"""Of qBittorrent until 4.6, when nothing is set; Transmission is given the same."""


@dataclass(slots=True)
class Program:
    """A client's process, that can be ended and started again."""

    kind: str
    scratch: Path
    web: int = field(default_factory=free_port)
    port: int = field(default_factory=free_port)
    _stack: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)

    @property
    def address(self) -> str:
        """For ``--client``."""
        return f"{self.kind}:http://{USER}@{LOOPBACK}:{self.web}"

    def start(self) -> None:
        """Start it, and wait until it answers."""
        log = self.scratch / f"{self.kind}-{time.monotonic_ns()}.log"
        self._stack.enter_context(process(self._command(), log))
        wait_until(lambda: accepts(self.web), f"{self.kind} answers", log=log)

    def stop(self) -> None:
        """End it."""
        self._stack.close()

    def client(self) -> Client:
        """As the node speaks with it."""
        address = Address.read(self.address)
        found = Transmission(address, SECRET) if self.kind == "transmission" else QBittorrent(address, SECRET)
        wait_until(lambda: _opens(found), f"{self.kind} lets us in")
        return found

    def _command(self) -> list[str]:
        if self.kind == "transmission":
            return [
                require("transmission-daemon"), "-f", "-g", str(self.scratch), "-w", str(self.scratch / "downloads"),
                "-p", str(self.web), "-P", str(self.port), "-t", "-u", USER, "-v", SECRET, "-i", LOOPBACK,
                "-r", LOOPBACK, "-I", "::1", "--no-dht", "--no-lpd", "--no-portmap", "--no-utp", "--no-incomplete-dir",
            ]  # fmt: skip
        config = self.scratch / "qBittorrent" / "config" / "qBittorrent.conf"
        if not config.exists():
            config.parent.mkdir(parents=True)
            text = _CONFIG.format(port=self.port, web=self.web, host=LOOPBACK)
            config.write_text(text.replace("WebUI\\LocalHostAuth=false", "WebUI\\LocalHostAuth=true"))
        return [require("qbittorrent-nox"), f"--profile={self.scratch}"]


def _opens(client: Client) -> bool:
    with contextlib.suppress(Exception):
        client.open()
        return True
    return False


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Datasets of version 1, which every Transmission knows."""
    with published(tmp_path_factory.mktemp("site"), count=2, size=1_000_000, rate="4m", kind="v1") as folder:
        yield folder


@pytest.fixture(params=[pytest.param("transmission", marks=soak), "qbittorrent"])
def program(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Program]:
    """One of them, at work, and its password in the environment."""
    (tmp_path / "client").mkdir()
    found = Program(request.param, tmp_path / "client")
    monkeypatch.setenv(PASSWORD, SECRET)
    found.start()
    yield found
    found.stop()


@contextlib.contextmanager
def node(world: NodeWorld, program: Program, *more: str) -> Iterator[tuple[subprocess.Popen[bytes], Path]]:
    """The node at work with that client."""
    log = world.folder / f"node-{time.monotonic_ns()}.log"
    with process([*world.command(1.0), "--client", program.address, *more], log) as started:
        yield started, log


def ours(program: Program) -> dict[str, Any]:
    """What the client has in the node's folder, by name."""
    client = program.client()
    try:
        return {one.name: one for one in client.torrents() if "/snapshots/" in one.folder}
    finally:
        client.close()


def test_a_volunteers_own_client(site: Path, tmp_path: Path, program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    """It fetches and seeds, and is left clean by an eviction."""
    world = joined(site, tmp_path, monkeypatch)
    with node(world, program) as (_, log):
        wait_until(lambda: world.claimed == ALL, "all is held", log=log)
        assert all(map(world.is_right, ALL))
        assert ours(program).keys() == {"set-0", "set-1"}
        assert {one.label for one in ours(program).values()} == {LABEL}

        evict(world, "set-1@1")
        wait_until(lambda: world.units() == {"set-0@1"}, "it is evicted", log=log)
        wait_until(lambda: ours(program).keys() == {"set-0"}, "the client has forgotten it", log=log)
        assert (world.given / "trash/set-1@1").exists()


@soak
def test_a_restart_and_a_persons_clicks(
    site: Path, tmp_path: Path, program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The client is restarted: nothing is lost, nor fetched again; a torrent removed in its window is put back."""
    world = joined(site, tmp_path, monkeypatch)
    with node(world, program) as (_, log):
        wait_until(lambda: world.claimed == ALL, "all is held", log=log)
        program.stop()
        program.start()
        client = program.client()
        wait_until(lambda: ours(program).keys() == {"set-0", "set-1"}, "it lists them again")
        assert not world.has_noted("withdrawn")
        client.forget(ours(program)["set-0"].id)  # as a person does in its window
        wait_until(lambda: world.has_noted("withdrawn"), "the node has seen it", log=log)
        wait_until(lambda: world.claimed == ALL and "set-0" in ours(program), "it is put back", log=log)
        client.close()


@soak
def test_a_torrent_that_was_there_already(
    site: Path, tmp_path: Path, program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The person's own: its files are shared, not copied; an eviction leaves torrent and files as they were."""
    world = joined(site, tmp_path, monkeypatch)
    theirs = tmp_path / "theirs"
    shutil.copytree(site / "sources/set-0", theirs / "set-0")
    torrent = next(path for path in (site / "catalog").rglob("*.torrent") if b"4:name5:set-0" in path.read_bytes())
    add_by_hand(program, torrent, theirs)
    with node(world, program) as (_, log):
        wait_until(lambda: world.claimed == ALL, "all is held", log=log)
        assert ours(program).keys() == {"set-1"}
        assert world.file("set-0@1").samefile(theirs / "set-0/sub/a.bin")
        evict(world, "set-0@1")
        wait_until(lambda: world.units() == {"set-1@1"}, "it is evicted", log=log)
    client = program.client()
    found = {one.name: one for one in client.torrents()}
    client.close()
    assert found["set-0"].is_complete
    assert not found["set-0"].is_stopped
    assert (theirs / "set-0/sub/a.bin").read_bytes() == (site / "sources/set-0/sub/a.bin").read_bytes()


@soak
def test_what_is_refused_at_the_start(
    site: Path, tmp_path: Path, program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A wrong password, a client that sees other files, and one that is not there: each in words, and nothing hangs."""
    world = joined(site, tmp_path, monkeypatch)
    with node(world, program, "--client-path", f"{world.given}=/somewhere/else") as (started, log):
        assert started.wait(60) == 2
        assert "does not see the node's folder" in log.read_text()
    assert ours(program) == {}
    monkeypatch.setenv(PASSWORD, "wrong")
    with node(world, program) as (started, log):
        assert started.wait(30) == 2
        assert "password" in log.read_text()
    program.stop()
    with node(world, program) as (started, log):
        assert started.wait(30) == 12
        assert "Is it running" in log.read_text()


def evict(world: NodeWorld, item: str) -> None:
    """As a person in a hurry."""
    seedbed("node", "evict", item, "--now")


def add_by_hand(program: Program, torrent: Path, folder: Path) -> None:
    """Without our label."""
    client = program.client()
    client.add(torrent.read_bytes(), str(folder))
    wait_until(lambda: client.torrents(), "it lists the torrent")
    one = client.torrents()[0].id
    if isinstance(client, Transmission):
        client._call("torrent-set", ids=[one], labels=[])
    elif isinstance(client, QBittorrent):
        client._post("torrents/setCategory", {"hashes": one, "category": ""})
    wait_until(lambda: client.torrents()[0].is_complete, "it has checked the files")
    client.close()
