# SPDX-License-Identifier: Apache-2.0
"""``seedbed publish --torrent``: torrents of other programs stay byte for byte, for data that they are of."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libtorrent as lt
import pytest
import torf

from seedbed.catalog import paths
from seedbed.catalog.table import reader
from tests.contract.test_create_agrees import FLAGS
from tests.contract.test_publish_command import result, start

if TYPE_CHECKING:
    from pathlib import Path

    from seedbed.core.metainfo import Format
    from tests.contract.test_publish_command import Start

__all__ = ["start"]
pytestmark = pytest.mark.slow
PIECE = 16_384


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A folder of three files."""
    folder = tmp_path / "lakes"
    (folder / "more").mkdir(parents=True)
    (folder / "B.csv").write_bytes(b"name,area\n" + bytes(range(256)) * 150)
    (folder / "a.csv").write_bytes(b"x" * 5)
    (folder / "more" / "c.bin").write_bytes(b"c" * PIECE * 2)
    return folder


def by_libtorrent(folder: Path, format_: Format) -> bytes:
    """With a creator, a date, a tracker and a web seed of its own."""
    files = sorted((p for p in folder.rglob("*") if p.is_file()), key=lambda p: p.relative_to(folder.parent).as_posix())
    rows = [lt.create_file_entry(str(p.relative_to(folder.parent)), p.stat().st_size) for p in files]
    torrent = lt.create_torrent(rows, PIECE, FLAGS[format_])
    torrent.set_creator("another program")
    torrent.add_tracker("https://tracker.example.org/announce")
    torrent.add_url_seed("https://data.example.org/sets/")
    lt.set_piece_hashes(torrent, str(folder.parent), lambda _: None)
    return bytes(lt.bencode(torrent.generate()))


def publish(start: Start, tmp_path: Path, data: Path, torrent: bytes, *more: str) -> dict[str, object]:
    """Publish with a torrent that is there."""
    file = tmp_path / "old.torrent"
    file.write_bytes(torrent)
    words = ("--dataset", "lakes", "--version", "1", "--title", "Lakes", "--license", "MIT", *more)
    return result(start("publish", data, "--torrent", file, *words))


@pytest.mark.parametrize("format_", ["v1", "v2", "hybrid"])
def test_a_torrent_of_libtorrent_stays_as_it_is(tmp_path: Path, data: Path, start: Start, format_: Format) -> None:
    """Byte for byte in the catalogue, with its own trackers and web seeds in the entry."""
    torrent = by_libtorrent(data, format_)

    publish(start, tmp_path, data, torrent)

    release = next(reader.read_catalog(tmp_path / "site" / paths.CATALOG))
    kept = tmp_path / "site" / paths.torrent(release.torrent.best_hex)
    assert kept.read_bytes() == torrent
    assert release.torrent.trackers == ("https://tracker.example.org/announce",)
    assert "https://data.example.org/sets/" in release.torrent.web_seeds
    assert release.file_count == 3


def test_a_torrent_in_another_order_and_with_a_source_stays(tmp_path: Path, data: Path, start: Start) -> None:
    """As torf makes them: v1, a source in the info, files in an order of its own."""
    made = torf.Torrent(path=data, piece_size=PIECE, source="club", private=False)
    made.generate()

    publish(start, tmp_path, data, made.dump())

    release = next(reader.read_catalog(tmp_path / "site" / paths.CATALOG))
    assert release.torrent.info_hash_v1 == made.infohash


def test_with_mirrors_it_stays_too(tmp_path: Path, data: Path, start: Start) -> None:
    """The copies are named in the entry alone."""
    torrent = by_libtorrent(data, "hybrid")
    (tmp_path / "copies").mkdir()

    publish(start, tmp_path, data, torrent, "--mirror", f"file://{tmp_path}/copies")

    release = next(reader.read_catalog(tmp_path / "site" / paths.CATALOG))
    assert (tmp_path / "site" / paths.torrent(release.torrent.best_hex)).read_bytes() == torrent
    assert (tmp_path / "copies/lakes/1/lakes/B.csv").read_bytes() == (data / "B.csv").read_bytes()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            lambda folder: (folder / "B.csv").write_bytes(b"name,area\n" + bytes(255) * 150 + bytes(150)),
            "B.csv: it is not",
        ),
        (lambda folder: (folder / "a.csv").write_bytes(b"longer"), "expected 5 bytes as in the torrent, got 6"),
        (lambda folder: (folder / "a.csv").unlink(), "a.csv is in the torrent, and not in the data"),
        (lambda folder: (folder / "new.csv").write_bytes(b"1"), "new.csv is in the data, and not in the torrent"),
    ],
)
def test_other_data_than_the_torrent_s_is_refused_by_name(
    tmp_path: Path, data: Path, start: Start, change: object, words: str
) -> None:
    """Nothing is published."""
    torrent = by_libtorrent(data, "hybrid")
    change(data)  # type: ignore[operator]  # functions only

    told = publish(start, tmp_path, data, torrent)

    assert words in str(told["message"])
    assert not list(reader.read_catalog(tmp_path / "site" / paths.CATALOG))


def test_a_v1_torrent_of_other_bytes_names_the_piece(tmp_path: Path, data: Path, start: Start) -> None:
    """There is nothing else to name in v1."""
    torrent = by_libtorrent(data, "v1")
    (data / "more" / "c.bin").write_bytes(b"d" * PIECE * 2)

    told = publish(start, tmp_path, data, torrent)

    assert "is not what the torrent says" in str(told["message"])


def test_what_is_no_torrent_is_refused(tmp_path: Path, data: Path, start: Start) -> None:
    """Before anything is hashed."""
    assert "error" in publish(start, tmp_path, data, b"d4:infod4:name1:aee")
    assert "its form is decided" in str(publish(start, tmp_path, data, b"x", "--format", "v1")["message"])
