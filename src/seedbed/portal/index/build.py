# SPDX-License-Identifier: Apache-2.0
"""A release of the catalogue becomes the index: what is new or changed is written, the rest stays.

All in one transaction: who searches meanwhile finds the release before, whole.
"""

from __future__ import annotations

import json
import sqlite3
import zlib
from typing import TYPE_CHECKING

from seedbed.catalog.stac.item import to_item
from seedbed.catalog.table import reader
from seedbed.portal.index import schema
from seedbed.portal.index.entry import row_of, words_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from typing import Any

    from seedbed.catalog.model import Release


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


def bring_up_to_date(db: sqlite3.Connection, catalog: Path) -> int:
    """Take over what a catalogue has.

    Args:
        db: The index.
        catalog: ``catalog.parquet``, our own or verified.

    Returns:
        Versions that were new or changed.

    Raises:
        CatalogError: it cannot be read.
    """
    site = reader.read_site(catalog)
    changed = 0
    db.execute("begin immediate")
    try:
        known: dict[str, tuple[int, str]] = {
            row["id"]: (row["place"], row["mark"]) for row in db.execute("select place, id, mark from entries")
        }
        for release in reader.read_catalog(catalog):
            changed += _take(db, release, known.pop(release.id, None), root=site.url)
        for item_id, (place, _) in known.items():
            _forget(db, item_id, place)
        db.execute("insert or replace into about values ('serial', ?)", (str(site.serial),))
        db.execute("commit")
    except BaseException:
        db.execute("rollback")
        raise
    return changed


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
