# SPDX-License-Identifier: Apache-2.0
"""Real processes on one catalogue: two at once, and one that is killed again and again."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from random import Random
from typing import TYPE_CHECKING

import pytest

from seedbed.catalog import paths
from seedbed.catalog.releasing import log
from seedbed.catalog.releasing.parquet_tables import ParquetTables
from seedbed.catalog.table import reader
from seedbed.errors import BusyError
from tests import publishers, tuf_client

if TYPE_CHECKING:
    from pathlib import Path

    from tests.publishers import Keeper

pytestmark = pytest.mark.slow

KILLS = 4


@pytest.fixture
def site(tmp_path: Path) -> Keeper:
    """A catalogue of one person, in Parquet."""
    return publishers.keeper(tmp_path, tables=ParquetTables())


def start(site: Keeper, dataset: str, count: int) -> subprocess.Popen[str]:
    """A process that publishes ``count`` versions."""
    command = [sys.executable, "-m", "tests.publishing_process", site.folder, site.keys / "a", dataset, count]
    return subprocess.Popen(list(map(str, command)), stdout=subprocess.PIPE, text=True)


def test_two_publishers_lose_no_row(site: Keeper, tmp_path: Path) -> None:
    """Each waits for the other; every version of both is there, and the log has every release."""
    both = [start(site, dataset, 4) for dataset in ("rivers", "lakes")]
    for process in both:
        process.communicate(timeout=20)
        assert process.returncode == 0

    found = [one.id for one in reader.read_catalog(site.folder / paths.CATALOG)]
    assert found == [f"{dataset}@v{number}" for dataset in ("lakes", "rivers") for number in range(1, 5)]
    entries = log.parse(tuf_client.read(site.folder, tmp_path / "c", paths.RELEASES_LOG))
    assert [entry.rows for entry in entries] == list(range(1, 9))


def test_the_second_publisher_is_told_who_is_at_work(site: Keeper) -> None:
    """Who does not want to wait is told the process that holds the catalogue."""
    with site.open(), pytest.raises(BusyError, match=rf"process {os.getpid()}\)"):
        with site.open():
            pass


def test_killed_again_and_again(site: Keeper, tmp_path: Path) -> None:
    """After each kill -9 the catalogue is whole for people and for verifying readers, who never go back."""
    chance = Random(5)
    rows = 0
    for _ in range(KILLS):
        process = start(site, "rivers", 1_000)
        assert process.stdout is not None
        assert process.stdout.readline() == "at work\n"
        with process:
            timer = threading.Timer(chance.uniform(0.0, 0.4), process.kill)
            timer.start()
            process.stdout.read()

        data = tuf_client.read(site.folder, tmp_path / "cache", paths.CATALOG)  # one memory for all rounds
        (tmp_path / "got.parquet").write_bytes(data)
        verified = list(reader.read_catalog(tmp_path / "got.parquet"))
        plain = list(reader.read_catalog(site.folder / paths.CATALOG))
        assert len(verified) >= rows
        assert len(plain) in {len(verified), len(verified) + 1}
        rows = len(verified)
    assert rows

    again = start(site, "rivers", rows + 2)
    again.communicate(timeout=20)
    assert again.returncode == 0
    entries = log.parse(tuf_client.read(site.folder, tmp_path / "cache", paths.RELEASES_LOG))
    assert [entry.rows for entry in entries] == list(range(1, rows + 3))
    assert not (site.folder / ".pending").exists()
