# SPDX-License-Identifier: Apache-2.0
"""What a tracker keeps over a restart: how often each dataset was completed, and hourly counts. No address ever.

SQLite; written in threads, so that nobody waits for the disk. Times are those of the wall clock, which may be wrong and
be set right again: what is old is put together or dropped only while the newest row is of the last week, so a clock
that jumps ahead costs no history; rows of the future are not shown, and are replaced when their time comes.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import sqlite3
from typing import TYPE_CHECKING

from seedbed.errors import StateError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
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
FINE_S = 31 * 86_400
"""So long with a row an hour; what is older has a row a day, its mean."""
BELIEVED_S = 7 * 86_400
"""A clock that is further ahead of the newest row than this may be wrong, and nothing is dropped by it."""
KEY_BYTES = 32
_DAILY = """
insert or replace into history
select info_hash, at / 86400 * 86400 + 43200, cast(round(avg(seeds)) as integer), max(completed),
       cast(round(avg(leechers)) as integer)
from history where at < ? group by info_hash, at / 86400 having count(*) > 1
"""


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
    """Add a row for each dataset to its history, put days of a month ago together, and drop what is old.

    Args:
        path: The record.
        counts: By the first info-hash of each dataset.
        at_s: Seconds since 1970.

    Raises:
        StateError: it cannot be written.
    """
    rows = ((info_hash, at_s, one.seeds, one.completed, one.leechers) for info_hash, one in counts)
    with _opened(path) as db:
        newest = db.execute("select max(at) from history").fetchone()[0]
        db.executemany("insert or replace into history values (?, ?, ?, ?, ?)", rows)
        if newest is not None and 0 <= at_s - newest <= BELIEVED_S:
            day = (at_s - FINE_S) // 86_400 * 86_400
            db.execute(_DAILY, (day,))
            db.execute("delete from history where at < ? and at % 86400 <> 43200", (day,))
            db.execute("delete from history where at < ?", (at_s - KEEP_S,))


def newest(path: Path) -> int | None:
    """When the newest row was written, in seconds since 1970; None when there is none.

    Raises:
        StateError: it cannot be read.
    """
    with _opened(path) as db:
        found: int | None = db.execute("select max(at) from history").fetchone()[0]
        return found


def history(
    path: Path, info_hashes: Sequence[bytes], since_s: int, until_s: int, points: int = 400
) -> list[tuple[int, int, int, int]]:
    """How a dataset fared.

    Args:
        path: The record.
        info_hashes: Of the dataset: its rows stand at the first; older ones at either, and the larger is taken.
        since_s: Seconds since 1970.
        until_s: Later rows were written while the clock was wrong.
        points: At most so many; neighbours are put together.

    Returns:
        Time in seconds since 1970, seeds, completed, leechers; the oldest first.

    Raises:
        StateError: it cannot be read.
    """
    step = max((until_s - since_s) // points, 1)
    marks = ", ".join("?" * len(info_hashes))
    with _opened(path) as db:
        return db.execute(
            "select cast(avg(at) as integer), cast(round(avg(seeds)) as integer), max(completed), "  # noqa: S608
            "cast(round(avg(leechers)) as integer) from (select at, max(seeds) as seeds, max(completed) as completed, "
            f"max(leechers) as leechers from history where info_hash in ({marks}) and at between ? and ? group by at) "
            "group by at / ? order by 1",
            (*info_hashes, since_s, until_s, step),
        ).fetchall()


def key_of(record: Path) -> bytes:
    """The secret of connection ids, kept beside the record: clients that know an id go on over a restart.

    Raises:
        StateError: it cannot be read or written.
    """
    path = record.with_name(record.name + ".key")
    try:
        with contextlib.suppress(FileNotFoundError):
            found = path.read_bytes()
            if len(found) == KEY_BYTES:
                return found
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f"{path.name}.{os.getpid()}.part")
        made = secrets.token_bytes(KEY_BYTES)
        part.unlink(missing_ok=True)
        with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:  # noqa: PTH123
            file.write(made)
        part.replace(path)
    except OSError as error:
        raise StateError(f"{path}: the tracker's key cannot be kept: {error.strerror}") from error
    return made


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with contextlib.closing(sqlite3.connect(path, timeout=30)) as db, db:
            db.executescript(_SCHEMA)
            yield db
    except (sqlite3.Error, OSError) as error:
        raise StateError(f"{path}: the tracker's record cannot be used: {error}") from error
