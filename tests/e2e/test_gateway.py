# SPDX-License-Identifier: Apache-2.0
"""The gateway as a web seed of a published dataset, for our own program and for others."""

from __future__ import annotations

import contextlib
import json
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from tests.e2e.clients.aria2 import Aria2
from tests.e2e.clients.base import process, wait_until
from tests.e2e.clients.plain_libtorrent import PlainLibtorrent
from tests.e2e.clients.seedbed import PROGRAM, seedbed
from tests.e2e.data import make_file, make_torrent, make_tree, same
from tests.e2e.nginx import web_seed
from tests.programs import require

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.e2e.clients.base import Client

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(150)]


@contextlib.contextmanager
def gateway(log: Path, *options: object) -> Iterator[str]:
    """``seedbed gateway`` at work; gives its URL."""
    command = [*PROGRAM, "gateway", "--listen", "127.0.0.1:0", "--json", *map(str, options)]

    def events() -> list[dict[str, Any]]:
        return [json.loads(line) for line in log.read_text().splitlines() if line.startswith("{")]

    with process(command, log) as started:
        wait_until(lambda: bool(events()) or started.poll() is not None, "the gateway is ready", log=log)
        yield events()[0]["url"]
        started.terminate()
        assert started.wait(15) == 0, log.read_text()
    assert events()[-1]["event"] == "stopped"
    assert "127.0.0.1" not in log.read_text().partition("\n")[2]


def curl(*words: str) -> tuple[str, bytes]:
    """Status and body."""
    done = subprocess.run(
        [require("curl"), "-sS", "-w", "%{stderr}%{http_code}", *words], capture_output=True, check=True, timeout=30
    )
    return done.stderr.decode(), done.stdout


@pytest.mark.parametrize("format_", ["v1", "hybrid", "v2"])
@pytest.mark.parametrize("shape", ["tree", "file"])
def test_we_fetch(format_: str, shape: str, tmp_path: Path) -> None:
    """``seedbed fetch`` gets folders and single files through ``/webseed/`` alone."""
    place = tmp_path / "root/rivers/1"
    data = make_tree(place) if shape == "tree" else make_file(place)
    with gateway(tmp_path / "log", "--root", tmp_path / "root") as url:
        torrent = make_torrent(data, tmp_path / "x.torrent", format_, "--webseed", f"{url}webseed/rivers/1/")
        seedbed("fetch", torrent, "-o", tmp_path / "into", "--no-peers", "--lan")
    assert same(data, tmp_path / "into" / data.name)


@pytest.mark.parametrize(
    ("client", "format_", "shape"),
    [
        (Aria2, "v1", "tree"),
        (Aria2, "v1", "file"),
        (PlainLibtorrent, "v1", "tree"),
        (PlainLibtorrent, "hybrid", "tree"),
        (PlainLibtorrent, "hybrid", "file"),
    ],
    ids=lambda value: getattr(value, "__name__", value),
)
def test_they_fetch(client: type[Client], format_: str, shape: str, tmp_path: Path) -> None:
    """Other programs get the dataset from the gateway alone (BEP 19)."""
    place, into, scratch = tmp_path / "root/rivers/1", tmp_path / "into", tmp_path / "scratch"
    into.mkdir()
    scratch.mkdir()
    data = make_tree(place) if shape == "tree" else make_file(place)
    with gateway(tmp_path / "log", "--root", tmp_path / "root") as url:
        torrent = make_torrent(data, tmp_path / "x.torrent", format_, "--webseed", f"{url}webseed/rivers/1/")
        with client().run(torrent, into, scratch) as theirs:
            wait_until(theirs.is_done, "the client has all", log=theirs.log)
    assert same(data, into / data.name)


def test_a_published_dataset(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Published, then served with its hashes: curl's ranges, conditions, ``latest``, and the catalogue itself."""
    monkeypatch.setenv("SEEDBED_HOME", str(tmp_path / "home"))
    site, root = tmp_path / "site", tmp_path / "root"
    seedbed("catalog", "init", site, "--title", "Data")
    root.mkdir()
    with gateway(tmp_path / "log", "--root", root, "--catalog", site) as url:
        for version in ("1", "2"):
            data = make_tree(root / "rivers" / version)
            (data / "README.md").write_text(f"version {version}\n")
            seedbed(
                "publish", data, "--dataset", "rivers", "--version", version, "--catalog", site, "--title", "Rivers",
                "--license", "CC-BY-4.0", "--webseed", f"{url}webseed/rivers/{version}/", "--sha256-up-to", "1MiB",
            )  # fmt: skip
        assert curl("-L", f"{url}latest/rivers/README.md") == ("200", b"version 2\n")
        file = f"{url}v/rivers/1/a/exact.bin"
        whole = (root / "rivers/1/ds/a/exact.bin").read_bytes()
        assert curl("-r", "5-9", file) == ("206", whole[5:10])
        assert curl("-r", "-5", file) == ("206", whole[-5:])
        assert curl("-r", "70000-", file)[0] == "416"
        digest = subprocess.run(["sha256sum"], input=whole, capture_output=True, check=True).stdout.decode().split()[0]
        assert curl("-H", f'If-None-Match: "{digest}"', file) == ("304", b"")
        assert curl("-H", 'If-Match: "other"', file) == ("412", b"")
        assert curl("--path-as-is", f"{url}v/rivers/1/../../../../etc/passwd")[0] == "404"
        assert curl(f"{url}catalog/catalog.parquet") == ("200", (site / "catalog.parquet").read_bytes())
        assert curl(f"{url}v/rivers/1/for%C3%AAts%20%26%20lacs.csv")[0] == "200"


def test_ways_beside_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """aria2 gets a version and one of its files by the Metalinks and the torrent; we fetch one file by its magnet."""
    monkeypatch.setenv("SEEDBED_HOME", str(tmp_path / "home"))
    site, root = tmp_path / "site", tmp_path / "root"
    seedbed("catalog", "init", site, "--title", "Data")
    data = make_tree(root / "rivers/1")
    (data / "forêts & lacs.csv").rename(data / "forêts.csv")  # of a Metalink's & aria2 1.36 makes &#38;
    with gateway(tmp_path / "log", "--root", root, "--catalog", site) as url:
        seedbed(
            "publish", data, "--dataset", "rivers", "--version", "1", "--catalog", site, "--title", "Rivers",
            "--license", "CC-BY-4.0", "--format", "v1", "--webseed", f"{url}webseed/rivers/1/",
            "--sha256-up-to", "1MiB",
        )  # fmt: skip
        for ending in ("meta4", "torrent"):
            aria2(f"{url}v/rivers/1.{ending}", tmp_path / ending)
            assert same(data, tmp_path / ending / data.name)
        aria2(f"{url}v/rivers/1/a/exact.bin.meta4", tmp_path / "one")
        aria2(f"{url}v/rivers/1/a/exact.bin", tmp_path / "plain")  # its answer has links (RFC 6249)
        link = curl(f"{url}v/rivers/1/a/exact.bin.magnet")[1].decode().strip()
        seedbed("fetch", link, "-o", tmp_path / "chosen", "--no-peers", "--lan")
        assert curl("-I", f"{url}v/rivers/1/a/exact.bin")[1].count(b"rel=describedby") == 2
    for folder in ("one/ds/a", "plain", "chosen/ds/a"):
        assert (tmp_path / folder / "exact.bin").read_bytes() == (data / "a/exact.bin").read_bytes()
    assert [path.name for path in (tmp_path / "chosen").rglob("*") if path.is_file()] == ["exact.bin"]


@pytest.mark.parametrize("kind", ["file", "http"])
def test_in_front_of_a_mirror(kind: str, tmp_path: Path) -> None:
    """We fetch through a gateway whose data is a ``file:`` URL, or on another web server behind an empty folder."""
    data = make_tree(tmp_path / "far/rivers/1")
    (tmp_path / "empty").mkdir()
    with web_seed(tmp_path / "far", tmp_path / "nginx") as far:
        root = far if kind == "http" else (tmp_path / "far").as_uri()
        with gateway(tmp_path / "log", "--root", tmp_path / "empty", "--root", root) as url:
            torrent = make_torrent(data, tmp_path / "x.torrent", "hybrid", "--webseed", f"{url}webseed/rivers/1/")
            seedbed("fetch", torrent, "-o", tmp_path / "into", "--no-peers", "--lan")
    assert same(data, tmp_path / "into" / data.name)


@pytest.mark.parametrize(("root", "code"), [("missing", 10), ("nothing:", 2), ("https://me:secret@host.example/", 2)])
def test_roots_that_cannot_be(root: str, code: int) -> None:
    """A folder that is not there, an unknown kind, a URL with a password, which is not repeated."""
    done = subprocess.run([*PROGRAM, "gateway", "--root", root], capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stderr
    assert "secret" not in done.stderr
    assert "Traceback" not in done.stderr


def aria2(url: str, into: Path) -> None:
    """Download a URL, and what it leads to."""
    command = [
        require("aria2c"), "--no-conf", "--file-allocation=none", "--enable-dht=false", "--enable-dht6=false",
        "--bt-enable-lpd=false", "--seed-time=0", "--follow-torrent=mem", "--follow-metalink=mem", "--no-netrc=true",
        "--summary-interval=0", f"--dir={into}", url,
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout
