# SPDX-License-Identifier: Apache-2.0
"""A release of the catalogue becomes the index: what is new or changed is written, the rest stays.

All in one transaction: who searches meanwhile finds the release before, whole.
"""

from __future__ import annotations

import itertools
import json
import sqlite3
import zlib
from typing import TYPE_CHECKING

from seedbed.catalog import paths
from seedbed.catalog.stac.item import to_item
from seedbed.catalog.table import reader
from seedbed.portal.index import schema
from seedbed.portal.index.entry import row_of, words_of
from seedbed.portal.index.packing import MAX_FILES, packed_files

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path
    from typing import Any

    from seedbed.catalog.model import FileRow, Release, Site


def open_index(path: Path) -> sqlite3.Connection:
    """The file, made if need be; one of another version of the program is made anew."""
    path.parent.mkdir(parents=True, exist_ok=True)
    db = _connect(path)
    if db.execute("pragma user_version").fetchone()[0] not in {0, schema.VERSION}:
        db.close()
        for one in (path, path.with_name(path.name + "-wal"), path.with_name(path.name + "-shm")):
            one.unlink(missing_ok=True)
        db = _connect(path)
    db.executescript(schema.TABLES + f"pragma user_version = {schema.VERSION};")
    return db


def _connect(path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(path, timeout=60, isolation_level=None, check_same_thread=False)
    db.row_factory = sqlite3.Row
    db.execute("pragma journal_mode = wal")
    db.execute("pragma synchronous = normal")
    return db


def bring_up_to_date(db: sqlite3.Connection, folder: Path) -> int:
    """Take over what a catalogue has.

    Of a catalogue that is known only the changes since are read, where they are there; else all of it.

    Args:
        db: The index.
        folder: The published catalogue, our own or verified.

    Returns:
        Versions that were new or changed.

    Raises:
        CatalogError: it cannot be read.
    """
    site = reader.read_site(folder / paths.CATALOG)
    db.execute("begin immediate")
    try:
        tables = _changes(db, folder, site)
        changed = _take_changes(db, tables, site) if tables else _take_all(db, folder, site)
        about = {"serial": site.serial, "site": site.id, "root": site.url}
        db.executemany("insert or replace into about values (?, ?)", [(name, str(one)) for name, one in about.items()])
        db.execute("commit")
    except BaseException:
        db.execute("rollback")
        raise
    return changed


def _changes(db: sqlite3.Connection, folder: Path, site: Site) -> list[tuple[Path, Path]]:
    """Tables of rows and files of each release since the one that is known; empty when all must be read."""
    known = {row["name"]: row["value"] for row in db.execute("select name, value from about")}
    serial = int(known.get("serial", 0))
    if (known.get("site"), known.get("root")) != (site.id, site.url) or not 0 < serial < site.serial:
        return []
    between = range(serial + 1, site.serial + 1)
    tables = [(folder / paths.change(one), folder / paths.file_change(one)) for one in between]
    return tables if all(rows.exists() for rows, _ in tables) else []


def _take_changes(db: sqlite3.Connection, tables: Iterable[tuple[Path, Path]], site: Site) -> int:
    changed = 0
    for rows, files in tables:
        for release in reader.read_catalog(rows):
            known = db.execute("select place, mark from entries where id = ?", (release.id,)).fetchone()
            changed += _take(db, release, (known["place"], known["mark"]) if known else None, root=site.url)
        if files.exists():
            _take_files(db, reader.read_files(files))
    return changed


def _take_all(db: sqlite3.Connection, folder: Path, site: Site) -> int:
    """Every row; what is not there any more is forgotten."""
    changed = 0
    known: dict[str, tuple[int, str]] = {
        row["id"]: (row["place"], row["mark"]) for row in db.execute("select place, id, mark from entries")
    }
    for release in reader.read_catalog(folder / paths.CATALOG):
        changed += _take(db, release, known.pop(release.id, None), root=site.url)
    for item_id, (place, _) in known.items():
        _forget(db, item_id, place)
        db.execute("delete from files where id = ?", (item_id,))
    if (folder / paths.FILES).exists():
        _take_files(db, reader.read_files(folder / paths.FILES))
    return changed


def _take_files(db: sqlite3.Connection, rows: Iterable[FileRow]) -> None:
    """Lists of files that are not known yet: those of a version never change."""
    known = {row["id"] for row in db.execute("select id from files")}
    for item_id, some in itertools.groupby(rows, lambda row: row.item_id):
        files = list(itertools.islice(some, MAX_FILES + 1))
        if item_id not in known and len(files) <= MAX_FILES:
            db.execute("insert or replace into files values (?, ?)", (item_id, packed_files(files)))


def _take(db: sqlite3.Connection, release: Release, known: tuple[int, str] | None, *, root: str) -> bool:
    packed = zlib.compress(json.dumps(to_item(release, root=root), separators=(",", ":")).encode(), 6)
    mark = f"{zlib.crc32(packed):08x}{len(packed):x}"
    if known and known[1] == mark:
        return False
    if known:
        _forget(db, release.id, known[0])
    place = _insert(db, row_of(release, mark))
    db.execute("insert or replace into items values (?, ?)", (release.id, packed))
    if release.latest and release.status != "withdrawn":
        db.execute("insert into words (rowid, title, dataset, keywords, description, others) values (?, ?, ?, ?, ?, ?)",
                   (place, *words_of(release)))  # fmt: skip
    tags = {(place, one.lower()) for one in release.keywords}
    db.executemany("insert or ignore into tags values (?, ?)", tags)
    return True


def _insert(db: sqlite3.Connection, row: Mapping[str, Any]) -> int:
    names, marks = ", ".join(row), ", ".join("?" for _ in row)
    found = db.execute(f"insert into entries ({names}) values ({marks})", tuple(row.values())).lastrowid  # noqa: S608  # names are ours
    return found or 0


def _forget(db: sqlite3.Connection, item_id: str, place: int) -> None:
    db.execute("delete from words where rowid = ?", (place,))
    db.execute("delete from tags where place = ?", (place,))
    db.execute("delete from items where id = ?", (item_id,))
    db.execute("delete from entries where place = ?", (place,))
