# SPDX-License-Identifier: Apache-2.0
"""Data is checked against torrents that other programs made, with their own ideas of padding and order."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from typing import TYPE_CHECKING

import libtorrent as lt
import pytest

from seedbed.core import metainfo_reader
from seedbed.hashing.check import check
from tests.datasets import BORDERS, PIECE, make_tree
from tests.programs import require

if TYPE_CHECKING:
    from pathlib import Path

    from seedbed.core.metainfo import Metainfo

FLAGS = {
    "v1, padded": lt.create_torrent.v1_only | lt.create_torrent.canonical_files,
    "v1, no tail padding": lt.create_torrent.v1_only | lt.create_torrent.canonical_files_no_tail_padding,
    "v1, any order": lt.create_torrent.v1_only,
    "hybrid, tail padding": lt.create_torrent.canonical_files,
    "hybrid": lt.create_torrent.canonical_files_no_tail_padding,
    "v2": lt.create_torrent.v2_only,
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A dataset folder."""
    return make_tree(tmp_path / "ds")


def by_libtorrent(root: Path, flags: int) -> Metainfo:
    """Made by libtorrent's creator, in the order of the file system."""
    files = lt.list_files(str(root), lambda _: True, flags=lt.create_torrent.no_attributes)
    torrent = lt.create_torrent(files, PIECE, flags)
    lt.set_piece_hashes(torrent, str(root.parent), lambda _: None)
    return metainfo_reader.parse(bytes(lt.bencode(torrent.generate())))


def damage(root: Path) -> None:
    """One byte in the middle of the longest file."""
    data = bytearray((root / "z/y/x.bin").read_bytes())
    data[2 * PIECE + 5] ^= 1
    (root / "z/y/x.bin").write_bytes(data)


@pytest.mark.parametrize("kind", FLAGS)
@pytest.mark.parametrize("with_layers", [True, False])
def test_of_libtorrent(root: Path, kind: str, with_layers: bool) -> None:  # noqa: FBT001
    """Good data is complete, and one wrong byte makes one piece bad, also by the v1 part of a hybrid alone."""
    metainfo = by_libtorrent(root, FLAGS[kind])
    if not with_layers:
        metainfo = replace(metainfo, piece_layers={})
        if kind == "v2":
            pytest.skip("without layers nothing can be checked")

    good = check(metainfo, root)
    damage(root)
    bad = check(metainfo, root)

    assert good.is_complete
    assert good.good_bytes == sum(BORDERS.values())
    assert bad.have_pieces.count(0) == 1


def test_of_mktorrent(root: Path) -> None:
    """mktorrent's order and files without padding."""
    target = root.parent / "mk.torrent"
    subprocess.run([require("mktorrent"), "-l", "15", "-o", str(target), str(root)], check=True, capture_output=True)
    metainfo = metainfo_reader.parse(target.read_bytes())

    assert check(metainfo, root).is_complete
    damage(root)
    assert check(metainfo, root).have_pieces.count(0) == 1
