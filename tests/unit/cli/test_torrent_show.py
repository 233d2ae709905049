# SPDX-License-Identifier: Apache-2.0
"""``torrent show`` tells people and scripts what is in a torrent."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner, Result

from seedbed.cli.cmd_torrent_show import show
from seedbed.core import magnet, metainfo_reader
from seedbed.errors import BencodeError, MagnetError, NotFoundError
from tests.programs import shared_data
from tests.unit.core.hostile import folder, outer, v1

if TYPE_CHECKING:
    from pathlib import Path


def run(*arguments: str | Path) -> Result:
    """The command's result; its own errors pass through."""
    return CliRunner().invoke(show, [str(part) for part in arguments], catch_exceptions=False)


def test_for_people(tmp_path: Path) -> None:
    """Size, hashes, trackers and the first files are shown; a long list is cut and says so."""
    torrent = tmp_path / "ds.torrent"
    torrent.write_bytes(folder(*([b"d", b"%02d.csv" % n] for n in range(12))))

    text = run(torrent).stdout

    assert "60 B (60 bytes) in 12 files" in text
    assert metainfo_reader.parse(torrent.read_bytes()).info_hashes.v1_hex in text
    assert "d/09.csv" in text
    assert "d/10.csv" not in text
    assert "2 more (--files" in text
    assert "d/11.csv" in run(torrent, "--files").stdout


def test_for_scripts(tmp_path: Path) -> None:
    """``--json`` has every fact, and a magnet link that names the torrent."""
    torrent = tmp_path / "a.torrent"
    torrent.write_bytes(outer(announce=b"http://t.example/announce", comment="é".encode(), **{"creation date": 0}))

    facts = json.loads(run(torrent, "--json").stdout)

    assert (facts["size_bytes"], facts["piece_count"], facts["format"], facts["comment"]) == (5, 1, "v1", "é")
    assert facts["files"] == [{"path": "a.txt", "size_bytes": 5}]
    assert facts["creation_date"] == "1970-01-01T00:00:00+00:00"
    assert magnet.parse(facts["magnet"]).info_hashes.v1_hex == facts["infohash_v1"]
    assert magnet.parse(facts["magnet"]).trackers == ("http://t.example/announce",)


def test_magnet() -> None:
    """A magnet link is shown, too."""
    link = f"magnet:?xt=urn:btih:{'ab' * 20}&dn=x&ws=https%3A%2F%2Fm.example%2Fx&so=1-3&x.pe=127.0.0.1:80"

    assert "https://m.example/x" in run(link).stdout
    assert json.loads(run(link, "--json").stdout)["selected_files"] == [1, 2, 3]


def test_terminal_escapes_are_shown_not_obeyed(tmp_path: Path) -> None:
    """Text from a torrent cannot steer the terminal."""
    torrent = tmp_path / "a.torrent"
    torrent.write_bytes(outer(comment=b"\x1b[31mred\x07"))

    text = run(torrent).stdout

    assert "\x1b" not in text
    assert "\\x1b[31mred" in text


def test_mistakes(tmp_path: Path) -> None:
    """A wrong path, a folder, a page and a cut magnet each say what is wrong."""
    (tmp_path / "other.torrent").write_bytes(v1())
    page = tmp_path / "page.torrent"
    page.write_text("<html>not found</html>")

    with pytest.raises(NotFoundError) as missing:
        run(tmp_path / "typo.torrent")
    assert "other.torrent" in missing.value.hint
    with pytest.raises(NotFoundError, match="got a folder"):
        run(tmp_path)
    with pytest.raises(BencodeError, match="not a torrent"):
        run(page)
    with pytest.raises(MagnetError):
        run("magnet:?dn=x")


def test_real_torrents() -> None:
    """The real torrents of Data for Canada are shown with source, MD5 and web seeds."""
    for path in sorted((shared_data() / "real-torrents").glob("*.torrent")):
        text = run(path).stdout
        assert "Data for Canada" in text
        assert "https://data.source.coop/" in text
        assert "16 MiB" in text
