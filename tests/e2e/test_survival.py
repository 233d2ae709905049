# SPDX-License-Identifier: Apache-2.0
"""Kills and full disks: every run ends with a verified copy, or with the state to get there."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import signal
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.e2e.clients.base import LOOPBACK, wait_until
from tests.e2e.clients.seedbed import PROGRAM, seedbed, seeding
from tests.e2e.data import make_file, make_torrent, make_tree, same
from tests.e2e.disks import fill, needs_root, small_disk
from tests.e2e.nginx import web_seed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(400)]

KILLS = 40
SEED = 20_261_121
MiB = 1 << 20


@contextlib.contextmanager
def sources(folder: Path, torrent_format: str, shape: str) -> Iterator[tuple[Path, Path, list[str]]]:
    """A dataset behind a slow web seed and a seeder: data, torrent and the options that reach the seeder."""
    data = make_tree(folder / "data") if shape == "tree" else make_file(folder / "data", size=6_000_000)
    with web_seed(folder / "data", folder / "nginx", more="limit_rate 3m;") as url:
        torrent = make_torrent(data, folder / "x.torrent", torrent_format, "--webseed", url)
        with seeding(torrent, folder / "data", folder / "seed.log") as ours:
            yield data, torrent, ["--no-dht", "--peer", f"{LOOPBACK}:{ours.port}", "--lan"]


@pytest.mark.parametrize(
    ("torrent_format", "shape"), [("hybrid", "file"), ("hybrid", "tree"), ("v1", "tree"), ("v2", "file")]
)
def test_fetcher_is_killed(torrent_format: str, shape: str, tmp_path: Path) -> None:
    """A fetch that is killed at a random moment leaves nothing false and is finished later; ten times a form."""
    chance = random.Random(f"{SEED}{torrent_format}{shape}")

    with sources(tmp_path, torrent_format, shape) as (data, torrent, options):
        for attempt in range(KILLS // 4):
            into = tmp_path / f"into{attempt}"
            fetch = [*PROGRAM, "fetch", str(torrent), "-o", str(into), "-q", *options]
            with subprocess.Popen(fetch, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL) as victim:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    victim.wait(chance.uniform(0.05, 1.5))
                victim.send_signal(signal.SIGKILL)
            assert_nothing_false(data, into)

            seedbed("fetch", torrent, "-o", into, *options)

            assert same(data, into / data.name)
            assert sorted(path.name for path in into.iterdir()) == [data.name], "no state is left behind"
            shutil.rmtree(into)


def assert_nothing_false(data: Path, into: Path) -> None:
    """What has its final name after a kill is the whole and true dataset."""
    if (into / data.name).exists():
        assert same(data, into / data.name)


def test_seeder_is_killed(tmp_path: Path) -> None:
    """A seeder that is killed in the middle is started again and the fetch ends well; ten times."""
    chance = random.Random(SEED)
    data = make_file(tmp_path / "data", size=24 * MiB)
    torrent = make_torrent(data, tmp_path / "x.torrent", "hybrid")

    for attempt in range(KILLS // 4):
        into = tmp_path / f"into{attempt}"
        with seeding(torrent, tmp_path / "data", tmp_path / "first.log") as first:
            options = ["--no-dht", "--peer", f"{LOOPBACK}:{first.port}", "--lan", "--timeout", "60"]
            fetch = subprocess.Popen(
                [*PROGRAM, "fetch", str(torrent), "-o", str(into), "-q", *options], stderr=subprocess.DEVNULL
            )
            with contextlib.suppress(subprocess.TimeoutExpired):
                fetch.wait(chance.uniform(0.3, 1.0))
            os.kill(first.pid, signal.SIGKILL)
        fetch.kill()
        fetch.wait()
        assert_nothing_false(data, into)

        with seeding(torrent, tmp_path / "data", tmp_path / "second.log") as second:
            seedbed("fetch", torrent, "-o", into, "--no-dht", "--peer", f"{LOOPBACK}:{second.port}", "--lan")

        assert same(data, into / data.name)
        shutil.rmtree(into)


@needs_root
@pytest.mark.parametrize("torrent_format", ["v1", "v2", "hybrid"])
@pytest.mark.parametrize("by", ["peer", "http"])
def test_disk_is_full_before(torrent_format: str, by: str, tmp_path: Path) -> None:
    """A fetch that cannot fit says so with 13 and ends well when there is space."""
    with small_disk(tmp_path / "disk", 32) as disk, offered(tmp_path, torrent_format, by) as (data, fetch):
        (disk / "ballast").write_bytes(bytes(22 * MiB))
        refused = seedbed(*fetch, "-o", disk / "into", expected=13)
        assert refused["error"] == "NoSpaceError"
        assert not (disk / "into" / data.name).exists()

        (disk / "ballast").unlink()
        seedbed(*fetch, "-o", disk / "into")
        assert same(data, disk / "into" / data.name)


@needs_root
@pytest.mark.parametrize("torrent_format", ["v1", "v2", "hybrid"])
@pytest.mark.parametrize("by", ["peer", "http"])
def test_disk_fills_up(torrent_format: str, by: str, tmp_path: Path) -> None:
    """A disk that fills up in the middle ends the fetch with 13; its state is kept, and it ends well with space."""
    with small_disk(tmp_path / "disk", 32) as disk, offered(tmp_path, torrent_format, by) as (data, fetch):
        into = disk / "into"
        with subprocess.Popen(
            [*PROGRAM, *map(str, fetch), "-o", str(into), "--json"], stdout=subprocess.PIPE
        ) as running:
            wait_until(lambda: used_bytes(disk) > MiB, "the fetch has begun")
            fill(disk / "ballast")
            assert running.wait(60) == 13
        assert not (into / data.name).exists()
        assert used_bytes(into) > 0

        (disk / "ballast").unlink()
        seedbed(*fetch, "-o", into)
        assert same(data, into / data.name)


@contextlib.contextmanager
def offered(folder: Path, torrent_format: str, by: str) -> Iterator[tuple[Path, list[object]]]:
    """A dataset of 12 MiB at 1.5 MB/s by HTTP or from a peer: the data, and the command that fetches it."""
    data = make_file(folder / "data", size=12 * MiB)
    with web_seed(folder / "data", folder / "nginx", more="limit_rate 400k;") as url:
        torrent = make_torrent(data, folder / "x.torrent", torrent_format, "--webseed", url)
        with seeding(torrent, folder / "data", folder / "seed.log", "--max-upload", "1500000") as ours:
            options = (
                ["--no-peers"] if by == "http" else ["--no-webseeds", "--no-dht", "--peer", f"{LOOPBACK}:{ours.port}"]
            )
            yield data, ["fetch", torrent, "--lan", *options]


def used_bytes(folder: Path) -> int:
    """Bytes of the files in a folder that are on disk."""
    return sum(path.stat().st_blocks * 512 for path in folder.rglob("*") if path.is_file())
