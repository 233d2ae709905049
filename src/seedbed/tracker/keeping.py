# SPDX-License-Identifier: Apache-2.0
"""What a tracker keeps over a restart: how often each dataset was completed, and hourly counts. No address ever.

SQLite; written in threads, so that nobody waits for the disk.
"""

from __future__ import annotations

import contextlib
import sqlite3
from typing import TYPE_CHECKING

from seedbed.errors import StateError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from seedbed.tracker.swarm import Count

_SCHEMA = """
create table if not exists completed (info_hash blob primary key, count integer) strict;
create table if not exists history (
    info_hash blob, at integer, seeds integer, completed integer, leechers integer, primary key (info_hash, at)
) strict;
"""
KEEP_S = 400 * 86_400
"""History is kept for somewhat more than a year."""


def load(path: Path) -> dict[bytes, int]:
    """Completed counts by info-hash.

    Raises:
        StateError: it cannot be read.
    """
    with _opened(path) as db:
        return dict(db.execute("select info_hash, count from completed").fetchall())


def save(path: Path, completed: Mapping[bytes, int]) -> None:
    """Keep completed counts.

    Raises:
        StateError: it cannot be written.
    """
    with _opened(path) as db:
        db.executemany("insert or replace into completed values (?, ?)", completed.items())


def note(path: Path, counts: Iterable[tuple[bytes, Count]], at_s: int) -> None:
    """Add a row for each swarm to its history, and drop what is old.

    Raises:
        StateError: it cannot be written.
    """
    rows = ((info_hash, at_s, one.seeds, one.completed, one.leechers) for info_hash, one in counts)
    with _opened(path) as db:
        db.executemany("insert or replace into history values (?, ?, ?, ?, ?)", rows)
        db.execute("delete from history where at < ?", (at_s - KEEP_S,))


def history(path: Path, info_hash: bytes) -> list[tuple[int, int, int, int]]:
    """Time in seconds since 1970, seeds, completed, leechers; the oldest first.

    Raises:
        StateError: it cannot be read.
    """
    with _opened(path) as db:
        return db.execute(
            "select at, seeds, completed, leechers from history where info_hash = ? order by at", (info_hash,)
        ).fetchall()


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with contextlib.closing(sqlite3.connect(path, timeout=30)) as db, db:
            db.executescript(_SCHEMA)
            yield db
    except (sqlite3.Error, OSError) as error:
        raise StateError(f"{path}: the tracker's record cannot be used: {error}") from error
