# SPDX-License-Identifier: Apache-2.0
"""Runs a library as a program: ``peers.py libtorrent|torf FORMAT PIECE_LENGTH PATH TARGET``."""

from __future__ import annotations

import sys
from pathlib import Path


def by_libtorrent(format_: str, piece_length: int, path: Path, target: Path) -> None:
    """Libtorrent's own creator."""
    import libtorrent as lt  # noqa: PLC0415  # only the one that is measured

    flags = {
        "v1": lt.create_torrent.v1_only,
        "v2": lt.create_torrent.v2_only | lt.create_torrent.canonical_files_no_tail_padding,
        "hybrid": lt.create_torrent.canonical_files_no_tail_padding,
    }[format_]
    files = lt.list_files(str(path), lambda _: True, flags=lt.create_torrent.no_attributes)
    torrent = lt.create_torrent(files, piece_length, flags)
    lt.set_piece_hashes(torrent, str(path.parent), lambda _: None)
    target.write_bytes(lt.bencode(torrent.generate()))


def by_torf(_format: str, piece_length: int, path: Path, target: Path) -> None:
    """torf, with its default number of threads."""
    import torf  # noqa: PLC0415

    torrent = torf.Torrent(path=str(path), piece_size=piece_length)
    torrent.generate()
    torrent.write(str(target), overwrite=True)


if __name__ == "__main__":
    _, name, format_, piece_length, path, target = sys.argv
    maker = {"libtorrent": by_libtorrent, "torf": by_torf}[name]
    maker(format_, int(piece_length), Path(path), Path(target))
