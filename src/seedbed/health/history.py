# SPDX-License-Identifier: Apache-2.0
"""How many copies there were, day by day: kept beside the audits of a catalogue; and how it is drawn (pure)."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from seedbed.health.record_file import as_ours, opened

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

_SCHEMA = """
create table if not exists days (
    item_id text, day text, peers integer, mirrors integer, primary key (item_id, day)
) strict, without rowid;
"""
KEPT_DAYS = 800
MAX_POINTS = 20_000
_BARS = "▁▂▃▄▅▆▇█"


@dataclass(frozen=True, slots=True)
class Day:
    """What was seen last on a day."""

    day: dt.date
    peers: int
    mirrors: int | None = None
    """Good ones; None where only a tracker has counted."""


class History:
    """The file. For one thread.

    Raises:
        StateError: it cannot be opened, read or written.
        NoSpaceError: the disk is full.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._db = opened(path, _SCHEMA)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        self._db.close()

    def note(self, seen: Iterable[tuple[str, Day]]) -> None:
        """Keep what is seen now; of a day the last is kept."""
        rows = [(item, one.day.isoformat(), one.peers, one.mirrors) for item, one in seen]
        with as_ours(self._path), self._db:
            self._db.executemany("insert or replace into days values (?, ?, ?, ?)", rows)
            if rows:
                first = min(one.day for _, one in seen_days(rows)) - dt.timedelta(days=KEPT_DAYS)
                self._db.execute("delete from days where day < ?", (first.isoformat(),))

    def days(self, item_id: str) -> list[Day]:
        """Of a version, the oldest first."""
        with as_ours(self._path):
            rows = self._db.execute(
                "select item_id, day, peers, mirrors from days where item_id = ? order by day", (item_id,)
            ).fetchall()
        return [one for _, one in seen_days(rows)]


def seen_days(rows: Iterable[tuple[str, str, int, int | None]]) -> list[tuple[str, Day]]:
    """Rows as values."""
    return [(item, Day(dt.date.fromisoformat(day), peers, mirrors)) for item, day, peers, mirrors in rows]


def of_tracker(body: bytes) -> list[Day]:
    """What a tracker of ours remembers of a dataset (``/stats/ID.json``): the mean of seeds of each day.

    Nothing is read of what is something else.
    """
    try:
        rows = json.loads(body)["history"][:MAX_POINTS]
        points = [(int(row["at"]), int(row["seeds"])) for row in rows]
        found: dict[dt.date, list[int]] = {}
        for at_s, seeds in points:
            found.setdefault(dt.datetime.fromtimestamp(at_s, dt.UTC).date(), []).append(seeds)
    except (ValueError, TypeError, KeyError, OverflowError, OSError, RecursionError):
        return []
    return [Day(day, round(sum(seeds) / len(seeds))) for day, seeds in sorted(found.items()) if min(seeds) >= 0]


def together(own: Sequence[Day], others: Sequence[Day]) -> list[Day]:
    """Ours, and of days that we did not look what a tracker has counted; the oldest first."""
    days: Mapping[dt.date, Day] = {one.day: one for one in (*others, *own)}
    return [days[day] for day in sorted(days)]


def plot(days: Sequence[Day], until: dt.date, width: int = 60) -> str:
    """Peers of the last days as one line of bars; a day without a number is a blank. Empty for fewer than two days."""
    known = {one.day: one.peers for one in days}
    row = [known.get(until - dt.timedelta(days=ago)) for ago in range(width - 1, -1, -1)]
    counts = [count for count in row if count is not None]
    if len(counts) < 2:
        return ""
    most = max(*counts, 1)
    bars = "".join(" " if count is None else _BARS[round(count / most * (len(_BARS) - 1))] for count in row)
    return f"{bars.lstrip()}  {counts[-1]} now, {most} at most"
