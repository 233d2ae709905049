# SPDX-License-Identifier: Apache-2.0
"""What one catalogue has that another has not: by item, from two verified Parquet files."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

GUARD_SHARE = 0.01
"""A catalogue that takes away more than this share of the releases, or of their bytes, raises an alarm."""

_SQL = """
with old as (select {columns} from read_parquet(?)), new as (select {columns} from read_parquet(?))
select case when old.id is null then 'added' when new.id is null then 'removed'
            when new.status = 'withdrawn' and old.status <> 'withdrawn' then 'withdrawn' else 'changed' end as kind,
       coalesce(new.id, old.id) as id, coalesce(new.size_bytes, old.size_bytes) as size_bytes,
       coalesce(new.info_hash, old.info_hash) as info_hash
from old full outer join new on old.id = new.id
where old.id is null or new.id is null or old.status <> new.status or old.updated <> new.updated
   or old.latest <> new.latest
order by id
"""
_COLUMNS = """id, "seedbed:latest" as latest, coalesce("seedbed:status", 'active') as status,
 "seedbed:size_bytes" as size_bytes, updated, coalesce("bt:infohash_v1", "bt:infohash_v2") as info_hash"""


@dataclass(frozen=True, slots=True)
class Changed:
    """One release that is not as it was."""

    item_id: str
    size_bytes: int
    info_hash: str


@dataclass(frozen=True, slots=True)
class Difference:
    """What changed from one catalogue to the next, sorted by id."""

    added: tuple[Changed, ...] = ()
    changed: tuple[Changed, ...] = ()
    """Same bytes, other description or standing."""
    removed: tuple[Changed, ...] = ()
    withdrawn: tuple[Changed, ...] = ()
    old_rows: int = 0
    old_bytes: int = 0

    @property
    def gone(self) -> tuple[Changed, ...]:
        """Releases that are not offered any more."""
        return (*self.removed, *self.withdrawn)

    @property
    def is_suspicious(self) -> bool:
        """Whether so much is taken away at once that nobody should act on it yet."""
        gone_bytes = sum(one.size_bytes for one in self.gone)
        return len(self.gone) > GUARD_SHARE * self.old_rows or gone_bytes > GUARD_SHARE * self.old_bytes


def between(old: Path, new: Path) -> Difference:
    """Compare two catalogues, both verified and examined before.

    Args:
        old: ``catalog.parquet`` of before.
        new: ``catalog.parquet`` of now.
    """
    import duckdb  # noqa: PLC0415  # 150 ms

    with duckdb.connect(config={"autoinstall_known_extensions": False, "autoload_known_extensions": False}) as database:
        rows = database.execute(_SQL.format(columns=_COLUMNS), [str(old), str(new)]).fetchall()
        count, size = database.execute(
            'select count(*), coalesce(sum("seedbed:size_bytes"), 0) from read_parquet(?)', [str(old)]
        ).fetchall()[0]
    kinds: dict[str, list[Changed]] = {"added": [], "changed": [], "removed": [], "withdrawn": []}
    for kind, item_id, size_bytes, info_hash in rows:
        kinds[kind].append(Changed(item_id, size_bytes or 0, info_hash or ""))
    found = {kind: tuple(changes) for kind, changes in kinds.items()}
    return Difference(**found, old_rows=count, old_bytes=int(size))
