# SPDX-License-Identifier: Apache-2.0
"""What trackers answered last, and which are left alone until when: one SQLite file for all catalogues.

A tracker is asked for this machine, whatever catalogue a torrent is of. Numbers only: no peer's address.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self, cast

from seedbed.health.record_file import as_ours, opened
from seedbed.health.scrape.counted import Numbers

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from seedbed.health.scrape.counted import Kind

_SCHEMA = """
create table if not exists trackers (
    url text primary key, way text, errors integer, kind text, why text, next_at text
) strict;
create table if not exists scraped (
    url text, info_hash blob, at text, seeds integer, leechers integer, completed integer, seen integer,
    primary key (url, info_hash)
) strict, without rowid;
"""


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a tracker."""

    way: str = ""
    """How it likes to be asked: ``many``, ``one``, ``all``; ``few`` when asking for all was of no use; or not known."""
    errors: int = 0
    """Failures in a row."""
    kind: Kind = "failure"
    why: str = ""
    next_at: dt.datetime | None = None
    """When it is asked again after a failure."""


class ScrapeRecord:
    """See the module's text. For one thread at a time.

    Raises:
        StateError: it cannot be opened, read or written.
        NoSpaceError: the disk is full.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._db = opened(path, _SCHEMA, any_thread=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        self._db.close()

    def known(self, url: str) -> Known:
        """What is known of a tracker."""
        with as_ours(self._path):
            row = self._db.execute(
                "select way, errors, kind, why, next_at from trackers where url = ?", (url,)
            ).fetchone()
        if row is None:
            return Known()
        way, errors, kind, why, next_at = row
        return Known(way, errors, kind, why, dt.datetime.fromisoformat(next_at) if next_at else None)

    def know(self, url: str, known: Known) -> None:
        """Keep what is known of a tracker."""
        row = (url, known.way, known.errors, known.kind, known.why, known.next_at and _text(known.next_at))
        with as_ours(self._path), self._db:
            self._db.execute("insert or replace into trackers values (?, ?, ?, ?, ?, ?)", row)

    def note(self, url: str, asked: Iterable[bytes], found: Mapping[bytes, Numbers], at: dt.datetime) -> None:
        """Keep an answer; of what was asked and not answered, only that it was asked."""
        nothing = Numbers(None, None)
        rows = [(url, one, _text(at), *found.get(one, nothing)) for one in asked]
        with as_ours(self._path), self._db:
            self._db.executemany("insert or replace into scraped values (?, ?, ?, ?, ?, ?, ?)", rows)

    def last(self, url: str) -> dict[bytes, tuple[dt.datetime, Numbers]]:
        """When each hash was asked for last, and what was answered."""
        with as_ours(self._path):
            rows = self._db.execute(
                "select info_hash, at, seeds, leechers, completed, seen from scraped where url = ?", (url,)
            ).fetchall()
        return {
            cast("bytes", info_hash): (dt.datetime.fromisoformat(at), Numbers(*numbers))
            for info_hash, at, *numbers in rows
        }


def _text(moment: dt.datetime) -> str:
    return moment.astimezone(dt.UTC).isoformat(timespec="seconds")
