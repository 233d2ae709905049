# SPDX-License-Identifier: Apache-2.0
"""A catalogue that answers: DuckDB over ``catalog.parquet`` and ``files.parquet``, nothing is loaded beforehand.

Rows are sorted by dataset, so a look-up by name reads one row group. A search first finds which rows, from the few
columns that it needs, and then reads only those rows.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Self

from seedbed.catalog.findings import Finding
from seedbed.catalog.query.conditions import conditions, items_with_hash, word_conditions, words_of
from seedbed.catalog.query.search import Found, Search, check_hex
from seedbed.catalog.query.words import pattern
from seedbed.catalog.table import rows
from seedbed.catalog.table.sql import connect, our_errors
from seedbed.errors import InputError, NotFoundError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from seedbed.catalog.ids import Ref
    from seedbed.catalog.model import FileRow, Release

_ROW = (
    "SELECT * EXCLUDE (type, stac_version, stac_extensions, links, assets), "
    "{'data': assets.data, 'package': assets.package, 'torrent': assets.torrent} AS assets FROM catalog"
)
"""What a release is made of, and no more: each column that is left out saves half a millisecond."""
_NEAR = 0.8
"""Names at least so alike (Jaro-Winkler) are offered in place of one that is not there."""


class Index:
    """Questions to one catalogue. One thread at a time; ``with`` closes it."""

    def __init__(self, catalog: Path, files: Path | None = None, *, threads: int | None = None) -> None:
        """Open a catalogue that has been verified, or is our own.

        Args:
            catalog: ``catalog.parquet``.
            files: ``files.parquet``; without it questions about files are refused.
            threads: None lets DuckDB choose.

        Raises:
            NotFoundError: a file is missing.
            CatalogError: a file is not Parquet.
        """
        self._has_files = files is not None
        tables = {"catalog": catalog, **({"files": files} if files else {})}
        self._connection = connect(tables, threads=threads)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the files."""
        self._connection.close()

    def count(self) -> int:
        """Releases in the catalogue."""
        return int(self._ask("SELECT count(*) AS n FROM catalog", [])[0]["n"])

    def datasets(self) -> list[str]:
        """Names of all datasets, sorted."""
        found = self._ask('SELECT DISTINCT "seedbed:dataset" AS name FROM catalog ORDER BY name', [])
        return [row["name"] for row in found]

    def get(self, ref: Ref) -> Release:
        """One version, or the newest one where the reference names none.

        Raises:
            NotFoundError: there is no such dataset or version; the hint names those that are near.
        """
        which = "version = ?" if ref.version else '"seedbed:latest"'
        values = [ref.dataset, ref.version] if ref.version else [ref.dataset]
        found = self._releases(f'WHERE "seedbed:dataset" = ? AND {which}', values)
        if not found:
            raise self._missing(ref)
        return next(iter(found.values()))

    def versions(self, dataset: str) -> list[Release]:
        """All versions of a dataset, the oldest first; empty when there is no such dataset."""
        found = self._releases('WHERE "seedbed:dataset" = ? ORDER BY "seedbed:version_seq"', [dataset])
        return list(found.values())

    def search(self, search: Search) -> Found:
        """Releases that meet all conditions, best first.

        Those with the words in their title come first, then those with them in description, keywords and
        translations; within these the newest first.

        Raises:
            InputError: it cannot be asked so.
        """
        if (search.file_name or search.file_hash) and not self._has_files:
            raise InputError("search: this catalogue has no list of files", hint="Search by other words.")
        text, values = _search_sql(search)
        found = self._ask(text, values)
        if not found and (search.offset or not search.limit):
            return Found((), self.search(replace(search, limit=1, offset=0)).total)
        total = int(found[0]["total"]) if found else 0
        return Found(tuple(self._rows_at([row["place"] for row in found])), total)

    def files(self, item: str) -> list[FileRow]:
        """The files of a release, in the order of its torrent; empty when there is no such release.

        Raises:
            InputError: this catalogue has no list of files.
        """
        self._need_files()
        found = self._ask("SELECT * FROM files WHERE item_id = ? ORDER BY offset_bytes, path", [item])
        return [rows.from_file_row(row) for row in found]

    def find_hash(self, text: str) -> list[Release]:
        """Releases that a hash belongs to, the newest first: an info-hash, or a file's SHA-256, MD5 or pieces root.

        Raises:
            InputError: it is not a hash.
        """
        value = check_hex(text)
        parts, values = [], list[Any]()
        if len(value) != 32:
            parts.append(f'"bt:infohash_v{1 if len(value) == 40 else 2}" = ?')
            values.append(value)
        if self._has_files and len(value) != 40:
            items, more = items_with_hash(value)
            parts.append(f"id IN ({items})")
            values += more
        where = " OR ".join(parts) or "false"
        text = f"SELECT file_row_number AS place FROM catalog WHERE {where} ORDER BY published DESC, place"
        return self._rows_at([row["place"] for row in self._ask(text, values)])

    def clashes(self, new: Release) -> list[Finding]:
        """What of a new release belongs to another one already, so that every follower would refuse the catalogue.

        Args:
            new: A release that is to be published; its own row may be there.

        Returns:
            One finding for each: an info-hash is of one version (C28), a DOI of one dataset (C29).
        """
        found = []
        for key, value in (("bt:infohash_v1", new.torrent.info_hash_v1), ("bt:infohash_v2", new.torrent.info_hash_v2)):
            text = f'SELECT id AS other FROM catalog WHERE "{key}" = ? AND id <> ? LIMIT 1'
            if value and (others := self._ask(text, [value, new.id])):
                found.append(Finding("torrent", f"this very data is published as {others[0]['other']} already", "C28"))
                break
        text = 'SELECT id AS other FROM catalog WHERE lower("sci:doi") = ? AND "seedbed:dataset" <> ? LIMIT 1'
        if new.doi and (others := self._ask(text, [new.doi.lower(), new.dataset])):
            found.append(Finding("doi", f"{new.doi} is the DOI of {others[0]['other']} already", "C29"))
        return found

    def _rows_at(self, numbers: Sequence[int]) -> list[Release]:
        """Releases by row number, in this order."""
        if not numbers:
            return []
        found = self._releases(f"WHERE file_row_number IN ({_marks(numbers)})", list(numbers))
        return [found[number] for number in numbers]

    def _releases(self, where: str, values: list[Any]) -> dict[int, Release]:
        """Releases by row number. Links are read only where one of them is all that is said of a licence."""
        found = {row["file_row_number"]: row for row in self._ask(f"{_ROW} {where}", values)}
        others = [number for number, row in found.items() if row["license"] == "other"]
        if others:
            text = f"SELECT file_row_number, links FROM catalog WHERE file_row_number IN ({_marks(others)})"
            for row in self._ask(text, others):
                found[row["file_row_number"]]["links"] = row["links"]
        return {number: rows.to_release(row) for number, row in found.items()}

    def _missing(self, ref: Ref) -> NotFoundError:
        known = [one.version for one in self.versions(ref.dataset)]
        if known:
            newest = ", ".join(reversed(known[-5:]))
            return NotFoundError(f"{ref}: there is no such version", hint=f"There are: {newest}.", near=known)
        near = self.near(ref.dataset)
        hint = f"Did you mean {' or '.join(near)}?" if near else "seedbed search WORDS finds datasets."
        return NotFoundError(f"{ref.dataset}: there is no such dataset", hint=hint, near=near)

    def near(self, dataset: str, count: int = 3) -> list[str]:
        """Names of datasets that are written much alike, the nearest first."""
        found = self._ask(
            'SELECT DISTINCT "seedbed:dataset" AS name, jaro_winkler_similarity("seedbed:dataset", ?) AS likeness '
            "FROM catalog WHERE likeness >= ? ORDER BY likeness DESC, name LIMIT ?",
            [dataset, _NEAR, count],
        )
        return [row["name"] for row in found]

    def _need_files(self) -> None:
        if not self._has_files:
            raise InputError("files: this catalogue has no list of files")

    def _ask(self, text: str, values: list[Any]) -> list[dict[str, Any]]:
        with our_errors():
            answer = self._connection.execute(text, values)
            names = [column[0] for column in answer.description or ()]
            return [dict(zip(names, row, strict=True)) for row in answer.fetchall()]


def _marks(values: Sequence[int]) -> str:
    return ", ".join("?" for _ in values)


def _search_sql(search: Search) -> tuple[str, list[Any]]:
    """Which rows: their numbers, best first, and how many there are in all."""
    words = words_of(search.words)
    wanted = [*conditions(search), *word_conditions(words)]
    where = " AND ".join(f"({text})" for text, _ in wanted) or "true"
    score = "".join(" + regexp_matches(title, ?)::INT" for _ in words)
    values = [value for _, some in wanted for value in some]
    values += [*map(pattern, words), search.limit, search.offset]
    return (
        f"WITH hits AS (SELECT file_row_number AS place, published, title FROM catalog WHERE {where}) "
        f"SELECT place, count(*) OVER () AS total, 0{score} AS score FROM hits "
        "ORDER BY score DESC, published DESC, place LIMIT ? OFFSET ?"
    ), values
