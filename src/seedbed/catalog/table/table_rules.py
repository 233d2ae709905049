# SPDX-License-Identifier: Apache-2.0
"""What all rows of a stranger's catalogue must not do together (C27 - C30, C34), each a query for a culprit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seedbed.catalog.table.row_rules import Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

_DATASET, _SEQ = '"seedbed:dataset"', '"seedbed:version_seq"'
_AS_THEY_STAND = "OVER (ORDER BY file_row_number)"


def table_rules() -> Iterator[Rule]:
    """Rules for ``catalog.parquet``."""
    yield Rule("C27", "two rows have one id", "SELECT id AS who FROM catalog GROUP BY id HAVING count(*) > 1 LIMIT 1")
    for key in ("bt:infohash_v1", "bt:infohash_v2"):
        grouped = f'FROM catalog WHERE "{key}" IS NOT NULL GROUP BY "{key}" HAVING count(*) > 1'
        yield Rule("C28", "two versions have one info-hash", f"SELECT min(id) AS who {grouped} LIMIT 1")
    doi = 'FROM catalog WHERE "sci:doi" IS NOT NULL GROUP BY lower("sci:doi")'
    two = f"HAVING min({_DATASET}) <> max({_DATASET})"
    yield Rule("C29", "two datasets have one DOI", f"SELECT min(id) AS who {doi} {two} LIMIT 1")
    latest = 'HAVING count(*) FILTER (WHERE "seedbed:latest") <> 1'
    not_one = f"SELECT {_DATASET} AS who FROM catalog GROUP BY {_DATASET} {latest} LIMIT 1"
    yield Rule("C34", "a dataset has not exactly one latest version", not_one)
    yield Rule("C34", "the chain of versions is broken, a loop, or out of order", _broken_chain())


def _broken_chain() -> str:
    """A row that is not after the one before it, or does not say which version is before and after it."""
    neighbours = (
        f"SELECT id, {_DATASET} AS own, {_SEQ} AS seq, "
        f"lag({_DATASET}) {_AS_THEY_STAND} AS set_before, lead({_DATASET}) {_AS_THEY_STAND} AS set_after, "
        f"lag({_SEQ}) {_AS_THEY_STAND} AS seq_before, "
        f"lag(version) {_AS_THEY_STAND} AS version_before, lead(version) {_AS_THEY_STAND} AS version_after, "
        '"seedbed:predecessor" AS said_before, "seedbed:successor" AS said_after FROM catalog'
    )
    return (
        f"SELECT id AS who FROM ({neighbours}) WHERE NOT ("
        "(set_before IS NULL OR set_before < own OR (set_before = own AND seq_before < seq)) "
        "AND said_before IS NOT DISTINCT FROM CASE WHEN set_before = own THEN version_before END "
        "AND said_after IS NOT DISTINCT FROM CASE WHEN set_after = own THEN version_after END) LIMIT 1"
    )


def file_table_rules() -> Iterator[Rule]:
    """Rules for ``files.parquet`` beside its catalogue."""
    sums = "SELECT item_id, count(*) AS files, sum(size_bytes) AS size FROM files GROUP BY item_id"
    others = 'files <> "seedbed:file_count" OR size <> "seedbed:size_bytes"'
    yield Rule(
        "C30",
        "the files of a version are not as many or as large as it says",
        f"SELECT id AS who FROM catalog JOIN ({sums}) ON id = item_id WHERE {others} LIMIT 1",
    )
    strays = "SELECT item_id AS who FROM files WHERE item_id NOT IN (SELECT id FROM catalog) LIMIT 1"
    yield Rule("C25", "files belong to no version", strays)
    neighbours = (
        f"SELECT item_id, offset_bytes, lag(item_id) {_AS_THEY_STAND} AS item_before, "
        f"lag(offset_bytes) {_AS_THEY_STAND} AS offset_before FROM files"
    )
    disordered = "item_before > item_id OR (item_before = item_id AND offset_before > offset_bytes)"
    yield Rule("C25", "files are out of order", f"SELECT item_id AS who FROM ({neighbours}) WHERE {disordered} LIMIT 1")
