# SPDX-License-Identifier: Apache-2.0
"""What lists show of a version, without opening its item (pure values)."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from seedbed.catalog.model import WORLD

if TYPE_CHECKING:
    import sqlite3

    from seedbed.catalog.model import BBox, Release

SUMMARY_LENGTH = 280
EVER_S = 1e15
"""Of a span without an end."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One version, in a line or a card."""

    id: str
    dataset: str
    version: str
    title: str
    summary: str
    """The description's first words."""
    collection: str
    license: str
    doi: str
    info_hash: str
    """As its .torrent is filed: v1, or v2 for v2-only."""
    size_bytes: int
    file_count: int
    mirror_count: int
    threat: str
    status: str
    is_latest: bool
    published: dt.datetime
    updated: dt.datetime
    bbox: BBox | None
    """None where the data has no place of its own."""
    keywords: tuple[str, ...]

    @classmethod
    def of_row(cls, row: sqlite3.Row) -> Entry:
        """As the index has it."""
        return cls(
            id=row["id"], dataset=row["dataset"], version=row["version"], title=row["title"], summary=row["summary"],
            collection=row["collection"], license=row["license"], doi=row["doi"],
            info_hash=row["info_hash_v1"] or row["info_hash_v2"], size_bytes=row["size_bytes"],
            file_count=row["file_count"], mirror_count=row["mirror_count"], threat=row["threat"],
            status=row["status"], is_latest=bool(row["is_latest"]),
            published=_moment(row["published_s"]), updated=_moment(row["updated_s"]),
            bbox=(row["west"], row["south"], row["east"], row["north"]) if row["has_place"] else None,
            keywords=tuple(filter(None, row["keywords"].split("\n"))),
        )  # fmt: skip


def row_of(release: Release, mark: str) -> dict[str, Any]:
    """A release as a row of ``entries``.

    Args:
        release: The version.
        mark: What changes when its row in the catalogue does.
    """
    start, end = release.start_datetime or release.datetime, release.end_datetime or release.datetime
    west, south, east, north = release.bbox
    return {
        "id": release.id, "mark": mark, "dataset": release.dataset, "version": release.version,
        "version_seq": release.version_seq, "is_latest": int(release.latest), "status": release.status,
        "title": release.title, "summary": summary_of(release.description), "collection": release.collection,
        "license": release.license, "doi": release.doi.lower(), "info_hash_v1": release.torrent.info_hash_v1,
        "info_hash_v2": release.torrent.info_hash_v2, "size_bytes": release.size_bytes,
        "file_count": release.file_count, "mirror_count": len(release.mirrors), "threat": release.threat,
        "published_s": release.published.timestamp(), "updated_s": release.updated.timestamp(),
        "start_s": start.timestamp() if start else -EVER_S, "end_s": end.timestamp() if end else EVER_S,
        "west": west, "south": south, "east": east, "north": north,
        "has_place": int(not release.geometry_default and release.bbox != WORLD),
        "keywords": "\n".join(release.keywords),
    }  # fmt: skip


def summary_of(text: str) -> str:
    """The first words, cut between words."""
    line = " ".join(text.split())
    if len(line) <= SUMMARY_LENGTH:
        return line
    return line[:SUMMARY_LENGTH].rpartition(" ")[0] + " …"


def words_of(release: Release) -> tuple[str, str, str, str, str]:
    """What is searched, as the columns of ``words``."""
    others = [f"{one.title} {one.description}" for one in release.translations]
    names = [one.name for one in release.providers]
    return (
        release.title,
        release.dataset.replace("-", " ").replace("_", " "),
        " ".join([*release.keywords, *names]),
        release.description,
        " ".join(others),
    )


def _moment(seconds: float) -> dt.datetime:
    return dt.datetime.fromtimestamp(seconds, dt.UTC)
