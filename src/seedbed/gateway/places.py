# SPDX-License-Identifier: Apache-2.0
"""Where a version's files are.

A root is a folder ``<dataset>/<version>/<torrent name>/…``, or the cache of fetched data, which holds the same below
``snapshots/``, with ``data`` between version and name (``library.cache``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from seedbed.catalog.ids import check_dataset, check_version
from seedbed.errors import InputError
from seedbed.gateway.folders import Entry, Opened, list_below, open_below

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

_SNAPSHOTS = "snapshots"
_DATA = "data"


@dataclass(frozen=True, slots=True)
class Places:
    """Roots, the first that has a file gives it."""

    roots: tuple[Path, ...]

    def open(self, dataset: str, version: str, parts: Sequence[str]) -> Opened | None:
        """Open a file or folder by its path from the torrent's name on; None when no root has it.

        Raises:
            OSError: the system refuses.
        """
        for root in self.roots:
            if found := open_below(root, (*_below(root, dataset, version), *parts)):
                return found
        return None

    def contents(self, dataset: str, version: str) -> list[Entry]:
        """What is in a version's folder: by rule one file or folder, called as the torrent is."""
        return self._listed(lambda root: list_below(root, _below(root, dataset, version)))

    def datasets(self) -> list[Entry]:
        """Folders of datasets."""
        found = self._listed(lambda root: list_below(root, _top(root)))
        return [one for one in found if one.is_folder and _is_good(check_dataset, one.name)]

    def versions(self, dataset: str) -> list[Entry]:
        """Folders of a dataset's versions."""
        found = self._listed(lambda root: list_below(root, (*_top(root), dataset)))
        return [one for one in found if one.is_folder and _is_good(check_version, one.name)]

    def _listed(self, read: Callable[[Path], list[Entry] | None]) -> list[Entry]:
        found: dict[str, Entry] = {}
        for root in self.roots:
            for entry in read(root) or ():
                found.setdefault(entry.name, entry)
        return sorted(found.values(), key=lambda entry: entry.name)


def _top(root: Path) -> tuple[str, ...]:
    is_cache = (root / _SNAPSHOTS).is_dir() and (root / "blobs").is_dir()
    return (_SNAPSHOTS,) if is_cache else ()


def _below(root: Path, dataset: str, version: str) -> tuple[str, ...]:
    top = _top(root)
    return (*top, dataset, version, *((_DATA,) if top else ()))


def _is_good(check: Callable[[str], str], name: str) -> bool:
    try:
        check(name)
    except InputError:
        return False
    return True


def are_names(dataset: str, version: str = "1") -> bool:
    """Whether a dataset and a version can be called so."""
    return _is_good(check_dataset, dataset) and _is_good(check_version, version)
