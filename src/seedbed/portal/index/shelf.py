# SPDX-License-Identifier: Apache-2.0
"""The catalogue behind a portal: searched in the index, files and torrents read from the published folder.

Safe for several threads: each has connections of its own. The catalogue may be released anew at any time, by another
process; :meth:`Shelf.refresh` takes that over.
"""

from __future__ import annotations

import json
import threading
import zlib
from contextlib import contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeVar

from seedbed.catalog import ids, join_link, paths
from seedbed.catalog.query.index import Index
from seedbed.catalog.releasing import status
from seedbed.catalog.signing import repository
from seedbed.catalog.stac.item import from_item
from seedbed.catalog.table import reader
from seedbed.errors import NotFoundError, SeedbedError, StateError
from seedbed.portal.index import query as asking
from seedbed.portal.index.build import bring_up_to_date, open_index
from seedbed.portal.index.entry import Entry
from seedbed.portal.index.packing import unpacked_files

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from seedbed.catalog.model import FileRow, Release, Site
    from seedbed.portal.index.query import Hits, Query

T = TypeVar("T")
MAX_SEARCHES_KEPT = 500
"""Answers of searches that stay in memory, until the next release."""


class Shelf:
    """See the module's text.

    Args:
        catalog: The published catalogue's folder.
        index: Where the index is kept; made if need be.
    """

    def __init__(self, catalog: Path, index: Path) -> None:
        self.folder = catalog
        self._path = index
        self._mine = threading.local()
        self._renewing = threading.Lock()
        self._mark: tuple[int, int] = (0, 0)
        self._site: Site | None = None
        self._derived: dict[str, tuple[object, Any]] = {}
        self._found = lru_cache(MAX_SEARCHES_KEPT)(self._search)
        self._counted = lru_cache(MAX_SEARCHES_KEPT)(lambda text, values, _mark: self._ask(text, list(values)))

    @property
    def site(self) -> Site:
        """What the catalogue says of itself."""
        if self._site is None and not self._renewing.locked():
            self.refresh()
        if self._site is None:
            raise StateError("the catalogue is not read yet", hint="Try again in a minute.")
        return self._site

    @property
    def join_link(self) -> str:
        """What others need to follow this catalogue; empty where nobody signed it."""
        try:
            base = repository.load(self.folder)
            return join_link.render(status.join_link(self.folder, base, self.site))
        except SeedbedError:
            return ""

    @property
    def mark(self) -> str:
        """What changes with each release: for ETags."""
        return f"{self.site.serial}-{self._mark[0]:x}"

    @property
    def changed_s(self) -> float:
        """When the release that is shown was written: seconds of Unix time."""
        return self._mark[0] / 1e9

    def refresh(self) -> bool:
        """Take over a newer release of the catalogue, if there is one.

        Raises:
            CatalogError: it cannot be read.
        """
        table = self.folder / paths.CATALOG
        with self._renewing:
            try:
                facts = table.stat()
            except FileNotFoundError:
                return False
            mark = (facts.st_mtime_ns, facts.st_ino)
            if mark == self._mark:
                return False
            bring_up_to_date(self._db, self.folder)
            self._site, self._mark = reader.read_site(table), mark
            self._derived.clear()
            return True

    def search(self, query: Query, *, facets: bool = False) -> Hits:
        """Versions that meet a query. What was asked a moment ago is answered from memory."""
        return self._found(query, facets, self._mark)

    def _search(self, query: Query, facets: bool, _mark: object) -> Hits:  # noqa: FBT001  # a cache's key
        db = self._db
        with self._hits_of(query) as total:
            rows = self._rows_at([row["place"] for row in self._ask(*asking.page_sql(query))])
            names = (*asking.FACETS, "tag") if facets else ()
            chosen = [name for name in names if getattr(query, name)]
            counted = {name: _counts(db, name) for name in names if name not in chosen}
        for name in chosen:
            with self._hits_of(query, without=name):
                counted[name] = _counts(db, name)
        return asking.Hits(tuple(map(Entry.of_row, rows)), total, {name: counted[name] for name in names})

    @contextmanager
    def _hits_of(self, query: Query, without: str = "") -> Iterator[int]:
        """All places of a query's hits in a table of this connection's own; gives how many."""
        text, values = asking.hits_sql(query, without)
        db = self._db
        db.execute("create temp table if not exists hits (place integer primary key, rank real)")
        try:
            yield db.execute(f"insert into hits {text}", values).rowcount  # texts of ours
        finally:
            db.execute("delete from hits")

    def _rows_at(self, places: list[int]) -> list[sqlite3.Row]:
        """Rows of places, in this order."""
        marks = ", ".join("?" for _ in places)
        found = self._ask(f"select * from entries where place in ({marks})", places)  # noqa: S608  # only marks
        rows = {row["place"]: row for row in found}
        return [rows[place] for place in places if place in rows]

    def entry(self, item_id: str) -> Entry:
        """One version, as lists show it.

        Raises:
            NotFoundError: there is none.
        """
        rows = self._ask("select * from entries where id = ?", [item_id])
        if not rows:
            raise NotFoundError(f"{item_id}: there is no such version")
        return Entry.of_row(rows[0])

    def entries(self, item_ids: Iterable[str]) -> list[Entry]:
        """Those of these that are there, in this order."""
        found = list[Entry]()
        for one in item_ids:
            found += map(Entry.of_row, self._ask("select * from entries where id = ?", [one]))
        return found

    def all_entries(self, *, all_versions: bool = True) -> Iterator[Entry]:
        """Every version that is not withdrawn, by id."""
        condition = "" if all_versions else "and is_latest = 1"
        rows = self._db.execute(f"select * from entries where status <> 'withdrawn' {condition} order by id")  # noqa: S608  # ours
        for row in rows:
            yield Entry.of_row(row)

    def item(self, item_id: str) -> dict[str, Any]:
        """A version's STAC item, its links by the catalogue's address.

        Raises:
            NotFoundError: there is none.
        """
        rows = self._ask("select item from items where id = ?", [item_id])
        if not rows:
            raise NotFoundError(f"{item_id}: there is no such version", hint="The search finds datasets by words.")
        found: dict[str, Any] = json.loads(zlib.decompress(rows[0]["item"]))
        return found

    def release(self, item_id: str) -> Release:
        """A version.

        Raises:
            NotFoundError: there is none.
        """
        return from_item(self.item(item_id))

    def newest(self, dataset: str) -> Release:
        """A dataset's newest version.

        Raises:
            NotFoundError: there is no such dataset.
        """
        rows = self._ask("select id from entries where dataset = ? and +is_latest = 1", [dataset])
        if not rows:
            raise NotFoundError(f"{dataset}: there is no such dataset", hint="The search finds datasets by words.")
        return self.release(rows[0]["id"])

    def versions(self, dataset: str) -> list[Release]:
        """A dataset's versions, the newest first; empty when there is no such dataset."""
        rows = self._ask("select id from entries where dataset = ? order by version_seq desc", [dataset])
        return [self.release(row["id"]) for row in rows]

    def by_hash(self, info_hash: str) -> str:
        """The id of the version with an info-hash of 40 or 64 hex digits.

        Raises:
            NotFoundError: there is none.
        """
        text = info_hash.lower()
        rows = (
            self._ask("select id from entries where info_hash_v1 = ? or info_hash_v2 = ?", [text, text]) if text else []
        )
        if not rows:
            raise NotFoundError(f"{info_hash}: no dataset here has this info-hash")
        return str(rows[0]["id"])

    def files(self, item_id: str) -> list[FileRow]:
        """A version's files, in the order of its torrent; empty when there is no such version."""
        rows = self._ask("select rows from files where id = ?", [item_id])
        if rows:
            return unpacked_files(item_id, rows[0]["rows"])
        with Index(self.folder / paths.CATALOG, self.folder / paths.FILES, threads=1) as index:
            return index.files(item_id)

    def torrent_file(self, release: Release) -> Path:
        """Where a version's .torrent is.

        Raises:
            NotFoundError: the catalogue does not have it.
        """
        found = self.folder / paths.torrent(release.torrent.best_hex)
        if not found.is_file():
            raise NotFoundError(f"{release.id}: its torrent is not here")
        return found

    def facts(self, text: str, values: Iterable[Any] = ()) -> list[sqlite3.Row]:
        """Rows by SQL of ours, for pages that count over everything; counted once for each release."""
        return self._counted(text, tuple(values), self._mark)

    def derived(self, name: str, of: object, make: Callable[[], T]) -> T:
        """What takes long to work out of everything: once for each release.

        Args:
            name: Of what it is: a few, all ours.
            of: What else it is made of; one that is not equal makes it anew.
            make: Works it out; two threads may do so at once.
        """
        mark = (self._mark, of)
        known = self._derived.get(name)
        if known is None or known[0] != mark:
            known = self._derived[name] = (mark, make())
        found: T = known[1]
        return found

    @property
    def _db(self) -> sqlite3.Connection:
        found: sqlite3.Connection | None = getattr(self._mine, "db", None)
        if found is None:
            found = self._mine.db = open_index(self._path)
        return found

    def _ask(self, text: str, values: list[Any]) -> list[sqlite3.Row]:
        return self._db.execute(text, values).fetchall()


def _counts(db: sqlite3.Connection, name: str) -> tuple[asking.Facet, ...]:
    return tuple((row["value"], row["n"]) for row in db.execute(asking.facet_sql(name)))


def ref_id(dataset: str, version: str) -> str:
    """An item's id, both parts checked.

    Raises:
        InputError: they cannot be names.
    """
    return ids.item_id(ids.check_dataset(dataset), ids.check_version(version))
