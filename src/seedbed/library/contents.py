# SPDX-License-Identifier: Apache-2.0
"""A torrent's files as the cache knows them: where each lies below the folder, and by which key it shares its bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

    from seedbed.core.metainfo import Metainfo


def paths(metainfo: Metainfo) -> list[str]:
    """Path of each file below the data folder, in the torrent's order."""
    prefix = "" if metainfo.is_single_file else f"{metainfo.name}/"
    return [prefix + file.display for file in metainfo.files]


def keys(metainfo: Metainfo, indices: Collection[int] | None = None) -> dict[str, str]:
    """Path below the data folder -> hex pieces root, of files that have one (BEP 52).

    Args:
        metainfo: The torrent.
        indices: Only of these files; of all if not given.
    """
    found = zip(paths(metainfo), metainfo.files, strict=True)
    return {
        path: file.pieces_root.hex()
        for index, (path, file) in enumerate(found)
        if file.pieces_root and (indices is None or index in indices)
    }
