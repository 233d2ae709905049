# SPDX-License-Identifier: Apache-2.0
"""A stranger's catalogue, judged as a whole. It runs in a child process with limits: see ``examine``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from seedbed.catalog.table.limits import Examined, ExamineLimits
from seedbed.catalog.table.metadata import site_of
from seedbed.catalog.table.row_rules import Rule, file_rules, row_rules
from seedbed.catalog.table.schema import CATALOG, FILES
from seedbed.catalog.table.sql import connect, our_errors
from seedbed.catalog.table.structure import check_structure
from seedbed.catalog.table.table_rules import file_table_rules, table_rules
from seedbed.errors import CatalogError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    import duckdb
    import pyarrow.parquet as pq

THREADS = 2
"""Not as many as there are cores: each takes address space, and that is limited."""
_MAX_NAMES, _MAX_WITHDRAWN = 20, 1_000


def inspect(catalog: Path, files: Path | None, previous: Path | None, limits: ExamineLimits) -> Examined:
    """Judge a catalogue: its form, every row, all rows together, what it takes away.

    Raises:
        CatalogError: with the rule that it breaks.
    """
    footer = check_structure(catalog, CATALOG, limits, max_rows=limits.max_rows)
    site = site_of(footer.metadata)
    tables = {"catalog": catalog}
    if files is not None:
        check_structure(files, FILES, limits, max_rows=limits.max_file_rows)
        tables["files"] = files
    if previous is not None:
        tables["previous"] = previous
    with connect(tables, threads=THREADS, memory_limit=f"{limits.memory_bytes // 2}B") as connection, our_errors():
        counts = _check_rows(connection, catalog.name, "catalog", row_rules(_columns(footer)))
        _check_table(connection, catalog.name, table_rules())
        file_rows = 0
        if files is not None:
            file_rows = _check_rows(connection, files.name, "files", file_rules())[0]
            _check_table(connection, files.name, file_table_rules())
        taken = _taken_away(connection) if previous is not None else {}
    rows, datasets, size_bytes = counts
    return Examined(site=site, rows=rows, datasets=datasets, size_bytes=size_bytes, file_rows=file_rows, **taken)


def _columns(footer: pq.FileMetaData) -> frozenset[str]:
    """Paths of leaf columns, as in ``schema.leaves``."""
    return frozenset(footer.schema.column(at).path for at in range(footer.num_columns))


def _check_rows(
    connection: duckdb.DuckDBPyConnection, name: str, table: str, rules: Iterable[Rule]
) -> tuple[int, int, int]:
    """One pass over all rows for all rules; the first rule that is broken is told with a row that breaks it.

    Returns:
        Rows, datasets, bytes of all versions.
    """
    key = "id" if table == "catalog" else "item_id"
    listed = list(rules)
    judged = [
        f"count(*) FILTER (WHERE ({condition}) IS NOT TRUE), min({key}) FILTER (WHERE ({condition}) IS NOT TRUE)"
        for _, _, condition in listed
    ]
    sums = 'count(DISTINCT "seedbed:dataset"), sum("seedbed:size_bytes")' if table == "catalog" else "0, 0"
    found = connection.execute(f"SELECT count(*), {sums}, {', '.join(judged)} FROM {table}").fetchone() or ()
    rows, datasets, size, *rest = found
    for at, (rule, words, _) in enumerate(listed):
        bad, who = rest[2 * at], rest[2 * at + 1]
        if bad:
            more = f" and {bad - 1:,} more" if bad > 1 else ""
            raise CatalogError(f"{name}: row {who!r:.300}{more}: it does not hold that {words}", rule=rule)
    return int(rows), int(datasets), int(size or 0)


def _check_table(connection: duckdb.DuckDBPyConnection, name: str, rules: Iterable[Rule]) -> None:
    for rule, words, query in rules:
        if found := connection.execute(query).fetchone():
            raise CatalogError(f"{name}: {found[0]!r:.300}: {words}", rule=rule)


def _taken_away(connection: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    """What was in the catalogue before and is not any more, or not to be used any more."""
    datasets = 'SELECT DISTINCT "seedbed:dataset" AS name FROM'
    names = connection.execute(f"{datasets} previous EXCEPT {datasets} catalog ORDER BY name").fetchall()
    lost = connection.execute(
        'SELECT count(*), coalesce(sum("seedbed:size_bytes"), 0) FROM previous WHERE id NOT IN (SELECT id FROM catalog)'
    ).fetchone() or (0, 0)
    withdrawn = connection.execute(
        'SELECT catalog.id, catalog."seedbed:size_bytes" FROM catalog JOIN previous USING (id) WHERE '
        "catalog.\"seedbed:status\" = 'withdrawn' AND previous.\"seedbed:status\" <> 'withdrawn' ORDER BY catalog.id"
    ).fetchall()
    replaced = connection.execute(
        "SELECT catalog.id FROM catalog JOIN previous USING (id) WHERE "
        'catalog."bt:infohash_v1" IS DISTINCT FROM previous."bt:infohash_v1" '
        f'OR catalog."bt:infohash_v2" IS DISTINCT FROM previous."bt:infohash_v2" ORDER BY id LIMIT {_MAX_NAMES}'
    ).fetchall()
    return {
        "removed_datasets": len(names),
        "removed_names": tuple(name for (name,) in names[:_MAX_NAMES]),
        "removed_rows": int(lost[0]),
        "removed_bytes": int(lost[1]),
        "withdrawn": tuple(one for one, _ in withdrawn[:_MAX_WITHDRAWN]),
        "withdrawn_rows": len(withdrawn),
        "withdrawn_bytes": sum(size for _, size in withdrawn),
        "replaced": tuple(one for (one,) in replaced),
    }
