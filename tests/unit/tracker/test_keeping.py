# SPDX-License-Identifier: Apache-2.0
"""What a tracker keeps over a restart, and whom a catalogue lets it serve."""

from __future__ import annotations

import logging
import sqlite3
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from seedbed.api.tracked import CatalogAccess
from seedbed.catalog.model import Site
from seedbed.catalog.releasing.parquet_tables import ParquetTables
from seedbed.errors import StateError
from seedbed.tracker import keeping
from seedbed.tracker.access import Everything, Listed
from seedbed.tracker.swarm import Count
from seedbed.tracker.udp_wire import ConnectionIds
from tests import releases

if TYPE_CHECKING:
    from pathlib import Path

    from seedbed.catalog.model import Release


def test_completed_counts_are_kept(tmp_path: Path) -> None:
    """The last one of each."""
    path = tmp_path / "x/tracker.sqlite"
    assert keeping.load(path) == {}
    keeping.save(path, {b"a" * 20: 1, b"b" * 20: 2})
    keeping.save(path, {b"a" * 20: 5})

    assert keeping.load(path) == {b"a" * 20: 5, b"b" * 20: 2}


A, NOW, HOUR, DAY = b"a" * 20, 1_800_000_000, 3_600, 86_400


def noted(path: Path, *times: int, seeds: int = 1) -> None:
    """A row at each time."""
    for at in times:
        keeping.note(path, [(A, Count(seeds, 2, 3))], at)


def test_history_is_kept_for_a_year(tmp_path: Path) -> None:
    """A row an hour; what is a month old has one a day, its mean; without any address."""
    path, first = tmp_path / "t.sqlite", NOW // DAY * DAY
    with sqlite3.connect(path) as db:  # as if it had run for long
        noted(path, first)
        rows = ((A, first - 500 * DAY + hour * HOUR, hour % 24, hour, 1) for hour in range(499 * 24))
        db.executemany("insert into history values (?, ?, ?, ?, ?)", rows)
    noted(path, first + HOUR)

    kept = keeping.history(path, [A], 0, first + HOUR, points=10**9)

    assert kept[-2:] == [(first, 1, 2, 3), (first + HOUR, 1, 2, 3)]
    assert kept[0][0] >= first + HOUR - keeping.KEEP_S
    assert {row[0] % DAY for row in kept[:300]} == {DAY // 2}
    assert {row[1] for row in kept[:300]} == {12}
    assert len(kept) == 2 + 30 * 24 + (400 - 31)
    assert len(keeping.history(path, [A], first - 400 * DAY, first + HOUR)) <= 401


def test_a_dataset_has_one_history(tmp_path: Path) -> None:
    """Of rows at the same time the larger: older records have one for each of its hashes."""
    path = tmp_path / "t.sqlite"
    keeping.note(path, [(A, Count(1, 2, 3)), (b"b" * 20, Count(4, 1, 0))], NOW)

    assert keeping.history(path, [A, b"b" * 20], 0, NOW) == [(NOW, 4, 2, 3)]


def test_k13_a_clock_that_jumps_costs_no_history(tmp_path: Path) -> None:
    """An hour back and forth, ten years ahead and back again: rows stay, and those of the future are not shown."""
    path = tmp_path / "t.sqlite"
    noted(path, NOW - 20 * DAY, NOW - HOUR, NOW, NOW - HOUR // 2, NOW + HOUR)
    noted(path, NOW + 3_650 * DAY, seeds=9)
    noted(path, NOW + 2 * HOUR)

    shown = keeping.history(path, [A], 0, NOW + 3 * HOUR, points=10**9)

    assert [at - NOW for at, *_ in shown] == [-20 * DAY, -HOUR, -HOUR // 2, 0, HOUR, 2 * HOUR]
    assert 9 not in {seeds for _, seeds, *_ in shown}
    assert keeping.newest(path) == NOW + 3_650 * DAY


def test_the_key_of_connection_ids_is_kept(tmp_path: Path) -> None:
    """Nobody else may read it; one that is damaged is made anew; what was given out stays good over a restart."""
    record, ip = tmp_path / "x/tracker.sqlite", bytes((192, 0, 2, 1))
    first = ConnectionIds(keeping.key_of(record)).of(ip, 1_000)

    assert ConnectionIds(keeping.key_of(record)).is_good(first, ip, 1_000)
    (path,) = (tmp_path / "x").iterdir()
    assert path.stat().st_mode & 0o777 == 0o600
    path.write_bytes(b"short")
    assert not ConnectionIds(keeping.key_of(record)).is_good(first, ip, 1_000)


def test_a_key_that_cannot_be_kept_is_told(tmp_path: Path) -> None:
    """With its path."""
    (tmp_path / "file").write_text("")

    with pytest.raises(StateError, match=r"tracker\.sqlite\.key"):
        keeping.key_of(tmp_path / "file" / "tracker.sqlite")


def test_a_damaged_record_is_told(tmp_path: Path) -> None:
    """With its path."""
    (tmp_path / "t.sqlite").write_bytes(b"not a database, and long enough to be seen as none" * 30)

    with pytest.raises(StateError, match=r"t\.sqlite"):
        keeping.load(tmp_path / "t.sqlite")


def test_lists() -> None:
    """A listed tracker serves its datasets; an open one everything that is a hash."""
    assert Listed({b"a" * 20: "lakes@1"}).is_listed(b"a" * 20)
    assert not Listed({b"a" * 20: "lakes@1"}).is_listed(b"b" * 20)
    assert Everything().is_listed(b"b" * 20)
    assert not Everything().is_listed(b"b" * 19)


def write(path: Path, *versions: Release) -> None:
    """A catalogue's table."""
    part = path.with_name("part")
    ParquetTables().write_catalog(part, releases.in_table_order(versions), Site("test"))
    part.replace(path)


def test_the_list_is_the_catalogue(tmp_path: Path) -> None:
    """Both hashes of a hybrid, v2 cut to 20 bytes; withdrawn versions are none of it; read again when it changes."""
    path = tmp_path / "catalog.parquet"
    one, two = releases.release("lakes"), releases.release("rivers")
    write(path, one, replace(two, status="withdrawn", status_reason="wrong"))
    access = CatalogAccess(lambda: path, ["0f" * 20])

    listed = access()

    assert listed is not None
    v1, v2 = bytes.fromhex(one.torrent.info_hash_v1), bytes.fromhex(one.torrent.info_hash_v2)[:20]
    assert listed.datasets == {v1: "lakes@1", v2: "lakes@1", b"\x0f" * 20: "0f" * 20}
    assert access() is None
    write(path, one, two)
    again = access()
    assert again is not None
    assert "rivers@1" in again.datasets.values()


def test_k14_a_broken_catalogue_leaves_the_old_list(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """And says so; a good one is taken over afterwards."""
    path = tmp_path / "catalog.parquet"
    write(path, releases.release("lakes"))
    access = CatalogAccess(lambda: path)
    assert access() is not None
    with caplog.at_level(logging.WARNING):
        path.write_bytes(b"PAR1 broken")
        assert access() is None
        path.unlink()
        assert access() is None

    assert "the old list stays" in caplog.text
    write(path, releases.release("lakes"), releases.release("rivers"))
    assert access() is not None
