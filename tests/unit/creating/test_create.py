# SPDX-License-Identifier: Apache-2.0
"""What a made torrent says, and what is refused before any byte is read."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from seedbed.core import metainfo_reader
from seedbed.creating.create import Wish, plan_torrent
from seedbed.creating.dataset import Dataset, Item
from seedbed.creating.scan import scan
from seedbed.errors import InputError
from seedbed.hashing.files import LocalFiles
from tests.datasets import BORDERS, PIECE, make_tree, torrent_of

if TYPE_CHECKING:
    from pathlib import Path


def test_everything_asked_for_is_in_it(tmp_path: Path) -> None:
    """Trackers (one tier each), web seeds, comment, source, similar, MD5."""
    wish = Wish(
        format="v1",
        piece_length=PIECE,
        trackers=(("http://a.example/announce",), ("udp://b.example:80",)),
        web_seeds=("https://m.example/data/",),
        comment="Grüße",
        source="open",
        similar=(bytes(range(20)),),
        md5=True,
    )

    metainfo = metainfo_reader.parse(torrent_of(make_tree(tmp_path / "ds"), wish).torrent)

    assert metainfo.trackers == (("http://a.example/announce",), ("udp://b.example:80",))
    assert metainfo.web_seeds == ("https://m.example/data/",)
    assert (metainfo.comment, metainfo.source, metainfo.similar) == ("Grüße", "open", (bytes(range(20)),))
    assert metainfo.created_by == "seedbed"
    assert metainfo.creation_date is None
    assert all(file.md5sum for file in metainfo.files if file.length)


def test_same_data_same_torrent(tmp_path: Path) -> None:
    """No date, no machine, no order of the file system in it: bit-identical."""
    first = torrent_of(make_tree(tmp_path / "one" / "ds")).torrent
    second = torrent_of(make_tree(tmp_path / "two" / "ds", dict(reversed(BORDERS.items())))).torrent

    same_bytes = make_tree(tmp_path / "three" / "ds")
    assert torrent_of(same_bytes, workers=1).torrent == first
    assert len(second) == len(first)


def test_too_many_files_or_pieces_are_refused_early(tmp_path: Path) -> None:
    """Before hashing a torrent that no program would load."""
    path = make_tree(tmp_path, {"one": 5}) / "one"
    dataset = scan(str(path))
    many = replace(dataset, is_single_file=False, items=tuple(Item((str(n),), 1) for n in range(100_001)))
    huge = replace(dataset, items=(Item(("one",), 1 << 50),))

    with pytest.raises(InputError, match="100,000 files"):
        plan_torrent(many, Wish())
    with pytest.raises(InputError, match="100,000 pieces"):
        plan_torrent(huge, Wish())


def test_folder_with_a_file_of_its_name() -> None:
    """A v2 torrent cannot tell ``ds/ds`` from the file ``ds``."""
    dataset = Dataset("ds", is_single_file=False, items=(Item(("ds",), 5),), source=LocalFiles([], []))

    with pytest.raises(InputError, match="same name"):
        plan_torrent(dataset, Wish())
    plan_torrent(dataset, Wish(format="v1"))
