# SPDX-License-Identifier: Apache-2.0
"""The torrents we make are the ones that libtorrent, torrentfile, torf, torrent-models and mktorrent make."""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import libtorrent as lt
import pytest
import torf
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from torrent_models import TorrentCreate

from seedbed.core import metainfo_reader
from seedbed.creating.create import Wish
from seedbed.errors import MissingProgramError
from seedbed.hashing.choice import choose_engine
from tests.datasets import BORDERS, PIECE, make_tree, torrent_of
from tests.programs import require, shared_data

if TYPE_CHECKING:
    from collections.abc import Callable

    from seedbed.core.metainfo import Format
    from seedbed.hashing.base import Engine

FLAGS = {
    "hybrid": lt.create_torrent.canonical_files_no_tail_padding,
    "v2": lt.create_torrent.v2_only | lt.create_torrent.canonical_files_no_tail_padding,
    "v1": lt.create_torrent.v1_only,
}
FORMATS: tuple[Format, ...] = ("hybrid", "v1", "v2")


@pytest.fixture(scope="module", params=["hashlib", "multi_buffer"])
def engine(request: pytest.FixtureRequest) -> Engine:
    """Both engines must agree with everybody."""
    try:
        return choose_engine(request.param)
    except MissingProgramError as error:
        pytest.skip(f"{error.message} (Debian: apt-get install libipsec-mb1)")


def libtorrent_hashes(path: Path, piece_length: int, format_: Format) -> tuple[str, str]:
    """The info-hashes of libtorrent's own creator, from a sorted list of files."""
    base = path.parent
    files = sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]
    files.sort(key=lambda p: [part.encode() for part in p.relative_to(base).parts])
    rows = [lt.create_file_entry(str(p.relative_to(base)), p.stat().st_size) for p in files]
    torrent = lt.create_torrent(rows, piece_length, FLAGS[format_])
    torrent.set_creation_date(0)
    lt.set_piece_hashes(torrent, str(base), lambda _: None)
    hashes = loaded_by_libtorrent(bytes(lt.bencode(torrent.generate())))
    return (
        str(hashes.v1) if hashes.has_v1() else "",
        str(hashes.v2) if hashes.has_v2() else "",
    )


def loaded_by_libtorrent(torrent: bytes) -> lt.info_hash_t:
    """The info-hashes that libtorrent reads from a torrent."""
    info = lt.load_torrent_buffer(torrent).ti
    assert info is not None
    return info.info_hashes()


def our_hashes(path: Path, piece_length: int, format_: Format, engine: Engine) -> tuple[str, str]:
    """Ours; what we write is also read back."""
    created = torrent_of(path, Wish(format=format_, piece_length=piece_length), engine=engine)
    hashes = metainfo_reader.parse(created.torrent).info_hashes
    assert hashes == created.info_hashes
    return hashes.v1_hex, hashes.v2_hex


@pytest.mark.parametrize("format_", FORMATS)
def test_folder_equals_libtorrent(tmp_path: Path, format_: Format, engine: Engine) -> None:
    """A folder with files at every border has libtorrent's info-hashes."""
    root = make_tree(tmp_path / "ds")

    assert our_hashes(root, PIECE, format_, engine) == libtorrent_hashes(root, PIECE, format_)


@pytest.mark.parametrize("format_", FORMATS)
@pytest.mark.parametrize("size", [1, 16_383, 16_384, 16_385, PIECE - 1, PIECE, PIECE + 1, 37 * PIECE + 11])
def test_one_file_equals_libtorrent(tmp_path: Path, format_: Format, size: int, engine: Engine) -> None:
    """A single file of any length has libtorrent's info-hashes."""
    path = make_tree(tmp_path, {"one.bin": size}) / "one.bin"

    assert our_hashes(path, PIECE, format_, engine) == libtorrent_hashes(path, PIECE, format_)


@pytest.mark.parametrize("format_", FORMATS)
@pytest.mark.parametrize("piece_length", [16_384, 262_144, 1 << 20, 1 << 24])
def test_many_batches_equal_libtorrent(tmp_path: Path, format_: Format, piece_length: int, engine: Engine) -> None:
    """Files cut over several batches, small ones between them, at short and long pieces."""
    sizes = {f"{n:03}.bin": size for n, size in enumerate([9_000_000, 100, 5_000_001, 0, 40_000, 17_000_000, 1])}
    root = make_tree(tmp_path / "ds", sizes)

    assert our_hashes(root, piece_length, format_, engine) == libtorrent_hashes(root, piece_length, format_)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_tree_equals_libtorrent(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    """Trees of any shape have libtorrent's info-hashes in all formats."""
    near = st.sampled_from([0, 1, 16_383, 16_384, 16_385, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE, 3 * PIECE + 7])
    size = st.one_of(near, st.integers(0, 4 * PIECE))
    name = st.text("abXY09-_.é", min_size=1, max_size=6).filter(lambda text: text.strip(".") == text)
    paths = data.draw(st.dictionaries(st.tuples(name.map("d".__add__), name), size, min_size=1, max_size=8))
    tree = {"/".join(parts): length for parts, length in paths.items()}
    if not sum(tree.values()) or not _portable(tree) or _confuses_libtorrent(tree):
        return
    root = make_tree(tmp_path_factory.mktemp("any") / "ds", tree)
    auto = choose_engine()

    for format_ in FORMATS:
        assert our_hashes(root, PIECE, format_, auto) == libtorrent_hashes(root, PIECE, format_)


def _portable(tree: dict[str, int]) -> bool:
    """No two names differ in case only."""
    folders = {path.partition("/")[0] for path in tree}
    return len({path.lower() for path in tree}) == len(tree) and len({f.lower() for f in folders}) == len(folders)


def _confuses_libtorrent(tree: dict[str, int]) -> bool:
    """See ``test_order_that_confuses_libtorrent``."""
    return sorted(tree, key=str.encode) != sorted(tree, key=lambda path: [p.encode() for p in path.split("/")])


def test_order_that_confuses_libtorrent(tmp_path: Path) -> None:
    """A name that sorts between a folder and what is in it: ours is sound, libtorrent 2.1.1 refuses its own.

    BEP 52 orders by the parts of a path (``b/c`` before ``b.txt``); libtorrent's creator orders v1 files by the
    whole path. Should a new libtorrent mend this, the last assertion says so.
    """
    root = make_tree(tmp_path / "ds", {"b/c": 7, "b.txt": 5})

    created = torrent_of(root, Wish(piece_length=PIECE))

    assert str(loaded_by_libtorrent(created.torrent).v1) == created.info_hashes.v1_hex
    with pytest.raises(RuntimeError, match="does not match"):
        libtorrent_hashes(root, PIECE, "hybrid")


def by_torf(path: Path) -> str:
    """torf's v1 info-hash."""
    torrent = torf.Torrent(path=str(path), piece_size=PIECE)
    torrent.generate(threads=1)
    return str(torrent.infohash)


def by_mktorrent(path: Path) -> str:
    """mktorrent's v1 info-hash."""
    target = path.parent / "mk.torrent"
    command = [require("mktorrent"), "-l", "15", "-o", str(target), str(path)]
    subprocess.run(command, check=True, capture_output=True)
    return metainfo_reader.parse(target.read_bytes()).info_hashes.v1_hex


@pytest.mark.parametrize("other", [by_torf, by_mktorrent])
def test_v1_equals_other_creators(tmp_path: Path, other: Callable[[Path], str], engine: Engine) -> None:
    """Our v1 torrent of one file is theirs."""
    path = make_tree(tmp_path, {"one.bin": 9 * PIECE + 3}) / "one.bin"
    created = torrent_of(path, Wish(format="v1", piece_length=PIECE), engine=engine)

    theirs = other(path)

    assert created.info_hashes.v1_hex == theirs


def test_torrentfile_agrees(tmp_path: Path, engine: Engine) -> None:
    """torrentfile's v1 and v2 torrents of one file have our piece hashes and roots."""
    path = make_tree(tmp_path, {"one.bin": 9 * PIECE + 3}) / "one.bin"
    for version, format_ in (("1", "v1"), ("2", "v2")):
        target = tmp_path / f"{version}.torrent"
        command = [sys.executable, "-m", "torrentfile", "-q", "create", "--meta-version", version]
        command += ["--piece-length", "15", "--prog", "0", "-o", str(target), str(path)]
        subprocess.run(command, check=True, capture_output=True)
        theirs = metainfo_reader.parse(target.read_bytes())

        ours = metainfo_reader.parse(
            torrent_of(path, Wish(format=format_, piece_length=PIECE), engine=engine).torrent  # type: ignore[arg-type]
        )

        assert (ours.pieces, ours.piece_layers) == (theirs.pieces, theirs.piece_layers)
        assert [file.pieces_root for file in ours.files] == [file.pieces_root for file in theirs.files]


def test_torrent_models_agrees(tmp_path: Path, engine: Engine) -> None:
    """torrent-models' hybrid torrent of a folder has our piece layers and pieces."""
    root = make_tree(tmp_path / "ds", {name: size for name, size in BORDERS.items() if size})
    theirs = TorrentCreate(path_root=root, piece_length=PIECE).generate(version="hybrid")

    ours = metainfo_reader.parse(torrent_of(root, Wish(piece_length=PIECE), engine=engine).torrent)

    assert theirs.piece_layers is not None
    assert {root: b"".join(layer) for root, layer in theirs.piece_layers.items()} == dict(ours.piece_layers)


@pytest.mark.parametrize("format_", FORMATS)
def test_real_data_equals_libtorrent(format_: Format, engine: Engine) -> None:
    """Real open data has libtorrent's info-hashes, at the piece length we choose."""
    for folder in sorted(path for path in shared_data().iterdir() if path.is_dir()):
        created = torrent_of(folder, Wish(format=format_), engine=engine)

        expected = libtorrent_hashes(folder, created.plan.piece_length, format_)

        assert (created.info_hashes.v1_hex, created.info_hashes.v2_hex) == expected


@pytest.mark.parametrize("seed", range(3))
def test_like_py3createtorrent(tmp_path: Path, seed: int) -> None:
    """``--like py3createtorrent`` with MD5, source and piece length is the package's own torrent."""
    path = make_tree(tmp_path, {"Data Set.bin": random.Random(seed).randint(1, 2_000_000)}, seed=seed) / "Data Set.bin"
    options = ["--md5", "--source", "OPEN-DATA"]
    theirs, ours = tmp_path / "theirs.torrent", tmp_path / "ours.torrent"
    package = [sys.executable, "-m", "py3createtorrent", "-p", "64", "-o", str(theirs), *options, str(path)]
    subprocess.run(package, check=True, capture_output=True)

    program = [str(Path(sys.executable).with_name("seedbed")), "torrent", "create", "--like", "py3createtorrent"]
    subprocess.run(
        [*program, "--piece-length", "64KiB", "-o", str(ours), *options, str(path)], check=True, capture_output=True
    )

    hashes = [metainfo_reader.parse(torrent.read_bytes()).info_hashes.v1_hex for torrent in (theirs, ours)]
    assert hashes[0] == hashes[1]
