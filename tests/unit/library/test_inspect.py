# SPDX-License-Identifier: Apache-2.0
"""Hashing the cache again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from seedbed.catalog.ids import Ref
from seedbed.library.cache import Cache, Kept
from seedbed.library.inspect import verify
from seedbed.testing.datasets import PIECE_LENGTH, make_dataset

if TYPE_CHECKING:
    from pathlib import Path

REF = Ref("lakes", "1")


@pytest.mark.parametrize("at", [0, PIECE_LENGTH - 1, PIECE_LENGTH, 99_999])
def test_one_flipped_bit_is_found_wherever_it_is(tmp_path: Path, at: int) -> None:
    """In the first piece too; its number is 0, which is as good as any other."""
    cache = Cache(tmp_path / "cache")
    data = make_dataset(cache.data(REF), {"a": 100_000, "b": 10}, name="lakes")
    info_hash = data.metainfo.info_hashes.best_hex
    cache.put_torrent(info_hash, data.torrent)
    cache.keep(REF, Kept(info_hash, "lakes", {path: len(body) for path, body in data.contents.items()}, True), {})  # noqa: FBT003
    assert [one.is_good for one in verify(cache)] == [True]

    path = cache.data(REF) / "lakes/a"
    body = bytearray(path.read_bytes())
    body[at] ^= 1
    path.write_bytes(body)

    assert [one.bad_paths for one in verify(cache)] == [("lakes/a",)]
