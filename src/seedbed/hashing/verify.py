# SPDX-License-Identifier: Apache-2.0
"""What is wrong with a copy of a dataset, file by file."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from seedbed.core.metainfo import PAD_FOLDER

if TYPE_CHECKING:
    from collections.abc import Iterator

    from seedbed.core.metainfo import Metainfo
    from seedbed.hashing.check import Checked

Kind: TypeAlias = Literal["missing", "unreadable", "short", "long", "bad", "extra"]


@dataclass(frozen=True, slots=True)
class FileFinding:
    """One file that is not as the torrent says."""

    path: str
    kind: Kind
    expected_length: int = 0
    found_length: int = 0
    pieces: tuple[int, ...] = ()
    """Pieces that are missing or wrong; a v1 piece may be so because of a neighbouring file."""


def locate(metainfo: Metainfo, path: str) -> str:
    """The folder that holds a torrent's files, from what a person names.

    For a folder torrent that is the folder itself or the one above it; for a single file the file or its folder.
    """
    if metainfo.is_single_file:
        return path if os.path.isdir(path) else os.path.dirname(path) or "."
    below = os.path.join(path, metainfo.name)
    has_any = any(os.path.lexists(os.path.join(path, file.path[0])) for file in metainfo.files)
    return below if os.path.isdir(below) and not has_any else path


def paths_of(metainfo: Metainfo, path: str) -> list[str]:
    """Where each file of the torrent is expected."""
    if metainfo.is_single_file and not os.path.isdir(path):
        return [path]
    folder = locate(metainfo, path)
    return [os.path.join(folder, *file.path) for file in metainfo.files]


def findings(checked: Checked, paths: list[str]) -> list[FileFinding]:
    """All files of the torrent that are not as they should be, in the torrent's order."""
    found = []
    for index, file in enumerate(checked.metainfo.files):
        bad = tuple(checked.bad_pieces(index))
        kind = _kind(checked.found_lengths[index], file.length, paths[index], is_bad=bool(bad))
        if kind:
            found.append(FileFinding(file.display, kind, file.length, checked.found_lengths[index], bad))
    return found


def extra_files(metainfo: Metainfo, folder: str) -> list[FileFinding]:
    """Files below a folder torrent's root that the torrent does not name; hidden ones are not looked at."""
    known = {"/".join(file.path) for file in metainfo.files}
    return [
        FileFinding(path, "extra", found_length=length)
        for path, length in sorted(_files_below(folder, ""))
        if path not in known
    ]


def _kind(found: int, expected: int, path: str, *, is_bad: bool) -> Kind | None:
    if found < 0:
        return "missing"
    if found < expected:
        return "short"
    if is_bad and not os.access(path, os.R_OK):
        return "unreadable"
    if is_bad:
        return "bad"
    return "long" if found > expected else None


def _files_below(folder: str, prefix: str) -> Iterator[tuple[str, int]]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith(".") or entry.name == PAD_FOLDER:
                continue
            if entry.is_dir(follow_symlinks=False):
                yield from _files_below(entry.path, f"{prefix}{entry.name}/")
            else:
                yield prefix + entry.name, entry.stat(follow_symlinks=False).st_size
