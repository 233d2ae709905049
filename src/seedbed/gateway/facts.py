# SPDX-License-Identifier: Apache-2.0
"""What the catalogue says of the files that are served: their hashes, and which version is the newest."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from seedbed.catalog import paths
from seedbed.catalog.ids import Ref
from seedbed.errors import NotFoundError, SeedbedError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from seedbed.catalog.model import FileRow, Release
    from seedbed.catalog.query.index import Index

_KEPT_FILES = 200_000
"""Rows of files that are kept in memory at a time."""


@dataclass(frozen=True, slots=True)
class VersionFacts:
    """One version, as the catalogue knows it."""

    version: str
    name: str
    """Of the torrent: its root folder, or its only file."""
    is_single_file: bool
    files: Mapping[str, FileRow]
    """By path below the root folder; a single file by its name."""
    release: Release | None = None
    """All that is said of it."""

    @property
    def withdrawn(self) -> str:
        """Why it must not be used; empty when it may be."""
        is_gone = self.release is not None and self.release.status == "withdrawn"
        return (self.release.status_reason or "no reason given") if is_gone and self.release else ""


class Facts(Protocol):
    """What can be asked."""

    def newest(self, dataset: str) -> str:
        """The newest version; empty when there is none, or nobody knows."""

    def version(self, dataset: str, version: str) -> VersionFacts | None:
        """A version; None when it is not known."""


class NoFacts:
    """There is no catalogue."""

    def newest(self, dataset: str) -> str:  # noqa: ARG002  # see Facts
        """Nobody knows."""
        return ""

    def version(self, dataset: str, version: str) -> None:
        """Nobody knows."""


class CatalogFacts:
    """A published catalogue's folder, read again when a new release is put in place. For several threads.

    Raises:
        SeedbedError: it cannot be read.
    """

    def __init__(self, folder: Path) -> None:
        self._tables = (folder / paths.CATALOG, folder / paths.FILES)
        self._lock = threading.Lock()
        self._seen = self._state()
        self._index = self._open()
        self._versions: OrderedDict[str, VersionFacts | None] = OrderedDict()
        self._newest: dict[str, str] = {}

    def newest(self, dataset: str) -> str:
        """The newest version; empty when there is none."""
        with self._lock:
            self._renew()
            if dataset not in self._newest:
                known = self._versions_of(dataset)
                if not known:
                    return ""
                self._newest[dataset] = known
            return self._newest[dataset]

    def version(self, dataset: str, version: str) -> VersionFacts | None:
        """A version; None when it is not in the catalogue."""
        ref = Ref(dataset, version)
        with self._lock:
            self._renew()
            if str(ref) in self._versions:
                self._versions.move_to_end(str(ref))
                return self._versions[str(ref)]
            try:
                release = self._index.get(ref)
            except NotFoundError:
                return None
            rows = {row.path: row for row in self._index.files(release.id)}
            found = VersionFacts(version, release.torrent.name, release.torrent.is_single_file, rows, release)
            self._versions[str(ref)] = found
            self._forget()
            return found

    def close(self) -> None:
        """Close the catalogue's files."""
        with self._lock:
            self._index.close()

    def _versions_of(self, dataset: str) -> str:
        try:
            return self._index.get(Ref(dataset)).version
        except NotFoundError:
            return ""

    def _forget(self) -> None:
        count = sum(len(one.files) for one in self._versions.values() if one)
        while count > _KEPT_FILES and len(self._versions) > 1:
            gone = self._versions.popitem(last=False)[1]
            count -= len(gone.files) if gone else 0

    def _state(self) -> tuple[tuple[int, int, int], ...]:
        facts = [path.stat() if path.exists() else None for path in self._tables]
        return tuple((one.st_ino, one.st_size, one.st_mtime_ns) if one else (0, 0, 0) for one in facts)

    def _open(self) -> Index:
        from seedbed.catalog.query.index import Index  # noqa: PLC0415  # heavy

        return Index(*self._tables)

    def _renew(self) -> None:
        """Open the new release; the old one answers while the new one cannot be read."""
        state = self._state()
        if state == self._seen:
            return
        try:
            index = self._open()
        except SeedbedError:
            return
        self._index.close()
        self._index, self._seen = index, state
        self._versions.clear()
        self._newest.clear()
