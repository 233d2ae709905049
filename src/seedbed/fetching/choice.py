# SPDX-License-Identifier: Apache-2.0
"""Which files of a torrent are wanted (``--files``)."""

from __future__ import annotations

import difflib
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from seedbed.core.layout import Layout
from seedbed.errors import NotFoundError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seedbed.core.metainfo import Metainfo


def wanted_files(metainfo: Metainfo, globs: Sequence[str], select_only: Sequence[range] = ()) -> frozenset[int]:
    """Indices of the files that any of ``globs`` matches; without globs those of ``select_only``, or all.

    A glob is compared with a file's path below the torrent's folder, and with the path that has the folder's name in
    front; ``*`` matches slashes too, upper and lower case differ.

    Args:
        metainfo: The torrent.
        globs: As the person wrote them.
        select_only: What a magnet link chose (BEP 53); padding counts there too.

    Raises:
        NotFoundError: a glob matches nothing.
    """
    if not globs:
        every = frozenset(range(len(metainfo.files)))
        return _selected(metainfo, select_only) if select_only else every
    chosen: set[int] = set()
    for glob in globs:
        found = {index for index, file in enumerate(metainfo.files) if _matches(metainfo, file.display, glob)}
        if not found:
            raise _nothing_like(metainfo, glob)
        chosen |= found
    return frozenset(chosen)


def _selected(metainfo: Metainfo, select_only: Sequence[range]) -> frozenset[int]:
    """The files that a magnet link means; all when it means none that there is."""
    places = Layout.of(metainfo).list_places
    found = frozenset(index for index, place in enumerate(places) if any(place in part for part in select_only))
    return found or frozenset(range(len(places)))


def _matches(metainfo: Metainfo, path: str, glob: str) -> bool:
    folder = glob.rstrip("/") + "/*"
    names = (path, f"{metainfo.name}/{path}")
    return any(fnmatchcase(name, glob) or fnmatchcase(name, folder) for name in names)


def _nothing_like(metainfo: Metainfo, glob: str) -> NotFoundError:
    names = [file.display for file in metainfo.files]
    near = difflib.get_close_matches(glob, names[:2000], n=3, cutoff=0.4) or names[:3]
    return NotFoundError(
        f"{metainfo.name}: no file matches {glob!r}",
        hint=f"It has {len(names):,} files, such as {', '.join(near)}; 'seedbed torrent show --files' lists them.",
    )
