# SPDX-License-Identifier: Apache-2.0
"""Pieces from elsewhere, cut as libtorrent's ``add_piece`` wants them.

Where it checks v1 hashes it wants all bytes, padding included; elsewhere the file's bytes alone. A piece of another
length is dropped without a word.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from seedbed.engine.libtorrent_engine.params import DISABLE_V1_HASHES
from seedbed.errors import InputError, StateError

if TYPE_CHECKING:
    import libtorrent as lt


def fitted(handle: lt.torrent_handle, piece: int, data: bytes) -> bytes:
    """A piece with the padding that libtorrent wants.

    Raises:
        InputError: there is no such piece, or it is not so long.
        StateError: the metadata is not known.
    """
    info = handle.torrent_file()
    if info is None:
        raise StateError("pieces can be added only when the metadata is known")
    if not 0 <= piece < info.num_pieces():
        raise InputError(f"{info.name()}: there is no piece {piece}: it has {info.num_pieces()}")
    padded, bare = info.piece_size(piece), _bare_size(info, piece)
    if not bare <= len(data) <= padded:
        raise InputError(f"{info.name()}: piece {piece}: expected {bare} to {padded} bytes, got {len(data)}")
    by_v1 = info.info_hashes().has_v1() and not handle.flags() & DISABLE_V1_HASHES
    return data.ljust(padded, b"\0") if by_v1 else data[:bare]


def _bare_size(info: lt.torrent_info, piece: int) -> int:
    """Bytes of the piece up to the end of the last file in it."""
    layout, start = info.layout(), piece * info.piece_length()
    if info.info_hashes().has_v2():
        at = layout.file_index_at_piece(piece)
        return min(layout.file_offset(at) + layout.file_size(at) - start, info.piece_size(piece))
    return info.piece_size(piece)
