# SPDX-License-Identifier: Apache-2.0
"""What one version changed of the one before, file by file (pure)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seedbed.catalog.model import FileRow


@dataclass(frozen=True, slots=True)
class Differences:
    """Paths, sorted."""

    added: tuple[str, ...]
    changed: tuple[str, ...]
    removed: tuple[str, ...]
    moved: tuple[tuple[str, str], ...]
    """Same bytes under another path: from, to."""
    same_count: int

    @property
    def is_empty(self) -> bool:
        """Whether the files are all the same."""
        return not (self.added or self.changed or self.removed or self.moved)


def compare(before: Sequence[FileRow], after: Sequence[FileRow]) -> Differences:
    """By path first, then by content (pieces root, or SHA-256)."""
    old, new = {row.path: row for row in before}, {row.path: row for row in after}
    shared = old.keys() & new.keys()
    changed = sorted(path for path in shared if _content(old[path]) != _content(new[path]))
    gone = {_content(old[path]): path for path in sorted(old.keys() - new.keys()) if _content(old[path])[1]}
    moved, added = list[tuple[str, str]](), list[str]()
    for path in sorted(new.keys() - old.keys()):
        origin = gone.pop(_content(new[path]), None)
        if origin is None:
            added.append(path)
        else:
            moved.append((origin, path))
    left = {origin for origin, _ in moved}
    removed = tuple(sorted(old.keys() - new.keys() - left))
    return Differences(tuple(added), tuple(changed), removed, tuple(moved), len(shared) - len(changed))


def _content(row: FileRow) -> tuple[int, str]:
    """What is equal for equal bytes; without any hash only the length, which proves nothing for moves."""
    return row.size_bytes, row.pieces_root or row.sha256
