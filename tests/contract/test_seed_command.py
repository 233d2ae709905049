# SPDX-License-Identifier: Apache-2.0
"""``seedbed seed`` as people and scripts run it; the fetcher is our engine over loopback."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from seedbed.core.endpoints import Endpoint
from seedbed.engine.base import Addition
from seedbed.engine.libtorrent_engine import LibtorrentEngine
from seedbed.engine.settings import Settings
from seedbed.testing.datasets import Dataset, make_dataset
from seedbed.testing.engine_stories import fetch, run

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SIZES = {"a": 70_000, "b": 0, "sub/c": 100}
PROGRAM = [sys.executable, "-c", "from seedbed.cli.main import run; run()", "seed"]
LOCAL = ["--listen", "127.0.0.1:0"]


@pytest.fixture
def data(tmp_path: Path) -> Dataset:
    """A dataset with its torrent file beside it."""
    made = make_dataset(tmp_path / "a", SIZES)
    (tmp_path / "set.torrent").write_bytes(made.torrent)
    return made


@contextmanager
def seeding(*arguments: object) -> Iterator[tuple[subprocess.Popen[str], dict[str, Any]]]:
    """The command with ``--json``, ready."""
    command = [*PROGRAM, *LOCAL, "--json", *map(str, arguments)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            line = process.stdout.readline()
            while line and json.loads(line).get("event") != "ready":
                line = process.stdout.readline()
            yield process, json.loads(line)
        finally:
            process.kill()


def refused(*arguments: object) -> tuple[int, str]:
    """Exit code and standard error of a run that ends by itself."""
    command = [*PROGRAM, *LOCAL, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=15)
    return done.returncode, done.stderr


def take(data: Dataset, ready: dict[str, Any], folder: Path) -> None:
    """Fetch a copy from it."""
    where = ready["listen"][0]

    async def story() -> None:
        async with LibtorrentEngine(Settings.loopback()) as engine:
            peer = Endpoint(where["host"], where["port"])
            await fetch(engine, Addition(data.torrent, folder, peers=(peer,)))

    run(story())
    assert data.is_at(folder)


def test_it_serves_until_enough_copies_were_fetched(data: Dataset, tmp_path: Path) -> None:
    """Two peers take a copy each, then it ends with 0 by itself."""
    with seeding(tmp_path / "set.torrent", "--data", data.parent, "--once-fetched", 2) as (process, ready):
        assert ready["torrents"][0]["name"] == "set"
        take(data, ready, tmp_path / "b")
        take(data, ready, tmp_path / "c")
        rest, _ = process.communicate(timeout=10)
        events = [json.loads(line) for line in rest.splitlines()]
    assert [event["event"] for event in events] == ["copy", "copy", "stopped"]
    assert process.returncode == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_it(data: Dataset, tmp_path: Path, number: signal.Signals) -> None:
    """Cleanly, with 0: stopping is how seeding ends."""
    with seeding(tmp_path / "set.torrent", "--data", data.parent / "set") as (process, _):
        process.send_signal(number)
        rest, trace = process.communicate(timeout=10)
    assert json.loads(rest)["event"] == "stopped"
    assert (process.returncode, trace) == (0, "")


def test_stopped_too_early_is_partly_done(data: Dataset, tmp_path: Path) -> None:
    """With --once-fetched, a script learns that the copies were not taken."""
    with seeding(tmp_path / "set.torrent", "--data", data.parent, "--once-fetched", 1) as (process, _):
        process.terminate()
        process.communicate(timeout=10)
    assert process.returncode == 3


def test_the_good_ones_are_served_and_the_bad_named(data: Dataset, tmp_path: Path) -> None:
    """And it ends with 3."""
    bad = make_dataset(tmp_path / "a", SIZES, name="bad")
    (tmp_path / "bad.torrent").write_bytes(bad.torrent)
    (tmp_path / "a/bad/a").write_bytes(b"changed")
    files = (tmp_path / "bad.torrent", tmp_path / "set.torrent")
    with seeding(*files, "--data", data.parent, "--once-fetched", 1) as (process, ready):
        assert [torrent["name"] for torrent in ready["torrents"]] == ["set"]
        take(data, ready, tmp_path / "b")
        _, told = process.communicate(timeout=10)
    assert process.returncode == 3
    assert "bad.torrent" in told


def test_what_cannot_be_served_at_all(data: Dataset, tmp_path: Path) -> None:
    """Each has its exit code, and says what to do."""
    torrent = tmp_path / "set.torrent"
    assert refused(torrent, "--data", tmp_path / "none")[0] == 10
    assert refused(tmp_path / "none.torrent")[0] == 10
    code, told = refused("magnet:?xt=urn:btih:" + "0" * 40)
    assert code == 2
    assert "torrent create" in told
    (data.parent / "set/a").write_bytes(b"changed")
    code, told = refused(torrent, "--data", data.parent)
    assert code == 11
    assert "a (short)" in told


@pytest.mark.parametrize(
    "options",
    [("--dht-node", "a"), ("--dht-node", "a:1,b:2"), ("--peer", "2001:db8::1:6881"), ("--peer", "a:0"),
     ("--listen", "x y:1")],
)  # fmt: skip
def test_what_is_not_an_address(data: Dataset, tmp_path: Path, options: tuple[str, str]) -> None:
    """It is refused with the way to write it, and never handed to the engine."""
    code, told = refused(tmp_path / "set.torrent", "--data", data.parent, *options)
    assert code == 2
    assert f"{options[1]!r}: expected" in told
    assert "[2001:db8::1]:6881" in told


def test_a_port_in_use_is_said(data: Dataset, tmp_path: Path) -> None:
    """With the address; nothing is served elsewhere."""
    with seeding(tmp_path / "set.torrent", "--data", data.parent) as (_, ready):
        port = ready["listen"][0]["port"]
        code, told = refused(tmp_path / "set.torrent", "--data", data.parent, "--listen", f"127.0.0.1:{port}")
    assert code == 1
    assert f"cannot listen on 127.0.0.1:{port}: the port is in use" in told
