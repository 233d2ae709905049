# SPDX-License-Identifier: Apache-2.0
"""What a tracker keeps over a restart, and whom a catalogue lets it serve."""

from __future__ import annotations

import logging
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


def test_history_is_kept_for_a_year(tmp_path: Path) -> None:
    """One row a swarm and hour; without any address."""
    path, now = tmp_path / "t.sqlite", 1_800_000_000
    for at in (now - keeping.KEEP_S - 1, now - 3600, now):
        keeping.note(path, [(b"a" * 20, Count(1, 2, 3))], at)

    assert keeping.history(path, b"a" * 20) == [(now - 3600, 1, 2, 3), (now, 1, 2, 3)]


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
