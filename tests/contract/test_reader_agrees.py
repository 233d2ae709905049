# SPDX-License-Identifier: Apache-2.0
"""Our reader tells what libtorrent, torf and torrent-models tell, of torrents that many programs made."""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import libtorrent as lt
import pytest
import torf
import torrent_models
from torrent_models import TorrentCreate

from seedbed.core import metainfo_reader
from seedbed.core.layout import Layout
from seedbed.engine.libtorrent_engine.params import PAD_FLAG
from seedbed.testing.datasets import PIECE_LENGTH, make_dataset
from tests.programs import require, shared_data

if TYPE_CHECKING:
    from collections.abc import Callable

    from seedbed.core.metainfo import Format, Metainfo

PIECE = 32_768
CANONICAL = lt.create_torrent.canonical_files_no_tail_padding


@pytest.fixture(scope="module", params=["tree", "single"])
def data(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with files at every boundary, or one file."""
    chance = random.Random(7)
    root = tmp_path_factory.mktemp("made") / "ds"
    if request.param == "single":
        root.write_bytes(chance.randbytes(3 * PIECE + 5))
        return root
    sizes = {"a.csv": PIECE - 1, "b/c.tif": PIECE, "b/d.tif": PIECE + 1, "e.txt": 1, "empty": 0, "z/y/x.bin": 5 * PIECE}
    for name, size in sizes.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(chance.randbytes(size))
    return root


def by_libtorrent(flags: int) -> Callable[[Path, Path], bytes]:
    """A maker of torrents with libtorrent's own creator."""

    def make(data: Path, _target: Path) -> bytes:
        files = lt.list_files(str(data), lambda _: True, flags=lt.create_torrent.no_attributes)
        torrent = lt.create_torrent(files, PIECE, flags)
        torrent.add_tracker("http://t.example/announce", 0)
        torrent.add_tracker("udp://u.example:80/announce", 1)
        torrent.add_url_seed("https://m.example/data/")
        lt.set_piece_hashes(torrent, str(data.parent), lambda _: None)
        return bytes(lt.bencode(torrent.generate()))

    return make


def by_torf(data: Path, target: Path) -> bytes:
    """Made by torf."""
    torrent = torf.Torrent(
        data, trackers=["http://t.example/announce"], piece_size=PIECE, webseeds=["https://m.example/"]
    )
    torrent.generate()
    torrent.write(target)
    return target.read_bytes()


def by_torrent_models(version: str) -> Callable[[Path, Path], bytes]:
    """A maker of torrents with torrent-models (its own hybrids fail in 0.3.4: it loses the piece length)."""

    def make(data: Path, target: Path) -> bytes:
        paths = (
            [p.relative_to(data) for p in sorted(data.rglob("*")) if p.is_file()]
            if data.is_dir()
            else [Path(data.name)]
        )
        root = data if data.is_dir() else data.parent
        draft = TorrentCreate(
            paths=paths, path_root=root, trackers=["udp://u.example:80/announce"],
            info={"name": data.name, "piece_length": PIECE},
        )  # fmt: skip
        draft.generate(version=version, n_processes=1).write(target)
        return target.read_bytes()

    return make


def by_program(*command: str) -> Callable[[Path, Path], bytes]:
    """A maker of torrents with a program of this machine; ``{data}`` and ``{out}`` are filled in."""

    def make(data: Path, target: Path) -> bytes:
        arguments = [part.format(data=data, out=target) for part in command]
        arguments[0] = require(arguments[0]) if arguments[0] != "python" else sys.executable
        subprocess.run(arguments, check=True, capture_output=True, cwd=data.parent, timeout=20)
        return target.read_bytes()

    return make


MAKERS = {
    "libtorrent v1": by_libtorrent(lt.create_torrent.v1_only),
    "libtorrent v1 with pads": by_libtorrent(lt.create_torrent.v1_only | lt.create_torrent.canonical_files),
    "libtorrent v2": by_libtorrent(lt.create_torrent.v2_only),
    "libtorrent hybrid": by_libtorrent(CANONICAL),
    "libtorrent hybrid with tail padding": by_libtorrent(0),
    "torf": by_torf,
    "torrent-models v1": by_torrent_models("v1"),
    "torrent-models v2": by_torrent_models("v2"),
    "torrentfile v1": by_program(
        "python", "-m", "torrentfile", "create", "--meta-version", "1", "--piece-length", "15", "-o", "{out}", "{data}"
    ),
    "torrentfile v2": by_program(
        "python", "-m", "torrentfile", "create", "--meta-version", "2", "--piece-length", "15", "-o", "{out}", "{data}"
    ),
    "torrentfile hybrid": by_program(
        "python", "-m", "torrentfile", "create", "--meta-version", "3", "--piece-length", "15", "-o", "{out}", "{data}"
    ),
    "mktorrent": by_program(
        "mktorrent", "-l", "15", "-a", "http://t.example/announce", "-w", "https://m.example/", "-o", "{out}", "{data}"
    ),
    "transmission-create": by_program(
        "transmission-create", "-s", "32", "-t", "http://t.example/announce", "-o", "{out}", "{data}"
    ),
}


@pytest.mark.parametrize("maker", MAKERS)
def test_reading(maker: str, data: Path, tmp_path: Path) -> None:
    """The torrent of each maker reads the same in ours and in the other readers that can read it."""
    torrent = MAKERS[maker](data, tmp_path / "made.torrent")

    ours = metainfo_reader.parse(torrent)

    agrees_with_libtorrent(ours, torrent)
    if ours.format != "v2":
        agrees_with_torf(ours, torrent, tmp_path / "again.torrent")
    agrees_with_torrent_models(ours, torrent, tmp_path / "again.torrent")


@pytest.mark.parametrize("index", range(6))
def test_real_torrents(index: int, tmp_path: Path) -> None:
    """The torrents of Data for Canada's orthoimagery read the same everywhere."""
    path = sorted((shared_data() / "real-torrents").glob("*.torrent"))[index]
    ours = metainfo_reader.parse(path.read_bytes())

    assert (ours.source, ours.format, ours.piece_length) == ("Data for Canada", "v1", 1 << 24)
    assert len(ours.web_seeds) == 3
    assert len(ours.files[0].md5sum) == 32
    agrees_with_libtorrent(ours, path.read_bytes())
    agrees_with_torf(ours, path.read_bytes(), tmp_path / "again.torrent")
    agrees_with_torrent_models(ours, path.read_bytes(), tmp_path / "again.torrent")


def agrees_with_libtorrent(ours: Metainfo, torrent: bytes) -> None:
    """Hashes, files, trackers, web seeds, comment."""
    params = lt.load_torrent_buffer(torrent)
    assert params.ti is not None
    info, layout = params.ti, params.ti.layout()
    hashes = info.info_hashes()
    stray_length = (
        ours.format == "v2" and b"eee6:lengthi" in ours.info
    )  # torrentfile writes one; libtorrent sees v1 in it
    assert ours.info_hashes.v1_hex == (str(hashes.v1) if hashes.has_v1() and not stray_length else "")
    assert ours.info_hashes.v2_hex == (str(hashes.v2) if hashes.has_v2() else "")
    theirs = [
        (layout.file_path(n), layout.file_size(n)) for n in range(layout.num_files()) if not layout.file_flags(n) & 1
    ]  # 1: pad file
    prefix = "" if ours.is_single_file else ours.name + "/"
    assert [(prefix + file.display, file.length) for file in ours.files] == theirs
    assert [url for tier in ours.trackers for url in tier] == list(params.trackers)
    assert sorted(ours.web_seeds) == sorted(params.url_seeds)
    assert ours.comment == params.comment


def agrees_with_torf(ours: Metainfo, torrent: bytes, path: Path) -> None:
    """torf reads the v1 part; it lists pad files as files."""
    path.write_bytes(torrent)
    theirs = torf.Torrent.read(path, validate=False)
    assert theirs.infohash == ours.info_hashes.v1_hex
    assert theirs.size == ours.size_bytes + ours.padding_bytes
    assert [[str(url) for url in tier] for tier in theirs.trackers] == [list(tier) for tier in ours.trackers]


def agrees_with_torrent_models(ours: Metainfo, torrent: bytes, path: Path) -> None:
    """torrent-models reads all three formats."""
    path.write_bytes(torrent)
    try:
        theirs = torrent_models.Torrent.read(path)
    except ValueError as refusal:
        # It wants padding between a file and an empty one after it; libtorrent and we put it after the empty one.
        assert "padding" in str(refusal)  # it may also read it: other makers pad as it wishes
        assert not all(file.length for file in ours.files)
        return
    assert (theirs.v1_infohash or "") == ours.info_hashes.v1_hex
    assert (theirs.v2_infohash or "") == ours.info_hashes.v2_hex
    assert theirs.torrent_version == ours.format


@pytest.mark.parametrize("format_", ["v1", "hybrid", "v2"])
def test_files_have_the_same_numbers(format_: Format, tmp_path: Path) -> None:
    """In magnets (BEP 53) libtorrent counts padding as files, and so do we."""
    sizes = {"a.bin": PIECE_LENGTH + 7, "b/c.bin": PIECE_LENGTH, "b/empty": 0, "d.bin": 5, "e.bin": 1}
    dataset = make_dataset(tmp_path, sizes, format=format_)

    info = lt.load_torrent_buffer(dataset.torrent).ti
    assert info
    storage = info.layout()
    files = range(storage.num_files())
    ours = Layout.of(dataset.metainfo).list_places
    found = [storage.file_path(at) for at in files if not storage.file_flags(at) & PAD_FLAG]

    assert [storage.file_path(place) for place in ours] == [f"set/{file.display}" for file in dataset.metainfo.files]
    assert len(found) == len(ours)
