# SPDX-License-Identifier: Apache-2.0
"""Lists of files as the index keeps them: small, and read in a millisecond (pure)."""

from __future__ import annotations

import json
import zlib
from typing import TYPE_CHECKING

from seedbed.catalog.model import FileRow

if TYPE_CHECKING:
    from collections.abc import Sequence

MAX_FILES = 5_000
"""Longer lists are read from the catalogue each time: few are, and whoever asks for one waits for more than this."""
_FIELDS = ("path", "size_bytes", "sha256", "md5", "pieces_root", "media_type", "torrent_infohash", "offset_bytes")


def packed_files(rows: Sequence[FileRow]) -> bytes:
    """The rows of one version."""
    values = [[getattr(row, name) for name in _FIELDS] for row in rows]
    return zlib.compress(json.dumps(values, separators=(",", ":")).encode(), 1)


def unpacked_files(item_id: str, data: bytes) -> list[FileRow]:
    """The same again."""
    return [FileRow(item_id, *values) for values in json.loads(zlib.decompress(data))]
