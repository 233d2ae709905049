# SPDX-License-Identifier: Apache-2.0
"""The durable memory of one followed catalogue: what was seen can never be unseen.

TUF's client keeps its own files, but writes them without fsync, and with them gone an old catalogue would be accepted
again. So the highest versions seen stand here too, in SQLite with full synchronisation. One transaction makes a new
catalogue the active one: before it the old one holds, after it the new one.

High-water marks are kept for a role *and its keys*: a thief of the online key can push its version number to the sky,
and the honest keeper could never come back, unless a new key starts a new count (TUF specification, 5.3.11).
"""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import sqlite3
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Self

from seedbed.errors import NoSpaceError, StateError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path
    from types import TracebackType

_SCHEMA = """
create table if not exists state (name text primary key, value) strict;
create table if not exists seen (role text, keys text, version integer, primary key (role, keys)) strict;
create table if not exists releases (serial integer primary key, sha256 text) strict;
create table if not exists unlisted (item_id text primary key, info_hash text, size_bytes integer, since text) strict;
create table if not exists alarms (id integer primary key, at text, rule text, what text) strict;
""".replace("(name text primary key, value)", "(name text primary key, value any)")
MAX_ALARMS = 1000
"""A source that is wrong every hour must not fill the disk."""


@dataclass(frozen=True, slots=True)
class Active:
    """The adopted catalogue."""

    serial: int
    signed_sha256: str
    """Of ``catalog.parquet`` as it was signed."""
    local_sha256: str
    """Of our file: another one when it was put together from changes by another version of the Parquet library."""
    files_sha256: str
    """Of our ``files.parquet``; empty when there is none."""
    folder: str
    """Name of the folder below ``releases``."""
    rows: int
    site_id: str
    accepted: str
    """When, ISO 8601."""
    stamps: dict[str, list[int]] = field(default_factory=dict)
    """File name -> size in bytes and time of change in nanoseconds, so that a changed file is noticed."""

    @property
    def is_exact(self) -> bool:
        """Whether our file is the signed one byte for byte, so that we can give it to others."""
        return self.local_sha256 == self.signed_sha256


@dataclass(frozen=True, slots=True)
class Alarm:
    """Something that should not happen."""

    at: str
    rule: str
    what: str


@dataclass(frozen=True, slots=True)
class Unlisted:
    """A release that we may hold and that the catalogue does not list any more, or lists as withdrawn."""

    item_id: str
    info_hash: str
    size_bytes: int
    since: str
    """ISO 8601; its data is kept for 90 days from here at least."""


class Record:
    """The memory of one followed catalogue.

    Args:
        path: Of the SQLite file; made when it is not there.

    Raises:
        StateError: it cannot be opened or is damaged; or NoSpaceError: the disk is full.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        with self._told():
            self._db = sqlite3.connect(path, isolation_level=None, timeout=30)
            self._db.execute("pragma synchronous=extra")
            self._db.executescript(_SCHEMA)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._db.close()

    @contextlib.contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            if getattr(error, "sqlite_errorcode", 0) == sqlite3.SQLITE_FULL:
                raise NoSpaceError(
                    f"{self._path}: the disk is full",
                    hint="What was verified before stays in use.",
                ) from error
            raise StateError(
                f"{self._path}: the record of trust cannot be used: {error}",
                hint="Without it an old catalogue could be passed off as new. Restore it, or join again with a link "
                "from somebody you trust.",
            ) from error

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        """All of what is written inside, or nothing."""
        with self._told():
            self._db.execute("begin immediate")
            try:
                yield
            except BaseException:
                with contextlib.suppress(sqlite3.OperationalError):  # a full disk has ended it already
                    self._db.execute("rollback")
                raise
            self._db.execute("commit")

    def _get(self, name: str) -> object:
        with self._told():
            row = self._db.execute("select value from state where name = ?", (name,)).fetchone()
        return row[0] if row else None

    def _set(self, name: str, value: object) -> None:
        with self._told():
            self._db.execute("insert or replace into state values (?, ?)", (name, value))

    @property
    def root(self) -> bytes:
        """The newest root metadata that was verified; empty before the first."""
        value = self._get("root")
        return value if isinstance(value, bytes) else b""

    @root.setter
    def root(self, data: bytes) -> None:
        self._set("root", data)

    @property
    def trusted_time(self) -> dt.datetime | None:
        """Latest time that a verified catalogue proves to have passed."""
        return _time(self._get("trusted_time"))

    @trusted_time.setter
    def trusted_time(self, value: dt.datetime | None) -> None:
        self._set("trusted_time", value.isoformat() if value else None)

    @property
    def expires(self) -> dt.datetime | None:
        """When the last verified timestamp expires."""
        return _time(self._get("expires"))

    @expires.setter
    def expires(self, value: dt.datetime) -> None:
        self._set("expires", value.isoformat())

    @property
    def suspicion(self) -> str:
        """Why an attack is suspected; empty when not."""
        return str(self._get("suspicion") or "")

    @suspicion.setter
    def suspicion(self, what: str) -> None:
        self._set("suspicion", what)

    @property
    def active(self) -> Active | None:
        """The adopted catalogue; None before the first."""
        text = self._get("active")
        return Active(**json.loads(str(text))) if text else None

    @active.setter
    def active(self, value: Active) -> None:
        self._set("active", json.dumps(asdict(value)))

    def seen(self, role: str, keys: str) -> int:
        """Highest version of a role, or of the ``pointer``, that was seen with these keys; 0 for none."""
        with self._told():
            row = self._db.execute("select version from seen where role = ? and keys = ?", (role, keys)).fetchone()
        return int(row[0]) if row else 0

    def see(self, role: str, keys: str, version: int) -> None:
        """Remember a version."""
        with self._told():
            self._db.execute(
                "insert into seen values (?, ?, ?) on conflict do update set version = max(version, excluded.version)",
                (role, keys, version),
            )

    def release_sha256(self, serial: int) -> str:
        """What ``catalog.parquet`` of a release was, if it was seen; else empty."""
        with self._told():
            row = self._db.execute("select sha256 from releases where serial = ?", (serial,)).fetchone()
        return str(row[0]) if row else ""

    def see_release(self, serial: int, sha256: str) -> None:
        """Remember a release."""
        with self._told():
            self._db.execute("insert or ignore into releases values (?, ?)", (serial, sha256))

    def unlist(self, gone: Iterable[Unlisted], listed_again: Iterable[str]) -> None:
        """Remember since when releases are not listed; forget those that are again."""
        with self._told():
            rows = [(one.item_id, one.info_hash, one.size_bytes, one.since) for one in gone]
            self._db.executemany("insert or ignore into unlisted values (?, ?, ?, ?)", rows)
            self._db.executemany("delete from unlisted where item_id = ?", [(one,) for one in listed_again])

    def unlisted(self) -> list[Unlisted]:
        """Releases that are not listed any more, the longest gone first."""
        with self._told():
            rows = self._db.execute("select * from unlisted order by since, item_id").fetchall()
        return [Unlisted(*row) for row in rows]

    def alarm(self, at: dt.datetime, rule: str, what: str) -> None:
        """Remember evidence."""
        with self._told():
            self._db.execute("insert into alarms (at, rule, what) values (?, ?, ?)", (at.isoformat(), rule, what))
            self._db.execute("delete from alarms where id <= (select max(id) from alarms) - ?", (MAX_ALARMS,))

    def alarms(self, limit: int = 20) -> list[Alarm]:
        """The newest evidence first."""
        with self._told():
            rows = self._db.execute("select at, rule, what from alarms order by id desc limit ?", (limit,)).fetchall()
        return [Alarm(*row) for row in rows]


def _time(value: object) -> dt.datetime | None:
    return dt.datetime.fromisoformat(str(value)) if value else None
