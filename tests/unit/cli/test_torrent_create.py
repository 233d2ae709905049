# SPDX-License-Identifier: Apache-2.0
"""``torrent create``: what it writes, what it says, and what it refuses."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from seedbed.core import metainfo_reader
from tests.datasets import make_tree, torrent_of

PROGRAM = str(Path(sys.executable).with_name("seedbed"))


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A dataset folder."""
    return make_tree(tmp_path / "ds")


def create(data: Path | str, *options: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run the program itself in the folder above the data."""
    where = data.parent if isinstance(data, Path) else Path(settings.pop("where"))
    return subprocess.run(
        [PROGRAM, "torrent", "create", str(data), *options],
        capture_output=True,
        text=True,
        check=False,
        cwd=where,
        env={**os.environ, **settings},
    )


def test_writes_name_torrent_here(data: Path) -> None:
    """Without ``-o`` the torrent has the dataset's name and is in the current folder."""
    done = create(data, "--piece-length", "32KiB")

    written = data.parent / "ds.torrent"
    assert done.returncode == 0
    assert written.read_bytes() == torrent_of(data).torrent
    assert metainfo_reader.parse(written.read_bytes()).info_hashes.v2_hex in done.stdout


def test_writes_into_a_folder(data: Path) -> None:
    """``-o`` may be a folder."""
    (data.parent / "out").mkdir()

    assert create(data, "-o", "out").returncode == 0
    assert (data.parent / "out" / "ds.torrent").exists()


def test_json_tells_everything(data: Path) -> None:
    """For scripts: hashes, piece length, each file with its SHA-256."""
    facts = json.loads(create(data, "--json", "--format", "v2", "--tracker", "udp://t.example:1").stdout)

    assert (facts["format"], facts["infohash_v1"], len(facts["infohash_v2"])) == ("v2", None, 64)
    assert len(facts["files"]) == 10
    assert all(len(one["sha256"]) == 64 for one in facts["files"] if one["size_bytes"])


def test_explain_shows_a_table(data: Path) -> None:
    """Why this piece length, and what others would mean."""
    text = create(data, "--explain").stdout

    assert "Pieces of 256 KiB" in text
    assert "16 MiB" in text


def test_overwrites_only_by_force(data: Path) -> None:
    """A file that is there is refused before anything is hashed."""
    target = data.parent / "ds.torrent"
    target.write_text("mine")

    refused = create(data)
    assert refused.returncode == 2
    assert "--force" in refused.stderr
    assert target.read_text() == "mine"

    assert create(data, "--force").returncode == 0
    assert metainfo_reader.parse(target.read_bytes())


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--piece-length", "48KiB"], "power of two"),
        (["--piece-length", "8KiB"], "16 KiB to 16 MiB"),
        (["--piece-length", "lots"], "not a size"),
        (["--tracker", "ftp://t.example"], "udp://"),
        (["--webseed", "s3://bucket"], "https://"),
        (["--webseed", "https://h.example/{flat}"], "templates"),
        (["--webseed", "https://h.example/{name}"], "{path}"),
        (["--similar", "abc"], "hex digits"),
        (["--like", "py3createtorrent", "--format", "hybrid"], "v1"),
        (["--format", "v3"], "hybrid"),
    ],
)
def test_wrong_use_is_explained(data: Path, options: list[str], words: str) -> None:
    """What was expected is in the message, and the exit code is 2."""
    done = create(data, *options)

    assert done.returncode == 2
    assert words in done.stderr
    assert not list(data.parent.glob("*.torrent"))


def test_remarks_go_to_standard_error(data: Path) -> None:
    """Hidden files are skipped and said; ``--quiet`` is quiet."""
    (data / ".hidden").write_text("x")

    assert "1 hidden file: .hidden" in create(data).stderr
    assert not create(data, "--quiet", "--force").stderr


def test_unsuitable_files_are_all_named(data: Path) -> None:
    """One line each, and in the JSON."""
    (data / "link").symlink_to("a.csv")
    (data / "CON").write_text("x")

    done = create(data, "--json")

    assert done.returncode == 1
    assert "link: it is a symbolic link" in done.stderr
    assert len(json.loads(done.stdout)["findings"]) == 2


@pytest.mark.parametrize("engine", ["hashlib", "auto"])
@pytest.mark.parametrize("workers", ["1", "3"])
def test_engines_and_workers_agree(data: Path, engine: str, workers: str) -> None:
    """The same torrent, whoever hashes."""
    done = create(data, "--piece-length", "32KiB", "--workers", workers, SEEDBED_HASH_ENGINE=engine)

    assert done.returncode == 0
    assert (data.parent / "ds.torrent").read_bytes() == torrent_of(data).torrent
