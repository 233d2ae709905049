# SPDX-License-Identifier: Apache-2.0
"""A real smartnode keeps to what was given: rates, hours, traffic, folders; takes over files; and leaves."""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
import time
from typing import TYPE_CHECKING

import pytest

from tests.e2e.clients.base import wait_until
from tests.e2e.clients.seedbed import seedbed
from tests.e2e.node_world import NodeWorld, published, running

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(120)]
soak = pytest.mark.skipif(not os.environ.get("SEEDBED_SOAK"), reason="make soak: a rate takes its time")
SIZE, COUNT = 1_500_000, 3
ALL = {f"set-{number}@1" for number in range(COUNT)}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """One catalogue for all, behind a fast web server."""
    with published(tmp_path_factory.mktemp("site"), count=COUNT, size=SIZE, rate="0") as folder:
        yield folder


def join(site: Path, folder: Path, patch: pytest.MonkeyPatch, *words: object) -> NodeWorld:
    """A new node that gives one folder, and whatever is said."""
    world = NodeWorld(folder, site / "catalog", site / "sources", folder / "given")
    patch.setenv("SEEDBED_HOME", str(world.home))
    seedbed("node", "join", world.catalog, "--dir", world.given, "--storage", "400M", *words)
    return world


def traffic(world: NodeWorld) -> int:
    """Bytes of this month, as the node has written them down."""
    with contextlib.closing(sqlite3.connect(next(world.home.rglob("node/state.sqlite")), timeout=30)) as db:
        row = db.execute("select value from meta where name = 'traffic'").fetchone()
    return int(json.loads(row[0])["used_bytes"]) if row else 0


@soak
def test_a_rate_binds_all_mirrors_together_and_is_counted(
    site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Three fetches from a fast server share 1.5 MB a second; what came is in the month's traffic after a stop."""
    world = join(site, tmp_path, monkeypatch, "--rate-down", "1500k", "--monthly", "1G")
    with running(world) as node:
        node.until("ready")
        began_s = time.monotonic()
        node.until("round", held=COUNT)
        took_s = time.monotonic() - began_s
        assert node.terminate() == 0
    assert took_s > 0.8 * COUNT * SIZE / 1_500_000
    assert COUNT * SIZE <= traffic(world) < 1.5 * COUNT * SIZE


def test_hours_two_folders_and_the_end(site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Outside its hours it does nothing; in them it fills both folders; told to leave at once it ends by itself."""
    hour = (time.localtime().tm_hour + 12) % 24
    more = ("--dir", tmp_path / "more", "--storage", "400M", "--hours", f"{hour}-{(hour + 1) % 24}")
    world = join(site, tmp_path, monkeypatch, *more)
    with running(world) as node:
        wait_until(lambda: len(node.events("round")) > 2, "it has looked around", log=node.log)
        assert not world.units()
        seedbed("node", "limit", "--hours", "always")
        node.until("round", held=COUNT)
        folders = [folder / "snapshots" for folder in (world.given, tmp_path / "more")]
        assert all(folder.is_dir() and list(folder.iterdir()) for folder in folders)
        seedbed("node", "leave", "--now", "--delete-data")
        assert node.process.wait(20) == 0
        assert "Traceback" not in node.log.read_text()
        assert node.events("left")
    assert not world.given.exists()
    assert not (tmp_path / "more").exists()


@soak
def test_files_that_are_there_are_taken_over_while_it_runs(
    site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The publisher's own files are linked: nothing comes over the line, and they are served within a round."""
    world = join(site, tmp_path, monkeypatch)
    seedbed("node", "pause")
    with running(world) as node:
        node.until("ready")
        seedbed("node", "adopt", world.sources)
        wait_until(lambda: world.claimed == ALL, "all is taken over", log=node.log)
        seedbed("node", "resume")
        node.until("round", held=COUNT)
        assert node.terminate() == 0
    assert all(map(world.is_right, ALL))
    assert traffic(world) < SIZE / 2
    assert (world.sources / "set-0/sub/a.bin").stat().st_mode & 0o200, "the person's file can still be written"
