# SPDX-License-Identifier: Apache-2.0
"""Finding and verifying the data of torrents."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from seedbed.errors import DataError, InputError, NotFoundError
from seedbed.seeding.offers import Place, find_offers, find_place, read_torrents
from seedbed.testing.datasets import make_dataset

if TYPE_CHECKING:
    from pathlib import Path

    from seedbed.core.metainfo import Metainfo
    from seedbed.seeding.offers import Offer, Refused

SIZES = {"a": 70_000, "b": 0, "sub/c": 100}


def offers_of(metainfo: Metainfo, data: Path) -> tuple[list[Offer], list[Refused]]:
    """Look for one torrent."""
    return find_offers({"x.torrent": metainfo}, data, progress=lambda *_: None)


def test_the_folder_above_is_data(tmp_path: Path) -> None:
    """--data names the folder that holds the root."""
    data = make_dataset(tmp_path, SIZES)
    assert find_place(data.metainfo, tmp_path) == Place(tmp_path, "set")


def test_the_root_itself_is_data_by_any_name(tmp_path: Path) -> None:
    """--data names the root, which may have been renamed."""
    data = make_dataset(tmp_path, SIZES)
    (tmp_path / "set").rename(tmp_path / "renamed")
    assert find_place(data.metainfo, tmp_path / "renamed") == Place(tmp_path, "renamed")


def test_a_single_file_is_found_in_its_folder_or_named(tmp_path: Path) -> None:
    """--data names the file or where it is."""
    data = make_dataset(tmp_path, 1000, name="one.bin")
    assert find_place(data.metainfo, tmp_path) == Place(tmp_path, "one.bin")
    assert find_place(data.metainfo, tmp_path / "one.bin") == Place(tmp_path, "one.bin")


def test_data_that_is_nowhere(tmp_path: Path) -> None:
    """The error says where it was expected; a folder that does not exist is an error of its own."""
    data = make_dataset(tmp_path / "a", SIZES)
    (tmp_path / "b").mkdir()
    offers, refused = offers_of(data.metainfo, tmp_path / "b")
    assert offers == []
    assert isinstance(refused[0].error, NotFoundError)
    assert str(tmp_path / "b" / "set") in refused[0].error.message
    with pytest.raises(NotFoundError, match="nothing here"):
        offers_of(data.metainfo, tmp_path / "none")


def test_good_data_becomes_an_addition(tmp_path: Path) -> None:
    """With all pieces, so that the engine need not hash again."""
    data = make_dataset(tmp_path, SIZES)
    offers, refused = offers_of(data.metainfo, tmp_path)
    assert refused == []
    addition = offers[0].addition(use_trackers=False)
    assert (addition.save_path, addition.root_name) == (tmp_path, "")
    assert addition.have_pieces == data.all_pieces
    assert not addition.use_trackers


@pytest.mark.parametrize("fault", ["flipped", "short", "long", "missing"])
def test_bad_data_is_refused_and_named(tmp_path: Path, fault: str) -> None:
    """The error names the file."""
    data = make_dataset(tmp_path, SIZES)
    path = tmp_path / "set/a"
    body = path.read_bytes()
    path.write_bytes({"flipped": bytes(len(body)), "short": body[:-1], "long": body + b"x"}.get(fault, b""))
    if fault == "missing":
        path.unlink()
    offers, refused = offers_of(data.metainfo, tmp_path)
    assert offers == []
    assert isinstance(refused[0].error, DataError)
    assert refused[0].error.data["files"] == ["a"]


def test_torrents_are_read_once_each(tmp_path: Path) -> None:
    """The same torrent in two files is kept once; what cannot be read is told with its path."""
    data = make_dataset(tmp_path, SIZES)
    for name in ("x.torrent", "y.torrent"):
        (tmp_path / name).write_bytes(data.torrent)
    (tmp_path / "junk").write_bytes(b"<html>")
    sources = [str(tmp_path / name) for name in ("x.torrent", "y.torrent", "junk", "none")]
    torrents, refused = read_torrents([*sources, "magnet:?xt=urn:btih:" + "0" * 40, str(tmp_path)])
    assert list(torrents) == sources[:1]
    assert [one.source for one in refused][:2] == sources[2:]
    assert isinstance(refused[2].error, InputError)
    assert isinstance(refused[3].error, NotFoundError)
