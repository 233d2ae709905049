# SPDX-License-Identifier: Apache-2.0
"""Small datasets whose file sizes sit on every border of the formats."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from seedbed.creating.create import Created, Wish, create, plan_torrent, wanted_hashes
from seedbed.creating.scan import scan
from seedbed.hashing.job import Threads
from seedbed.hashing.plain import HashlibEngine

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from seedbed.hashing.base import Engine

PIECE = 32_768

BORDERS = {
    "a.csv": PIECE - 1,
    "b/c.tif": PIECE,
    "b/d.tif": PIECE + 1,
    "b/e.tif": 1,
    "b2.txt": 16_384,
    "empty": 0,
    "f/g/h": 16_385,
    "z/y/x.bin": 5 * PIECE,
    "z/y/y.bin": 3 * PIECE + 20_000,
    "z/zero": 0,
}
"""Path -> bytes: around blocks and pieces, one and many pieces, none."""


def make_tree(root: Path, sizes: Mapping[str, int] = BORDERS, *, seed: int = 7) -> Path:
    """Write a folder of random files; the same bytes for the same seed."""
    chance = random.Random(seed)
    for name, size in sizes.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(chance.randbytes(size))
    return root


def torrent_of(path: Path, wish: Wish | None = None, *, engine: Engine | None = None, workers: int = 2) -> Created:
    """Make a torrent with threads."""
    plan = plan_torrent(scan(str(path)), wish or Wish(piece_length=PIECE))
    wanted = wanted_hashes(plan, workers=workers)
    return create(plan, Threads(engine or HashlibEngine(), workers), wanted=wanted)
