# SPDX-License-Identifier: Apache-2.0
"""Where a version's files are: roots that all look like ``<dataset>/<version>/<torrent name>/…``.

A root is a folder of that form, a mirror with such keys (:mod:`seedbed.gateway.mirrored`), or the cache of fetched
data, which holds the same below ``snapshots/``, with ``data`` between version and name (``library.cache``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from seedbed.catalog.ids import check_dataset, check_version
from seedbed.errors import InputError, SourceError
from seedbed.gateway.folders import Entry, Opened, list_below, open_below

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from seedbed.gateway.remote import Remote

_SNAPSHOTS = "snapshots"
_DATA = "data"


class Found(Protocol):
    """A file or folder that is there, to be closed by whoever asked."""

    @property
    def is_folder(self) -> bool:
        """Whether it is a folder."""
        ...

    @property
    def size_bytes(self) -> int:
        """Of a file."""
        ...

    @property
    def mark(self) -> str:
        """Changes when the file does."""
        ...

    @property
    def handle(self) -> int | None:
        """Of a file of this machine."""
        ...

    @property
    def remote(self) -> Remote | None:
        """A file of a mirror."""
        ...

    def entries(self) -> list[Entry]:
        """What a folder holds that is public, by name."""
        ...

    def close(self) -> None:
        """Close it."""
        ...


class Root(Protocol):
    """A place with versions.

    Raises:
        OSError: the system refuses.
        SourceError: a mirror fails.
    """

    def open(self, dataset: str, version: str, parts: Sequence[str], *, is_file: bool | None = None) -> Found | None:
        """Open a file or folder by its path from the torrent's name on; None when it is not there.

        Args:
            dataset: Checked.
            version: Checked.
            parts: Checked.
            is_file: What the catalogue says; None when it knows nothing.
        """
        ...

    def contents(self, dataset: str, version: str) -> list[Entry]:
        """What is in a version's folder."""
        ...

    def datasets(self) -> list[Entry]:
        """What may be folders of datasets."""
        ...

    def versions(self, dataset: str) -> list[Entry]:
        """What may be folders of a dataset's versions."""
        ...

    def close(self) -> None:
        """Give back what is held open."""
        ...


@dataclass(frozen=True, slots=True)
class FolderRoot:
    """A folder, or the cache; see :class:`Root`."""

    path: Path

    def open(self, dataset: str, version: str, parts: Sequence[str], *, is_file: bool | None = None) -> Opened | None:  # noqa: ARG002  # a disk is asked for nothing
        """Open a file or folder."""
        return open_below(self.path, (*self._below(dataset, version), *parts))

    def contents(self, dataset: str, version: str) -> list[Entry]:
        """What is in a version's folder."""
        return list_below(self.path, self._below(dataset, version)) or []

    def datasets(self) -> list[Entry]:
        """What is on top."""
        return list_below(self.path, self._top()) or []

    def versions(self, dataset: str) -> list[Entry]:
        """What is in a dataset's folder."""
        return list_below(self.path, (*self._top(), dataset)) or []

    def close(self) -> None:
        """Nothing is held open."""

    def _top(self) -> tuple[str, ...]:
        is_cache = (self.path / _SNAPSHOTS).is_dir() and (self.path / "blobs").is_dir()
        return (_SNAPSHOTS,) if is_cache else ()

    def _below(self, dataset: str, version: str) -> tuple[str, ...]:
        top = self._top()
        return (*top, dataset, version, *((_DATA,) if top else ()))


@dataclass(frozen=True, slots=True)
class Places:
    """Roots, the first that has a file gives it."""

    roots: tuple[Root, ...]

    def open(self, dataset: str, version: str, parts: Sequence[str], *, is_file: bool | None = None) -> Found | None:
        """Open a file or folder; None when no root has it. A mirror that fails is passed over if another root has it.

        Raises:
            OSError: the system refuses.
            SourceError: a mirror fails, and no other root has it.
        """
        failure: SourceError | None = None
        for root in self.roots:
            try:
                if found := root.open(dataset, version, parts, is_file=is_file):
                    return found
            except SourceError as error:
                failure = failure or error
        if failure:
            raise failure
        return None

    def contents(self, dataset: str, version: str) -> list[Entry]:
        """What is in a version's folder: by rule one file or folder, called as the torrent is."""
        return _merged(root.contents(dataset, version) for root in self.roots)

    def datasets(self) -> list[Entry]:
        """Folders of datasets."""
        found = _merged(root.datasets() for root in self.roots)
        return [one for one in found if one.is_folder and _is_good(check_dataset, one.name)]

    def versions(self, dataset: str) -> list[Entry]:
        """Folders of a dataset's versions."""
        found = _merged(root.versions(dataset) for root in self.roots)
        return [one for one in found if one.is_folder and _is_good(check_version, one.name)]


def _merged(listings: Iterable[list[Entry]]) -> list[Entry]:
    found: dict[str, Entry] = {}
    for listing in listings:
        for entry in listing:
            found.setdefault(entry.name, entry)
    return sorted(found.values(), key=lambda entry: entry.name)


def _is_good(check: Callable[[str], str], name: str) -> bool:
    try:
        check(name)
    except InputError:
        return False
    return True


def are_names(dataset: str, version: str = "1") -> bool:
    """Whether a dataset and a version can be called so."""
    return _is_good(check_dataset, dataset) and _is_good(check_version, version)
