# SPDX-License-Identifier: Apache-2.0
"""How many copies each version had when it was looked at last: kept beside the history, for pages and lists."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Self

from seedbed.health import risk
from seedbed.health.record_file import as_ours, opened
from seedbed.health.risk import Copies

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_SCHEMA = """
create table if not exists current (item_id text primary key, at text, seen text) strict, without rowid;
"""


@dataclass(frozen=True, slots=True)
class Health:
    """Of one version."""

    id: str
    copies: Copies
    fetching: int = 0
    is_told: bool = True
    """Whether anybody said how many peers there are."""
    bad_mirrors: int = 0
    mirrors_at: dt.datetime | None = None
    """When a copy on a web server was looked at last."""
    at: dt.datetime | None = None
    """When this was found."""

    @property
    def word(self) -> risk.Word:
        """For people: where no tracker answers, a dataset that no web server has is not lost for that."""
        return risk.word(self.copies) if self.is_told or self.copies.all else "unknown"


class CurrentHealth:
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

    def note(self, seen: Iterable[Health], now: dt.datetime) -> None:
        """Keep what is seen now, in the place of what was."""
        rows = [(one.id, now.isoformat(), _packed(one)) for one in seen]
        with as_ours(self._path), self._db:
            self._db.executemany("insert or replace into current values (?, ?, ?)", rows)

    def get(self, item_id: str) -> Health | None:
        """Of one version; None when nobody has looked yet."""
        with as_ours(self._path):
            row = self._db.execute("select * from current where item_id = ?", (item_id,)).fetchone()
        return _unpacked(*row) if row else None

    def all(self) -> dict[str, Health]:
        """Of all versions that were ever looked at, by id."""
        with as_ours(self._path):
            rows = self._db.execute("select * from current").fetchall()
        return {row[0]: _unpacked(*row) for row in rows}


def _packed(one: Health) -> str:
    facts = {"fetching": one.fetching, "bad_mirrors": one.bad_mirrors, "is_told": one.is_told}
    looked = one.mirrors_at.isoformat() if one.mirrors_at else ""
    return json.dumps({"copies": asdict(one.copies), "mirrors_at": looked, **facts})


def _unpacked(item_id: str, at: str, seen: str) -> Health:
    facts = json.loads(seen)
    copies, looked = Copies(**facts.pop("copies")), facts.pop("mirrors_at")
    mirrors_at = dt.datetime.fromisoformat(looked) if looked else None
    return Health(item_id, copies, mirrors_at=mirrors_at, at=dt.datetime.fromisoformat(at), **facts)
