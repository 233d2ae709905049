# SPDX-License-Identifier: Apache-2.0
"""A followed catalogue on this machine's disk.

```
trust.db              the durable record; what it names is what counts
link                  the join link
metadata/             TUF's client keeps its files here
releases/<serial>-…/  catalog.parquet files.parquet releases.log, of the active release and the one before
work/                 whatever is not adopted yet; may be removed at any time
```
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

from seedbed.catalog import paths
from seedbed.errors import DataError, NoSpaceError, NotFoundError, StateError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from seedbed.catalog.trust.record import Active, Record

LINK = "link"
RECORD = "trust.db"


@dataclass(frozen=True, slots=True)
class Store:
    """The folder of one followed catalogue."""

    folder: Path

    @property
    def record_path(self) -> Path:
        """Of the durable record."""
        return self.folder / RECORD

    @property
    def metadata(self) -> Path:
        """Where TUF's client keeps its files."""
        return self.folder / "metadata"

    @property
    def work(self) -> Path:
        """For what is not adopted yet."""
        return self.folder / "work"

    @property
    def exists(self) -> bool:
        """Whether a catalogue was ever joined here."""
        return (self.folder / LINK).is_file()

    def release(self, name: str) -> Path:
        """The folder of a release."""
        return self.folder / "releases" / name

    def make(self) -> None:
        """Make the folder when it is missing.

        Raises:
            StateError: the disk refuses.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise _refusal(error, self.folder) from error

    def clean_work(self) -> Path:
        """An empty work folder.

        Raises:
            StateError: the disk refuses.
        """
        try:
            shutil.rmtree(self.work, ignore_errors=True)
            self.work.mkdir(parents=True)
        except OSError as error:
            raise _refusal(error, self.work) from error
        return self.work

    def drop_work(self) -> None:
        """Remove the work folder; what is left of it is removed the next time."""
        shutil.rmtree(self.work, ignore_errors=True)

    def keep(self, serial: int, sha256: str, files: Iterable[Path], *, in_use: str = "") -> str:
        """Move verified files from the work folder to a release's own, durably; returns its name.

        Args:
            serial: Of the release.
            sha256: Of its signed catalogue.
            files: What is to be moved.
            in_use: Name of the active release, which stays as it is: the same one may have been got again.

        Raises:
            StateError: or NoSpaceError: the disk refuses.
        """
        name = f"{serial}-{sha256[:16]}"
        name += "-again" if name == in_use else ""
        place = self.release(name)
        try:
            shutil.rmtree(place, ignore_errors=True)  # left by a run that was killed before it was recorded
            place.mkdir(parents=True)
            for file in files:
                sync(file)
                file.replace(place / file.name)
            sync(place)
            sync(place.parent)
            sync(self.folder)
        except OSError as error:
            raise _refusal(error, place) from error
        return name

    def drop_all_but(self, names: Iterable[str]) -> None:
        """Remove the folders of other releases."""
        keep = set(names)
        with contextlib.suppress(FileNotFoundError):
            for place in (self.folder / "releases").iterdir():
                if place.name not in keep:
                    shutil.rmtree(place, ignore_errors=True)

    def catalog(self, record: Record) -> Path:
        """The active ``catalog.parquet``, as it was verified.

        Raises:
            NotFoundError: nothing was adopted yet.
            DataError: it was changed since.
        """
        active = record.active
        if active is None:
            raise NotFoundError(f"{self.folder}: no catalogue was pulled yet", hint="seedbed catalog pull LINK")
        return self._unchanged(active, paths.CATALOG, active.local_sha256)

    def files(self, record: Record) -> Path | None:
        """The active ``files.parquet``, as it was verified; None when it was not pulled.

        Raises:
            DataError: it was changed since.
        """
        active = record.active
        if active is None or not active.files_sha256:
            return None
        return self._unchanged(active, paths.FILES, active.files_sha256)

    def _unchanged(self, active: Active, name: str, sha256: str) -> Path:
        path = self.release(active.folder) / name
        try:
            same = stamp(path) == active.stamps.get(name) or file_sha256(path) == sha256
        except OSError as error:
            raise DataError(f"{path}: {error.strerror}", hint="seedbed catalog pull gets it again.") from error
        if not same:
            raise DataError(f"{path}: it was changed after it was verified", hint="seedbed catalog pull gets it again.")
        return path


def _refusal(error: OSError, path: Path) -> StateError:
    """The disk's, in our words."""
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return NoSpaceError(f"{path}: the disk is full", hint="The catalogue of before stays in use.")
    return StateError(f"{error.filename or path}: {error.strerror}")


def stamp(path: Path) -> list[int]:
    """Size in bytes and time of change in nanoseconds."""
    facts = path.stat()
    return [facts.st_size, facts.st_mtime_ns]


def file_sha256(path: Path) -> str:
    """64 hex digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sync(path: Path) -> None:
    """Make a file or folder durable."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
