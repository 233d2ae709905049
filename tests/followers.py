# SPDX-License-Identifier: Apache-2.0
"""A follower of a published catalogue, and sources that lie."""

from __future__ import annotations

import hashlib
import shutil
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from seedbed.catalog.model import Change
from seedbed.catalog.releasing import waiting
from seedbed.catalog.releasing.disk import Disk
from seedbed.catalog.releasing.parquet_tables import ParquetTables
from seedbed.catalog.releasing.workplace import open_workplace
from seedbed.catalog.trust.adopt import Adopted, adopt
from seedbed.catalog.trust.record import Record
from seedbed.catalog.trust.store import Store
from seedbed.following.folder_source import FolderSource
from tests import publishers
from tests.tuf_client import NOW

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from seedbed.catalog.model import FileRow, Release, Site
    from seedbed.catalog.trust.record import Active, Alarm


@dataclass(slots=True)
class BentSource:
    """A folder, some of whose files are other ones than they should be."""

    folder: Path
    bend: dict[str, Callable[[bytes], bytes]] = field(default_factory=dict)
    """The end of a path -> what becomes of its bytes."""
    asked: list[str] = field(default_factory=list)
    sent_bytes: int = 0

    @property
    def name(self) -> str:
        """For people."""
        return "bent/"

    def read(self, path: str) -> Iterator[bytes]:
        """The file, bent if somebody wants that."""
        self.asked.append(path)
        data = b"".join(FolderSource(self.folder).read(path))
        for end, bend in self.bend.items():
            if path.endswith(end):
                data = bend(data)
        for at in range(0, len(data), 65_536):
            self.sent_bytes += len(data[at : at + 65_536])
            yield data[at : at + 65_536]


@dataclass(frozen=True, slots=True)
class Follower:
    """One who follows a keeper's catalogue."""

    store: Store
    published: Path

    @property
    def pin(self) -> str:
        """SHA-256 of the first root."""
        return hashlib.sha256((self.published / "metadata/1.root.json").read_bytes()).hexdigest()

    def look(
        self, source: BentSource | Path | None = None, *, now: dt.datetime = NOW, pin: str = "", with_files: bool = True
    ) -> Adopted:
        """Look at a source: the published folder, a copy of it, or one that lies."""
        if not isinstance(source, BentSource):
            source = BentSource(source or self.published)
        return adopt(self.store, source, pin=pin or self.pin, now=now, with_files=with_files)

    @property
    def active(self) -> Active:
        """What is in use; its files are checked."""
        with Record(self.store.record_path) as record:
            self.store.catalog(record)
            active = record.active
        assert active is not None
        return active

    @property
    def alarms(self) -> list[Alarm]:
        """What was recorded."""
        with Record(self.store.record_path) as record:
            return record.alarms()


def follower(tmp_path: Path, published: Path, name: str = "follower") -> Follower:
    """Somebody new."""
    store = Store(tmp_path / name)
    store.folder.mkdir()
    return Follower(store, published)


def keeper(tmp_path: Path, *, people: int = 1, threshold: int = 1) -> publishers.Keeper:
    """A catalogue in Parquet, without rows."""
    return publishers.keeper(tmp_path, people=people, threshold=threshold, tables=ParquetTables())


def publish(keeper: publishers.Keeper, dataset: str, version: str, *, now: dt.datetime = NOW) -> None:
    """One more version."""
    with keeper.open(now=now) as publisher:
        publisher.release(publishers.change(publisher, dataset, version))


def publish_many(keeper: publishers.Keeper, count: int) -> None:
    """So many datasets at once."""
    changes = [publishers.change(None, f"lake-{number}", "1") for number in range(count)]
    torrents = {name: data for one in changes for name, data in one.torrents.items()}
    files = tuple(row for one in changes for row in one.files)
    with keeper.open() as publisher:
        publisher.release(Change(tuple(one.releases[0] for one in changes), files, torrents))


def countersign(keeper: publishers.Keeper) -> None:
    """The second person signs what waits."""
    with open_workplace(
        keeper.folder, keeper.keys / "b", wait_s=0, now=lambda: NOW, tables=keeper.tables, disk=Disk()
    ) as place:
        waiting.sign(place)


def copy_of(folder: Path, name: str) -> Path:
    """The catalogue as it is now, elsewhere."""
    return shutil.copytree(folder, folder.parent / name)


class ForcedTables(ParquetTables):
    """What somebody could use who has all the keys: whatever is merged, ``catalog`` is what is published.

    Args:
        rows: The count that is signed.
        catalog: Writes the table.
    """

    def __init__(self, rows: int, catalog: Callable[[Path, Site], None]) -> None:
        self._rows = rows
        self._catalog = catalog

    def merge_catalog(self, old: Path, changed: Sequence[Release], site: Site, out: Path) -> int:  # noqa: ARG002
        """Write what shall be published instead."""
        self._catalog(out, site)
        return self._rows

    def merge_files(self, old: Path, new: Sequence[FileRow], out: Path) -> None:  # noqa: ARG002
        """No file is listed."""
        self.write_files(out, [])
