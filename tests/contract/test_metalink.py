# SPDX-License-Identifier: Apache-2.0
"""What we say in Metalinks, aria2 can use: dead copies are passed by, flat ones found, every file's hash is checked."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from seedbed.catalog.metalink import render
from seedbed.catalog.model import FileRow, Mirror
from seedbed.core.layout import Layout, flat_name
from seedbed.testing.datasets import make_dataset
from seedbed.testing.faulty_http import FaultyHttpServer, HttpFault
from tests.programs import require
from tests.releases import release

if TYPE_CHECKING:
    from collections.abc import Callable

    from seedbed.core.metainfo import Format
    from seedbed.testing.datasets import Dataset

pytestmark = pytest.mark.slow

SIZES = {"a.bin": 300_000, "b é/c #1.csv": 70_000, "b é/empty": 0, "z.bin": 40_000}


def rows(dataset: Dataset) -> list[FileRow]:
    """The files of a dataset as a catalogue lists them."""
    prefix = "" if dataset.metainfo.is_single_file else dataset.metainfo.name + "/"
    starts = Layout.of(dataset.metainfo).starts
    return [
        FileRow(
            "rivers@1", file.display, file.length, offset_bytes=start,
            sha256=hashlib.sha256(dataset.contents[prefix + file.display]).hexdigest(),
        )
        for file, start in zip(dataset.metainfo.files, starts, strict=True)
    ]  # fmt: skip


def metalink(dataset: Dataset, *mirrors: Mirror, web_seeds: tuple[str, ...] = (), torrent_url: str = "") -> bytes:
    """The Metalink of a dataset."""
    info = dataset.metainfo
    one = release(mirrors=mirrors)
    facts = replace(
        one.torrent, name=info.name, is_single_file=info.is_single_file, web_seeds=web_seeds,
        info_hash_v1=info.info_hashes.v1_hex, info_hash_v2=info.info_hashes.v2_hex,
    )  # fmt: skip
    return render(replace(one, torrent=facts), rows(dataset), torrent_url=torrent_url)


def aria2(data: bytes, folder: Path) -> subprocess.CompletedProcess[str]:
    """Let aria2 download by a Metalink."""
    folder.mkdir()
    path = folder.with_suffix(".meta4")
    path.write_bytes(data)
    command = [
        require("aria2c"), "--no-conf", "--file-allocation=none", "--enable-dht=false", "--enable-dht6=false",
        "--bt-enable-lpd=false", "--seed-time=0", "--summary-interval=0", f"--dir={folder}", f"--metalink-file={path}",
        "--connect-timeout=2", "--max-tries=2", "--no-netrc=true",
    ]  # fmt: skip
    return subprocess.run(command, capture_output=True, text=True, timeout=40, check=False)


def flat_server(dataset: Dataset, *faults: HttpFault) -> FaultyHttpServer:
    """A server without folders."""
    files = {f"/f/{flat_name(path.split('/')[1:])}": body for path, body in dataset.contents.items()}
    return FaultyHttpServer({**files, "/t.torrent": dataset.torrent}, *faults)


@pytest.mark.parametrize("format_", ["hybrid", "v1", "v2"])
def test_many_files_from_a_web_seed_beside_a_dead_one_and_a_flat_mirror(format_: Format, tmp_path: Path) -> None:
    """BEP 19, dead, and flat: aria2 ends with every file, with the torrent named where that helps."""
    dataset = make_dataset(tmp_path / "source", SIZES, format=format_)
    contents = {f"/w/{path}": body for path, body in dataset.contents.items()}

    with flat_server(dataset) as flat, FaultyHttpServer({}) as dead, FaultyHttpServer(contents) as seed:
        data = metalink(
            dataset, Mirror("own", dead.url + "x/"), Mirror("zenodo", flat.url + "f/", layout="flat"),
            web_seeds=(seed.url + "w/",), torrent_url=flat.url + "t.torrent",
        )  # fmt: skip
        seed.files.pop("/w/set/z.bin")
        done = aria2(data, tmp_path / "out")

    assert done.returncode == 0, done.stdout
    assert dataset.is_at(tmp_path / "out")
    assert (b"<metaurl" in data) == (format_ == "v1")
    assert "/f/z.bin" in [asked.path for asked in flat.asked]


def test_many_files_from_a_flat_mirror_alone(tmp_path: Path) -> None:
    """Folders come back from names without folders."""
    dataset = make_dataset(tmp_path / "source", SIZES)

    with flat_server(dataset) as flat:
        done = aria2(metalink(dataset, Mirror("zenodo", flat.url + "f/", layout="flat")), tmp_path / "out")

    assert done.returncode == 0, done.stdout
    assert dataset.is_at(tmp_path / "out")


@pytest.mark.parametrize("has_torrent", [True, False])
def test_one_file_from_two_mirrors_one_of_them_dead(tmp_path: Path, *, has_torrent: bool) -> None:
    """A single file, whatever it is called on the mirror."""
    dataset = make_dataset(tmp_path / "source", 300_000, name="one é.bin")

    with FaultyHttpServer({}) as dead, FaultyHttpServer({"/r/1": dataset.contents["one é.bin"]}) as alive:
        alive.files["/t.torrent"] = dataset.torrent
        mirrors = (Mirror("own", dead.url + "x"), Mirror("zenodo", alive.url + "r/1"))
        data = metalink(dataset, *mirrors, torrent_url=alive.url + "t.torrent" if has_torrent else "")
        done = aria2(data, tmp_path / "out")

    assert done.returncode == 0, done.stdout
    assert dataset.is_at(tmp_path / "out")


def test_wrong_bytes_are_noticed(tmp_path: Path) -> None:
    """aria2 compares the hashes that we name: a lying mirror alone is an error."""
    dataset = make_dataset(tmp_path / "source", SIZES)

    with flat_server(dataset, HttpFault("wrong-bytes", "*/z.bin")) as liar:
        done = aria2(metalink(dataset, Mirror("zenodo", liar.url + "f/", layout="flat")), tmp_path / "out")

    assert done.returncode == 32, done.stdout  # "checksum validation failed"
    assert "checksum" in done.stdout.lower()


def test_show_prints_what_was_published(tmp_path: Path) -> None:
    """A version is published, gets a mirror, and aria2 downloads it by what ``seedbed show --metalink`` prints."""
    (tmp_path / "rivers").mkdir()
    (tmp_path / "rivers" / "a.csv").write_text("a\n1\n")
    (tmp_path / "rivers" / "b.csv").write_text("b\n2\n")
    run = runner(tmp_path)
    run("catalog", "init", tmp_path / "site")
    run("publish", tmp_path / "rivers", "--dataset", "rivers", "--title", "R", "--license", "MIT", "--version", "1")
    assert not list((tmp_path / "site" / "torrents").glob("*.meta4"))

    with FaultyHttpServer({"/f/a.csv": b"a\n1\n", "/f/b.csv": b"b\n2\n"}) as server:
        said = tmp_path / "more.yaml"
        said.write_text(f"mirrors: {{zenodo: '{server.url}f/{{flat}}'}}\n")
        run("catalog", "edit", "rivers", "--metadata", said)
        printed = run("show", "rivers", "--metalink")
        (kept,) = (tmp_path / "site" / "torrents").glob("*.meta4")
        done = aria2(printed.encode(), tmp_path / "out")

    assert kept.read_text() == printed
    assert done.returncode == 0, done.stdout
    assert (tmp_path / "out" / "rivers" / "b.csv").read_text() == "b\n2\n"


def runner(tmp_path: Path) -> Callable[..., str]:
    """Runs the program, at home in the test's folder."""
    environment = {**os.environ, "SEEDBED_HOME": str(tmp_path / "home"), "SEEDBED_CATALOG": "", "NO_COLOR": "1"}

    def run(*words: object) -> str:
        command = [str(Path(sys.executable).with_name("seedbed")), *map(str, words)]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=30, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run
