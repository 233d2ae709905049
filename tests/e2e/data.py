# SPDX-License-Identifier: Apache-2.0
"""Datasets and torrents that end-to-end tests move about."""

from __future__ import annotations

import filecmp
import random
from typing import TYPE_CHECKING

from tests.e2e.clients.seedbed import seedbed

if TYPE_CHECKING:
    from pathlib import Path

PIECE = 65_536
NOBODY = "http://127.0.0.1:9/announce"
"""A tracker where nobody answers: rtorrent refuses torrents without any."""


def make_tree(parent: Path, name: str = "ds") -> Path:
    """A folder with files at every boundary, odd names and an empty file; about 4 MB."""
    chance = random.Random(1)
    sizes = {
        "README.md": 900, "a/exact.bin": PIECE, "a/over.bin": PIECE + 1, "a/under.bin": PIECE - 1, "big.tif": 3_500_000,
        "deep/er/still/x.csv": 20_000, "empty.txt": 0, "forêts & lacs.csv": 70_001,
    }  # fmt: skip
    for path, size in sizes.items():
        (parent / name / path).parent.mkdir(parents=True, exist_ok=True)
        (parent / name / path).write_bytes(chance.randbytes(size))
    return parent / name


def make_file(parent: Path, name: str = "one.pmtiles", size: int = 2_500_001) -> Path:
    """One file."""
    parent.mkdir(parents=True, exist_ok=True)
    (parent / name).write_bytes(random.Random(2).randbytes(size))
    return parent / name


def make_torrent(data: Path, target: Path, format_: str, *options: str) -> Path:
    """A torrent made by ``seedbed torrent create``."""
    seedbed(
        "torrent",
        "create",
        data,
        "-o",
        target,
        "--format",
        format_,
        "--piece-length",
        PIECE,
        "--tracker",
        NOBODY,
        *options,
    )
    return target


def same(left: Path, right: Path, *, without_empty: bool = False) -> bool:
    """Whether two files or folders hold the same bytes and nothing else.

    Args:
        left: What there was.
        right: What arrived.
        without_empty: Empty files may be missing on the right: Transmission does not make them.
    """
    if left.is_file():
        return right.is_file() and filecmp.cmp(left, right, shallow=False)
    names = {path.relative_to(left) for path in left.rglob("*") if path.is_file()}
    found = {path.relative_to(right) for path in right.rglob("*") if path.is_file()}
    extra = {path for path in found - names if path.parts[0] != ".pad" and path.suffix != ".aria2"}
    names = {name for name in names if name in found or not without_empty or (left / name).stat().st_size}
    return not extra and names <= found and all(filecmp.cmp(left / name, right / name, shallow=False) for name in names)
