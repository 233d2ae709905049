# SPDX-License-Identifier: Apache-2.0
"""A catalogue's life with its programs as people run them: publish, follow, lose the server, go on."""

from __future__ import annotations

import hashlib
import json
import os
import re
import signal
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from seedbed.testing.loopback_dht import LoopbackDht
from tests import web

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(120)]

ROWS = "id,name,longitude,latitude\n" + "".join(f"{n},lake {n},{-110 + n / 50},{50 + n / 90}\n" for n in range(1_000))
POINT = (
    '{"type": "FeatureCollection", "features": [{"type": "Feature", "properties": {"name": "lake VERSION"}, '
    '"geometry": {"type": "Point", "coordinates": [-110, 50]}}]}'
)
GUIDE = Path(__file__).parents[2] / "docs/guide/readers.md"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with a machine of their own."""

    home: Path

    def run(self, *words: object, code: int = 0) -> dict[str, Any]:
        """A command's result, as JSON."""
        done = subprocess.run(
            [sys.executable, "-m", "seedbed", *map(str, words), "--json"],
            env=self.environment, capture_output=True, text=True, check=False, timeout=90,
        )  # fmt: skip
        assert done.returncode == code, done.stderr
        found: dict[str, Any] = json.loads(done.stdout)
        return found

    @property
    def environment(self) -> dict[str, str]:
        """With a home of their own."""
        return {**os.environ, "SEEDBED_HOME": str(self.home)}

    @contextmanager
    def running(self, *words: object, until: str) -> Iterator[dict[str, dict[str, Any]]]:
        """A long command, from when it has told of ``until``; gives what it told before, by event."""
        program = subprocess.Popen(
            [sys.executable, "-m", "seedbed", *map(str, words), "--json"], env=self.environment, stdout=subprocess.PIPE
        )
        told: dict[str, dict[str, Any]] = {}
        assert program.stdout is not None
        try:
            while until not in told:
                event = json.loads(program.stdout.readline())
                told[event["event"]] = event
            yield told
        finally:
            program.send_signal(signal.SIGTERM)
            program.wait(20)
            program.stdout.close()


@dataclass(frozen=True, slots=True)
class Town:
    """A keeper with a catalogue of two versions, and a web server that has both."""

    keeper: Person
    folder: Path
    site: web.Site
    link: str

    def reload(self) -> None:
        """Let the server see what is published now."""
        self.site.files.clear()
        for path in self.folder.parent.rglob("*"):
            if path.is_file() and not path.is_relative_to(self.keeper.home):
                self.site.files[f"/{path.relative_to(self.folder.parent).as_posix()}"] = path.read_bytes()


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    """Two versions are published; one file of three changes."""
    keeper = Person(tmp_path / "keeper")
    with web.serving(web.Site({})) as site:
        made = keeper.run("catalog", "init", tmp_path / "town", "--url", f"{site.url}/town/")
        for version in ("1", "2"):
            data = tmp_path / version / "lakes"
            data.mkdir(parents=True)
            (data / "lakes.csv").write_text(ROWS.replace("lake 7,", f"lake seven {version},"))
            (data / "lakes.geojson").write_text(POINT.replace("VERSION", version))
            (data / "shores.bin").write_bytes(b"shore" * 100_000)
            keeper.run(
                "publish", data, "--dataset", "lakes", "--version", version, "--license", "CC0-1.0",
                "--title", "Lagos de México", "--webseed", f"{site.url}/{version}/",
            )  # fmt: skip
        found = Town(keeper, tmp_path / "town", site, made["join_link"])
        found.reload()
        yield found


def test_a_stranger_follows_searches_and_fetches_only_what_changed(town: Town, tmp_path: Path) -> None:
    """Over HTTP: words without accents, a box, the newest version, the older one, a check of both."""
    reader = Person(tmp_path / "reader")

    pulled = reader.run("catalog", "pull", town.link, "--lan", "--no-dht")
    by_words = reader.run("search", "mexico", "LAGOS")
    by_box = reader.run("search", "--bbox=-100,50,-95,60")
    elsewhere = reader.run("search", "--bbox=10,50,20,60")
    newest = reader.run("fetch", "lakes", "--lan", "--no-peers")
    older = reader.run("fetch", "lakes@1", "--lan", "--no-peers")

    assert pulled["versions"] == 2
    assert [found["releases"][0]["id"] for found in (by_words, by_box)] == ["lakes@2", "lakes@2"]
    assert elsewhere["total"] == 0
    assert newest["bytes_reused"] == 0
    assert older["bytes_reused"] == 500_000
    assert older["bytes_from_mirrors"] == len(ROWS) + len("seven 1") - 1 + len(POINT) - len("VERSION") + 1
    assert reader.run("verify", "lakes@1", older["root"], "--lan")["verified"]
    assert reader.run("cache", "verify")["wrong"] == []
    assert reader.run("fetch", "lakes@1", "--offline")["was_complete"]


def test_the_catalogue_outlives_its_web_server(town: Town, tmp_path: Path) -> None:
    """The server is gone. A join link leads through the pointer and the catalogue's torrent; data comes from a peer."""
    town.site.files.clear()
    reader = Person(tmp_path / "reader")
    with LoopbackDht() as table:
        nodes = [word for host, port in table.nodes[:2] for word in ("--dht-node", f"{host}:{port}")]
        torrents = [str(path) for path in (town.folder / "torrents").glob("*.torrent")]
        offer = ("catalog", "seed", town.folder, "--listen", "127.0.0.1:0", "--lan", *nodes)
        with (
            town.keeper.running(*offer, until="pointed") as told,
            town.keeper.running(
                "seed", *torrents[:1], "--data", tmp_path / _version_of(town, torrents[0]), "--listen", "127.0.0.1:0",
                "--lan", "--no-dht", until="ready",
            ) as seeding,
        ):  # fmt: skip
            pulled = reader.run("catalog", "pull", town.link, "--lan", *nodes, "--timeout", 45)
            peer = f"127.0.0.1:{seeding['ready']['listen'][0]['port']}"
            version = f"lakes@{_version_of(town, torrents[0])}"
            fetched = reader.run("fetch", version, "--lan", "--no-dht", "--no-webseeds", "--peer", peer)

    part = reader.run("fetch", version, "--offline", "--files", "*.csv")

    assert part["bytes_reused"] == part["size_bytes"]
    assert reader.run("cache", "verify")["wrong"] == []
    assert told["pointed"]["stored"]
    assert pulled["source"].startswith("torrent")
    assert pulled["is_exact"]
    assert not list(reader.home.glob("catalogs/*/torrent")), "what was verified is kept once"
    assert fetched["bytes_from_peers"] >= fetched["size_bytes"]


def _version_of(town: Town, torrent: str) -> str:
    found = town.keeper.run("search", "--info-hash", Path(torrent).stem, "--all-versions", "--catalog", town.folder)
    return str(found["releases"][0]["properties"]["version"])


def test_a_follower_keeps_the_catalogue_alive_when_its_keeper_is_gone(town: Town, tmp_path: Path) -> None:
    """Somebody who pulled it seeds the same torrent: a third person gets it from them."""
    volunteer, reader = Person(tmp_path / "volunteer"), Person(tmp_path / "reader")
    volunteer.run("catalog", "pull", town.link, "--lan", "--no-dht")
    with LoopbackDht() as table:
        nodes = [word for host, port in table.nodes[:2] for word in ("--dht-node", f"{host}:{port}")]
        offer = ("--listen", "127.0.0.1:0", "--lan", *nodes)
        with town.keeper.running("catalog", "seed", town.folder, *offer, until="pointed"):
            pass
        town.site.files.clear()
        with volunteer.running("catalog", "seed", "town", *offer, until="ready"):
            pulled = reader.run("catalog", "pull", town.link, "--lan", *nodes, "--timeout", 45)

    assert pulled["versions"] == 2


def test_a_withdrawn_version_is_marked_for_everybody(town: Town, tmp_path: Path) -> None:
    """Its row stays with the reason; a search does not offer it any more."""
    reader = Person(tmp_path / "reader")
    reader.run("catalog", "pull", town.link, "--lan", "--no-dht")
    town.keeper.run("catalog", "withdraw", "lakes@2", "--reason", "wrong year")
    town.reload()
    town.site.etags["/town/metadata/timestamp.json"] = '"new"'

    pulled = reader.run("catalog", "pull", "town", "--lan", "--no-dht")
    diff = reader.run("catalog", "diff")

    assert pulled["difference"]["withdrawn"] == diff["withdrawn"] == ["lakes@2"]
    assert reader.run("search", "lagos")["total"] == 0
    assert reader.run("versions", "lakes")["versions"][0]["status_reason"] == "wrong year"


def test_an_older_holding_is_checked_by_its_md5(town: Town, tmp_path: Path) -> None:
    """The torrent is named by the MD5 of its contents; the name is compared, and every piece."""
    data = tmp_path / "worm.zip"
    data.write_bytes(b"neurons" * 1_000)
    name = hashlib.md5(data.read_bytes(), usedforsecurity=False).hexdigest()
    torrent = tmp_path / f"{name}.torrent"
    town.keeper.run("torrent", "create", data, "-o", torrent)

    assert town.keeper.run("integrity", torrent, data)["verified"]
    data.write_bytes(b"Neurons" * 1_000)
    assert town.keeper.run("integrity", torrent, data, code=11)["error"] == "DataError"
    town.keeper.run("integrity", tmp_path / "other.torrent", data, code=2)


def test_a_dataset_is_found_by_the_md5_of_its_contents(town: Town, tmp_path: Path) -> None:
    """Whoever has only the old name gets the data from the catalogue."""
    data = tmp_path / "files" / "worm.zip"
    data.parent.mkdir()
    data.write_bytes(b"neurons" * 10_000)
    said = ("--dataset", "worm", "--license", "CC0-1.0", "--title", "Worm", "--webseed", f"{town.site.url}/files/")
    town.keeper.run("publish", data, *said, "--md5")
    town.reload()
    reader = Person(tmp_path / "reader")
    reader.run("catalog", "pull", town.link, "--lan", "--no-dht")
    md5 = hashlib.md5(data.read_bytes(), usedforsecurity=False).hexdigest()

    fetched = reader.run("fetch", md5, "--lan", "--no-peers")

    assert Path(fetched["root"]).read_bytes() == data.read_bytes()
    assert reader.run("show", md5)["item"]["id"].startswith("worm@")


def test_the_guides_python_runs(town: Town, tmp_path: Path) -> None:
    """What readers copy into a notebook works as it stands, with a link of their own."""
    reader = Person(tmp_path / "reader")
    reader.run("catalog", "pull", town.link, "--lan", "--no-dht")
    reader.run("fetch", "lakes@2", "--lan", "--no-peers")
    (block,) = re.findall(r"```python\n(.*?)```", GUIDE.read_text("utf-8"), re.DOTALL)
    program = block.replace("seedbed:join?url=…&root=sha256:…", town.link) + "\nprint(table.name[0])\n"

    done = subprocess.run(
        [sys.executable, "-W", "error::ResourceWarning", "-c", program],
        env=reader.environment, capture_output=True, text=True, check=False, timeout=90,
    )  # fmt: skip

    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["lakes@2 Lagos de México", "['1', '2']", "lake 2"]
