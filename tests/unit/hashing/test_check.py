# SPDX-License-Identifier: Apache-2.0
"""Data on disk is checked against its torrent, piece by piece."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seedbed.core import metainfo_reader
from seedbed.creating.create import Wish
from seedbed.hashing.check import Checked, check, checks_v2
from seedbed.hashing.job import Progress, Threads
from seedbed.hashing.plain import HashlibEngine
from seedbed.hashing.verify import extra_files, findings, locate, paths_of
from tests.datasets import BORDERS, PIECE, make_tree, torrent_of

if TYPE_CHECKING:
    from pathlib import Path

    from seedbed.core.metainfo import Format, Metainfo

FORMATS: tuple[Format, ...] = ("hybrid", "v1", "v2")


@pytest.fixture(params=FORMATS)
def made(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Metainfo, Path]:
    """A folder and its torrent."""
    root = make_tree(tmp_path / "ds")
    return torrent(root, request.param), root


def torrent(path: Path, format_: Format = "hybrid") -> Metainfo:
    """The torrent of a file or folder."""
    return metainfo_reader.parse(torrent_of(path, Wish(format=format_, piece_length=PIECE)).torrent)


def checked(metainfo: Metainfo, root: Path) -> Checked:
    """Checked by two threads of hashlib."""
    return check(metainfo, root, executor=Threads(HashlibEngine(), 2), workers=2)


def kinds(metainfo: Metainfo, root: Path) -> dict[str, str]:
    """Path -> what is wrong with it."""
    return {one.path: one.kind for one in findings(checked(metainfo, root), paths_of(metainfo, str(root)))}


def test_good_data_is_complete(made: tuple[Metainfo, Path]) -> None:
    """Untouched data has all its pieces and no findings."""
    metainfo, root = made

    result = checked(metainfo, root)

    assert result.is_complete
    assert result.good_bytes == metainfo.size_bytes == sum(BORDERS.values())
    assert not findings(result, paths_of(metainfo, str(root)))


@pytest.mark.parametrize("name", [name for name, size in BORDERS.items() if size])
def test_one_wrong_byte_is_found(made: tuple[Metainfo, Path], name: str) -> None:
    """A flipped last byte makes exactly the last piece of its file bad."""
    metainfo, root = made
    data = bytearray((root / name).read_bytes())
    data[-1] ^= 1
    (root / name).write_bytes(data)

    result = checked(metainfo, root)

    index = [file.display for file in metainfo.files].index(name)
    last = result.layout.file_pieces(index)[-1]
    assert [piece for piece, good in enumerate(result.have_pieces) if not good] == [last]
    assert kinds(metainfo, root)[name] == "bad"


def test_missing_short_and_long_files(made: tuple[Metainfo, Path]) -> None:
    """Each is named for what it is; an empty file that is not there is missing too."""
    metainfo, root = made
    (root / "a.csv").unlink()
    (root / "empty").unlink()
    (root / "z/y/x.bin").write_bytes((root / "z/y/x.bin").read_bytes()[: 2 * PIECE])
    with (root / "b/d.tif").open("ab") as file:
        file.write(b"more")

    found = kinds(metainfo, root)

    v1_neighbours = {"b/c.tif", "f/g/h", "z/y/y.bin"} if metainfo.format == "v1" else set()
    expected = {"a.csv": "missing", "empty": "missing", "z/y/x.bin": "short", "b/d.tif": "long"}
    assert {path: kind for path, kind in found.items() if path not in v1_neighbours} == expected


def test_pieces_of_a_short_file_are_kept(tmp_path: Path) -> None:
    """What is there of a file that was cut off counts."""
    root = make_tree(tmp_path / "ds", {"one": 5 * PIECE, "two": 100})
    metainfo = torrent(root)
    (root / "one").write_bytes((root / "one").read_bytes()[: 3 * PIECE + 5])

    result = checked(metainfo, root)

    assert result.have_pieces == bytes([1, 1, 1, 0, 0, 1])
    assert result.good_bytes == 3 * PIECE + 100
    assert result.bad_pieces(0) == [3, 4]


def test_zeros_are_not_taken_for_missing_bytes(tmp_path: Path) -> None:
    """A file of zeros that is not there is not good because padding is zero too."""
    root = tmp_path / "ds"
    root.mkdir()
    (root / "a").write_bytes(b"x" * PIECE)
    (root / "zeros").write_bytes(bytes(3 * PIECE))
    for format_ in FORMATS:
        metainfo = torrent(root, format_)
        (root / "zeros").rename(tmp_path / "kept")

        assert checked(metainfo, root).have_pieces == bytes([1, 0, 0, 0])
        (tmp_path / "kept").rename(root / "zeros")


def test_nothing_there_costs_nothing(made: tuple[Metainfo, Path], tmp_path: Path) -> None:
    """With no file there no thread is started and no piece is had."""
    metainfo, _ = made

    result = checked(metainfo, tmp_path / "elsewhere")

    assert not any(result.have_pieces)
    assert set(result.found_lengths) == {-1}


def test_a_pipe_or_folder_in_place_of_a_file(tmp_path: Path) -> None:
    """Neither hangs nor raises: the file is missing."""
    import os  # noqa: PLC0415

    root = make_tree(tmp_path / "ds", {"a": 10, "b": 20, "c": 30})
    metainfo = torrent(root)
    (root / "a").unlink()
    (root / "b").unlink()
    os.mkfifo(root / "a")
    (root / "b").mkdir()

    assert kinds(metainfo, root) == {"a": "missing", "b": "missing"}


def test_hybrid_without_layers_is_checked_by_v1(tmp_path: Path) -> None:
    """Metadata from peers has no piece layers: then v1 pieces, padding included, decide."""
    root = make_tree(tmp_path / "ds")
    metainfo = replace(torrent(root), piece_layers={})

    assert not checks_v2(metainfo)
    assert checked(metainfo, root).is_complete


def test_progress_ends_at_the_whole(made: tuple[Metainfo, Path]) -> None:
    """Bytes and files are counted to the end."""
    metainfo, root = made
    seen: list[Progress] = []

    check(metainfo, root, executor=Threads(HashlibEngine(), 1), workers=1, progress=seen.append)

    assert seen[-1].bytes_done == seen[-1].bytes_total == metainfo.size_bytes


@pytest.mark.parametrize("where", ["ds", "."])
def test_folder_or_the_one_above(tmp_path: Path, where: str) -> None:
    """A person may name the dataset's folder or the one it is in."""
    metainfo = torrent(make_tree(tmp_path / "ds"))

    assert locate(metainfo, str(tmp_path / where)).rstrip("/.") == str(tmp_path / "ds")


def test_single_file_by_itself_or_by_its_folder(tmp_path: Path) -> None:
    """A single file may have another name; its folder is searched for its own."""
    path = make_tree(tmp_path, {"one.bin": 3 * PIECE}) / "one.bin"
    metainfo = torrent(path)

    assert paths_of(metainfo, str(path)) == [str(path)]
    assert paths_of(metainfo, str(tmp_path)) == [str(path)]
    assert checked(metainfo, tmp_path).is_complete


def test_extra_files_are_named_hidden_ones_not(tmp_path: Path) -> None:
    """Files that the torrent does not name are found in any depth."""
    root = make_tree(tmp_path / "ds")
    metainfo = torrent(root)
    make_tree(root, {"new": 1, "b/other": 2, ".cache/x": 3, ".pad/5": 5})

    assert [(one.path, one.found_length) for one in extra_files(metainfo, str(root))] == [("b/other", 2), ("new", 1)]


@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_any_damage_is_found_exactly(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    """Whatever bytes are changed, the pieces that hold them are bad and no other is."""
    root = make_tree(tmp_path_factory.mktemp("any") / "ds", {"a": PIECE + 9, "b/c": 40_000, "d": 4 * PIECE})
    metainfo = torrent(root, data.draw(st.sampled_from(FORMATS)))
    sizes = [file.length for file in metainfo.files]
    hits = data.draw(st.sets(st.sampled_from(range(len(sizes))).flatmap(
        lambda index: st.tuples(st.just(index), st.integers(0, sizes[index] - 1))), max_size=4))  # fmt: skip
    for index, at in hits:
        path = root.joinpath(*metainfo.files[index].path)
        content = bytearray(path.read_bytes())
        content[at] ^= 0xFF
        path.write_bytes(content)

    result = checked(metainfo, root)

    expected = {(result.layout.starts[index] + at) // PIECE for index, at in hits}
    assert {piece for piece, good in enumerate(result.have_pieces) if not good} == expected
