# SPDX-License-Identifier: Apache-2.0
"""What a node must not forget: which unit it is doing what with, and what it knows of all of them.

SQLite in WAL with full synchronisation: what was said to be written survives a power cut. Each step of a unit is one
transaction: ``fetching`` → ``held`` → ``leaving`` → gone. Data is claimed from ``held`` only.
"""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Self, TypeAlias

from seedbed.errors import StateError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

Stage: TypeAlias = Literal["fetching", "held", "leaving"]
VERSION = 1
EVENTS_KEPT = 10_000

_SCHEMA = """
create table if not exists meta (name text primary key, value text) strict;
create table if not exists units (
    id text primary key, stage text, size_bytes integer, since_s integer, verified_s integer, reason text
) strict;
create table if not exists numbers (
    id text primary key, copies real, mean real, fetching real, needed_h real, at_s integer
) strict;
create table if not exists events (at_s integer, id text, what text, facts text) strict;
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
    """When every byte was proved last; 0 for never."""


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
        self._path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(path, timeout=30, isolation_level=None, check_same_thread=False)
            self._db.execute("pragma journal_mode = wal")
            self._db.execute("pragma synchronous = full")
            version = int(self._db.execute("pragma user_version").fetchone()[0])
            if version > VERSION:
                raise StateError(f"{path}: a newer seedbed wrote it", hint="Update seedbed on this machine.")
            self._db.executescript(_SCHEMA)
            self._db.execute(f"pragma user_version = {VERSION}")
            if (told := self._db.execute("pragma quick_check").fetchone()[0]) != "ok":
                raise StateError(f"{path}: it is damaged: {told}", hint=_HINT)
        except (sqlite3.Error, OSError) as error:
            raise StateError(f"{path}: it cannot be used: {error}", hint=_HINT) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._db.close()

    def units(self) -> dict[str, Held]:
        """All units that the node has or fetches, by id."""
        rows = self._ask("select id, stage, size_bytes, since_s, verified_s from units order by id")
        return {row[0]: Held(*row) for row in rows}

    def move(
        self, unit: str, stage: Stage, size_bytes: int, now_s: int, *, what: str, facts: Mapping[str, Any]
    ) -> None:
        """A unit comes to a stage, and why."""
        verified_s = now_s if stage == "held" else 0
        with self._transaction():
            self._db.execute(
                "insert into units values (?, ?, ?, ?, ?, '') on conflict (id) do update set stage = excluded.stage, "
                "since_s = excluded.since_s, verified_s = max(excluded.verified_s, units.verified_s)",
                (unit, stage, size_bytes, now_s, verified_s),
            )
            self._note(unit, what, facts, now_s)

    def remove(self, unit: str, now_s: int, *, what: str, facts: Mapping[str, Any]) -> None:
        """A unit is gone, and why."""
        with self._transaction():
            self._db.execute("delete from units where id = ?", (unit,))
            self._note(unit, what, facts, now_s)

    def verified(self, unit: str, now_s: int) -> None:
        """Every byte of a unit was proved."""
        self._ask("update units set verified_s = ? where id = ?", (now_s, unit))

    def note(self, what: str, facts: Mapping[str, Any], now_s: int, unit: str = "") -> None:
        """Something happened."""
        with self._transaction():
            self._note(unit, what, facts, now_s)

    def events(self, unit: str = "", limit: int = 50) -> list[Event]:
        """What happened, the newest first; of one unit, or of all."""
        where, values = ("where id = ?", (unit,)) if unit else ("", ())
        rows = self._ask(
            f"select at_s, id, what, facts from events {where} order by at_s desc, rowid desc limit ?",  # noqa: S608
            (*values, limit),
        )
        return [Event(at_s, one, what, json.loads(facts)) for at_s, one, what, facts in rows]

    def numbers(self) -> dict[str, tuple[float, float, float, float]]:
        """Copies, mean of the day, fetchers and hours of need of each unit, as they were known last."""
        return {row[0]: row[1:] for row in self._ask("select id, copies, mean, fetching, needed_h from numbers")}

    def keep_numbers(self, rows: Sequence[tuple[str, float, float, float, float]], now_s: int) -> None:
        """Replace all of them."""
        with self._transaction():
            self._db.execute("delete from numbers")
            self._db.executemany("insert into numbers values (?, ?, ?, ?, ?, ?)", ((*row, now_s) for row in rows))

    def get(self, name: str) -> str:
        """A fact about the node; empty when it is not known."""
        rows = self._ask("select value from meta where name = ?", (name,))
        return str(rows[0][0]) if rows else ""

    def set(self, name: str, value: str) -> None:
        """Remember a fact about the node."""
        self._ask("insert or replace into meta values (?, ?)", (name, value))

    def _note(self, unit: str, what: str, facts: Mapping[str, Any], now_s: int) -> None:
        text = json.dumps(dict(facts), ensure_ascii=False, default=str)
        self._db.execute("insert into events values (?, ?, ?, ?)", (now_s, unit, what, text))
        self._db.execute("delete from events where rowid <= (select max(rowid) from events) - ?", (EVENTS_KEPT,))

    def _ask(self, text: str, values: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        try:
            return self._db.execute(text, values).fetchall()
        except sqlite3.Error as error:
            raise StateError(f"{self._path}: it cannot be used: {error}", hint=_HINT) from error

    def _transaction(self) -> _Transaction:
        return _Transaction(self._db, self._path)


class _Transaction:
    """All or nothing."""

    def __init__(self, db: sqlite3.Connection, path: Path) -> None:
        self._db, self._path = db, path

    def __enter__(self) -> None:
        try:
            self._db.execute("begin immediate")
        except sqlite3.Error as error:
            raise StateError(f"{self._path}: it cannot be used: {error}", hint=_HINT) from error

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: object) -> None:
        try:
            self._db.execute("rollback" if kind else "commit")
        except sqlite3.Error as trouble:
            raise StateError(f"{self._path}: it cannot be written: {trouble}", hint=_HINT) from trouble
        if isinstance(error, sqlite3.Error):
            raise StateError(f"{self._path}: it cannot be written: {error}", hint=_HINT) from error


_HINT = "Data is not touched. Move the file away, and 'seedbed node run' builds it anew from what is on disk."
