# SPDX-License-Identifier: Apache-2.0
"""What audits of copies found, kept: one SQLite file a catalogue, with what was done about it."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Self, TypeAlias

from seedbed.health.record_file import as_ours, opened

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_SCHEMA = """
create table if not exists audits (
    item_id text, url text, at text, verdict text, troubles text, good_bytes integer, primary key (item_id, url, at)
) strict;
create table if not exists deeds (
    id integer primary key, item_id text, url text, at text, deed text, why text, mirror text
) strict;
create index if not exists deeds_of on deeds (item_id, url);
"""
_KEPT = 100
"""Audits of one copy: the newest."""

Verdict: TypeAlias = Literal["good", "awkward", "bad", "unknown"]
"""As ``auditing.audited.Verdict``."""
Deed: TypeAlias = Literal["withdrawn", "restored"]


@dataclass(frozen=True, slots=True)
class Noted:
    """One audit of one copy."""

    item_id: str
    url: str
    """Of the copy, as a fetch asks it (``core.layout``)."""
    at: dt.datetime
    verdict: Verdict
    troubles: tuple[str, ...] = ()
    """Names of what was wrong: ``wrong-bytes``, ``missing``, …"""
    good_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Done:
    """What was done about a copy."""

    item_id: str
    url: str
    at: dt.datetime
    deed: Deed
    why: str
    mirror: str = ""
    """The catalogue's entry of the copy as JSON, so that it can be put back as it was; empty for a mere web seed."""


class HealthRecord:
    """See the module's text. For one thread.

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

    def note(self, found: Iterable[Noted]) -> None:
        """Keep what audits found; of each copy only the newest are kept."""
        rows = [
            (one.item_id, one.url, _text(one.at), one.verdict, json.dumps(one.troubles), one.good_bytes)
            for one in found
        ]
        with as_ours(self._path), self._db:
            self._db.executemany("insert or replace into audits values (?, ?, ?, ?, ?, ?)", rows)
            for item_id, url, *_ in rows:
                self._db.execute(
                    "delete from audits where item_id = ? and url = ? and at not in "
                    "(select at from audits where item_id = ? and url = ? order by at desc limit ?)",
                    (item_id, url, item_id, url, _KEPT),
                )

    def do(self, done: Iterable[Done]) -> None:
        """Keep what was done."""
        rows = [(one.item_id, one.url, _text(one.at), one.deed, one.why, one.mirror) for one in done]
        with as_ours(self._path), self._db:
            self._db.executemany(
                "insert into deeds (item_id, url, at, deed, why, mirror) values (?, ?, ?, ?, ?, ?)", rows
            )

    def audits(self, item_id: str) -> dict[str, list[Noted]]:
        """Each copy's audits of a version, the newest first, by URL."""
        found: dict[str, list[Noted]] = {}
        with as_ours(self._path):
            rows = self._db.execute("select * from audits where item_id = ? order by at desc", (item_id,)).fetchall()
        for item, url, at, verdict, troubles, good_bytes in rows:
            noted = Noted(item, url, dt.datetime.fromisoformat(at), verdict, tuple(json.loads(troubles)), good_bytes)
            found.setdefault(url, []).append(noted)
        return found

    def deeds(self, item_id: str) -> list[Done]:
        """What was done about a version's copies, the newest first."""
        with as_ours(self._path):
            rows = self._db.execute(
                "select item_id, url, at, deed, why, mirror from deeds where item_id = ? order by id desc", (item_id,)
            ).fetchall()
        return [Done(item, url, dt.datetime.fromisoformat(at), *rest) for item, url, at, *rest in rows]

    def withdrawn(self, item_id: str) -> dict[str, Done]:
        """The copies of a version that are withdrawn now, by URL."""
        last: dict[str, Done] = {}
        for one in self.deeds(item_id):
            last.setdefault(one.url, one)
        return {url: one for url, one in last.items() if one.deed == "withdrawn"}

    def last_looked(self) -> dict[str, dt.datetime]:
        """Version -> when any of its copies was audited last."""
        with as_ours(self._path):
            rows = self._db.execute("select item_id, max(at) from audits group by item_id").fetchall()
        return {item_id: dt.datetime.fromisoformat(at) for item_id, at in rows}


def _text(moment: dt.datetime) -> str:
    """Sorts as the moments do."""
    return moment.astimezone(dt.UTC).isoformat(timespec="milliseconds")
