# SPDX-License-Identifier: Apache-2.0
"""What a node must not forget: which unit it is doing what with, and what it knows of all of them.

Each step of a unit is one transaction: ``fetching`` → ``held`` → ``leaving`` → gone. Data is claimed from ``held``
only, and only once it was proved: ``verified_s`` is 0 of what is doubtful. Lengths of time are seconds that the node
was at work, added up round by round: a clock that jumps by years ends nothing.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Self, TypeAlias

from seedbed.node.database import Database

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

Stage: TypeAlias = Literal["fetching", "held", "leaving"]
Wish: TypeAlias = Literal["evict", "evict-now", "keep"]
DAY_S = 86_400
NODE = ""
"""In the place of a unit's id: of the node as a whole."""
VERSION = 1
"""Of the tables. New tables and columns need no new version: a program that does not know them leaves them alone."""
EVENTS_KEPT = 10_000
POINTS_KEPT = 10_000
"""Hours: more than a year."""

_SCHEMA = """
create table if not exists meta (name text primary key, value text) strict;
create table if not exists units (
    id text primary key, stage text, size_bytes integer, since_s integer, verified_s integer
) strict;
create table if not exists numbers (
    id text primary key, copies real, mean real, fetching real, needed_h real
) strict;
create table if not exists homes (version text primary key, mark text) strict;
create table if not exists seals (id text primary key, seal text) strict;
create table if not exists waits (id text, what text, passed_s real, facts text, primary key (id, what)) strict;
create table if not exists wishes (id text primary key, what text) strict;
create table if not exists events (at_s integer, id text, what text, facts text) strict;
create table if not exists points (hour integer primary key, held_bytes integer) strict;
create index if not exists events_by_id on events (id, at_s);
"""


@dataclass(frozen=True, slots=True)
class Held:
    """A unit that the node has, or is about to."""

    id: str
    stage: Stage
    size_bytes: int
    since_s: int
    """When it came to this stage: seconds since 1970."""
    verified_s: int
    """When every byte was proved last; 0 when that is in doubt, and then it is not claimed."""


@dataclass(frozen=True, slots=True)
class Wait:
    """Something that takes its time."""

    id: str
    what: str
    """``failed``, ``idle``, ``unlisted``, ``withdrawn``, ``trash`` or ``dropped``."""
    passed_s: float
    """How long the node was at work since."""
    facts: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Event:
    """Something that a node did, and why."""

    at_s: int
    id: str
    """The unit; empty for the node itself."""
    what: str
    facts: Mapping[str, Any]


class State:
    """The file. One writer; readers may look at any time.

    Raises:
        StateError: it cannot be opened, is damaged, or is of a newer program.
    """

    def __init__(self, path: Path) -> None:
        self._db = Database(path, _SCHEMA, VERSION)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._db.close()

    # -- units -------------------------------------------------------------------------------------------------------

    def units(self) -> dict[str, Held]:
        """All units that the node has or fetches, by id."""
        rows = self._db.ask("select id, stage, size_bytes, since_s, verified_s from units order by id")
        return {row[0]: Held(*row) for row in rows}

    def move(
        self,
        unit: str,
        stage: Stage,
        size_bytes: int,
        now_s: int,
        *,
        what: str,
        facts: Mapping[str, Any],
        seal: str = "",
    ) -> None:
        """A unit comes to a stage, and why; it is proved when it has a seal (:meth:`verified`)."""
        with self._db.transaction():
            self._db.ask(
                "insert into units (id, stage, size_bytes, since_s, verified_s) values (?, ?, ?, ?, ?) "
                "on conflict (id) do update set stage = excluded.stage, since_s = excluded.since_s, "
                "size_bytes = excluded.size_bytes, verified_s = max(excluded.verified_s, units.verified_s)",
                (unit, stage, size_bytes, now_s, now_s if seal else 0),
            )
            if seal:
                self._db.ask("insert or replace into seals (id, seal) values (?, ?)", (unit, seal))
            self._note(unit, what, facts, now_s)

    def remove(self, unit: str, now_s: int, *, what: str, facts: Mapping[str, Any]) -> None:
        """A unit is gone, and why."""
        with self._db.transaction():
            for table in ("units", "seals", "waits"):
                self._db.ask(f"delete from {table} where id = ?", (unit,))  # noqa: S608
            self._note(unit, what, facts, now_s)

    def verified(self, unit: str, now_s: int, seal: str) -> None:
        """Every byte of a unit was proved, and this is how its files looked then."""
        with self._db.transaction():
            self._db.ask("update units set verified_s = ? where id = ?", (now_s, unit))
            self._db.ask("insert or replace into seals (id, seal) values (?, ?)", (unit, seal))

    def doubt(self, unit: str) -> None:
        """What was proved of a unit counts no longer."""
        with self._db.transaction():
            self._db.ask("update units set verified_s = 0 where id = ?", (unit,))
            self._db.ask("delete from seals where id = ?", (unit,))

    def seals(self) -> dict[str, str]:
        """How the files of each unit looked when they were proved last."""
        return dict(self._db.ask("select id, seal from seals"))

    def homes(self) -> dict[str, str]:
        """In which folder each version lies, by the folder's mark; of a node with one folder nothing."""
        return dict(self._db.ask("select version, mark from homes"))

    def home(self, version: str) -> str:
        """Of one."""
        rows = self._db.ask("select mark from homes where version = ?", (version,))
        return str(rows[0][0]) if rows else ""

    def put_home(self, version: str, mark: str) -> None:
        """A version lies in a folder, or is about to."""
        self._db.ask("insert or replace into homes (version, mark) values (?, ?)", (version, mark))

    # -- what takes its time -----------------------------------------------------------------------------------------

    def waits(self, what: str) -> dict[str, Wait]:
        """All of one kind, by id."""
        rows = self._db.ask("select id, what, passed_s, facts from waits where what = ?", (what,))
        return {one: Wait(one, kind, passed_s, json.loads(facts)) for one, kind, passed_s, facts in rows}

    def wait(self, unit: str, what: str, passed_s: float = 0.0, **facts: Any) -> None:
        """Something begins, or begins anew."""
        text = json.dumps(facts, ensure_ascii=False)
        self._db.ask(
            "insert or replace into waits (id, what, passed_s, facts) values (?, ?, ?, ?)", (unit, what, passed_s, text)
        )

    def wait_no_more(self, unit: str, what: str) -> None:
        """Something has come to its end."""
        self._db.ask("delete from waits where id = ? and what = ?", (unit, what))

    def pass_time(self, passed_s: float) -> None:
        """So much time of work has passed."""
        self._db.ask("update waits set passed_s = passed_s + ?", (passed_s,))

    # -- what people ask for -----------------------------------------------------------------------------------------

    def wish(self, unit: str, what: Wish) -> None:
        """A person asks for something; a node that runs does it in its next round."""
        self._db.ask("insert or replace into wishes (id, what) values (?, ?)", (unit, what))

    def wishes(self) -> dict[str, Wish]:
        """What was asked for and is not done, by id."""
        return dict(self._db.ask("select id, what from wishes"))

    def granted(self, unit: str) -> None:
        """What was asked for is done."""
        self._db.ask("delete from wishes where id = ?", (unit,))

    # -- what happened, and what is known ----------------------------------------------------------------------------

    def note(self, what: str, facts: Mapping[str, Any], now_s: int, unit: str = "") -> None:
        """Something happened."""
        with self._db.transaction():
            self._note(unit, what, facts, now_s)

    def events(self, unit: str = "", limit: int = 50) -> list[Event]:
        """What happened, the last first, whatever the clock said then; of one unit, or of all."""
        where, values = ("where id = ?", (unit,)) if unit else ("", ())
        rows = self._db.ask(
            f"select at_s, id, what, facts from events {where} order by rowid desc limit ?",  # noqa: S608
            (*values, limit),
        )
        return [Event(at_s, one, what, json.loads(facts)) for at_s, one, what, facts in rows]

    def point(self, now_s: int, held_bytes: int) -> None:
        """Remember how much is held, once an hour; the last word of an hour counts."""
        with self._db.transaction():
            self._db.ask("insert or replace into points (hour, held_bytes) values (?, ?)", (now_s // 3_600, held_bytes))
            last = "select hour from points order by hour desc limit -1 offset ?"
            self._db.ask(f"delete from points where hour in ({last})", (POINTS_KEPT,))  # noqa: S608

    def points(self, since_s: int) -> list[tuple[int, int]]:
        """Time and bytes held, the oldest first."""
        rows = self._db.ask("select hour, held_bytes from points where hour >= ? order by hour", (since_s // 3_600,))
        return [(hour * 3_600, held_bytes) for hour, held_bytes in rows]

    def numbers(self) -> dict[str, tuple[float, float, float, float]]:
        """Copies, mean of the day, fetchers and hours of need of each unit, as they were known last."""
        return {row[0]: row[1:] for row in self._db.ask("select id, copies, mean, fetching, needed_h from numbers")}

    def keep_numbers(self, rows: Sequence[tuple[str, float, float, float, float]]) -> None:
        """Replace all of them."""
        with self._db.transaction():
            self._db.ask("delete from numbers")
            self._db.fill(
                "insert into numbers (id, copies, mean, fetching, needed_h) values (?, ?, ?, ?, ?)", iter(rows)
            )

    def get(self, name: str) -> str:
        """A fact about the node; empty when it is not known."""
        rows = self._db.ask("select value from meta where name = ?", (name,))
        return str(rows[0][0]) if rows else ""

    def set(self, name: str, value: str) -> None:
        """Remember a fact about the node."""
        self._db.ask("insert or replace into meta (name, value) values (?, ?)", (name, value))

    def _note(self, unit: str, what: str, facts: Mapping[str, Any], now_s: int) -> None:
        text = json.dumps(dict(facts), ensure_ascii=False, default=str)
        self._db.ask("insert into events (at_s, id, what, facts) values (?, ?, ?, ?)", (now_s, unit, what, text))
        self._db.ask("delete from events where rowid <= (select max(rowid) from events) - ?", (EVENTS_KEPT,))
