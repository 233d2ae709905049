# SPDX-License-Identifier: Apache-2.0
"""``seedbed health``: what is told of many datasets and of one, by whatever can be known."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from click.testing import CliRunner

from seedbed.api import health as looking
from seedbed.api import scraping
from seedbed.api.home import Home
from seedbed.catalog import paths
from seedbed.catalog.model import Site
from seedbed.catalog.table import writer
from seedbed.cli.main import main
from seedbed.errors import SeedbedError, SourceError
from seedbed.health.leases.over_http import OverHttp
from seedbed.health.leases.report import Report
from seedbed.health.record import HealthRecord, Noted
from seedbed.health.scrape.counted import Counted, Numbers
from seedbed.health.scrape.counted import Report as Scraped
from seedbed.node.choosing.units import Unit
from tests.releases import in_table_order, release

if TYPE_CHECKING:
    from pathlib import Path

    from seedbed.catalog.model import Release

NOW = dt.datetime.now(dt.UTC)
URL = "http://tracker.example.org/announce"


class World:
    """A catalogue, and what trackers and registries say."""

    def __init__(self, folder: Path) -> None:
        self.site = folder / "site"
        self.seeds: dict[str, int] = {}
        self.proved: dict[str, tuple[int, int]] = {}
        """Proved peers, and independent ones, by id; empty without a registry."""
        self.releases: list[Release] = []

    def publish(self, *names: str) -> None:
        """Into the catalogue's table."""
        made = [release(name, "1") for name in names]
        self.releases = [replace(one, torrent=replace(one.torrent, trackers=(URL,))) for one in made]
        self.write()

    def write(self) -> None:
        """The table, as it is now."""
        writer.write_catalog(self.site / paths.CATALOG, in_table_order(self.releases), Site("example"))

    async def count(self, subjects: Any, _record: Path, **_: Any) -> Scraped:
        """As :func:`seedbed.api.scraping.count`."""
        told: dict[str, tuple[Counted, ...]] = {
            one.id: (Counted(URL, Numbers(self.seeds[one.id], 1), NOW),) if one.id in self.seeds else ()
            for one in subjects
        }
        return Scraped(told, ())

    def health(self, _over: OverHttp, _base: str) -> Report:
        """As a registry."""
        if not self.proved:
            raise SourceError("nobody is there")
        units = sorted((Unit.whole(one).key, *self.proved.get(one.id, (0, 0))) for one in self.releases)
        keys, proved, independent = (np.array(column, np.uint64) for column in zip(*units, strict=True))
        counts = {name: proved.astype(np.uint16) for name in ("holders", "proved", "fetching", "countries")}
        nothing = np.empty(0, np.uint64)
        return Report(
            int(NOW.timestamp()), int(NOW.timestamp()) - 86_400, 5, 5, keys,
            independent=independent.astype(np.uint16), sizes_bytes=nothing, online_bytes=nothing, **counts,
        )  # fmt: skip


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """Nobody asks a real tracker."""
    made = World(tmp_path)
    monkeypatch.setenv("SEEDBED_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(scraping, "count", made.count)
    monkeypatch.setattr(OverHttp, "health", lambda over, base: made.health(over, base))
    monkeypatch.setattr(looking, "get_document", lambda *_, **__: b"{}")
    run("catalog", "init", tmp_path / "site")
    return made


def run(*words: object, code: int = 0) -> dict[str, Any]:
    """A command with ``--json``."""
    done = CliRunner().invoke(main, [*map(str, words), "--json"])
    if isinstance(error := done.exception, SeedbedError):
        assert error.exit_code == code
        return {"said": f"{error.message} {error.hint}"}
    assert done.exit_code == code, done.output
    found: dict[str, Any] = json.loads(done.stdout) if done.stdout.startswith("{") else {}
    return found


def told(world: World, *words: object) -> str:
    """The same for people."""
    done = CliRunner().invoke(main, ["health", "--catalog", str(world.site), *map(str, words)])
    assert done.exit_code == 0, done.output
    return done.stdout


def test_the_worst_come_first(world: World) -> None:
    """Of all, as many as are wished for; and how many there are of each state."""
    world.publish("a", "b", "c", "d")
    world.proved = {"a@1": (5, 5), "b@1": (1, 1), "d@1": (3, 2)}
    world.seeds = {"a@1": 5, "b@1": 1, "c@1": 0, "d@1": 4}
    found = run("health", "--catalog", world.site, "--limit", 3)
    assert [(row["id"], row["state"]) for row in found["datasets"]] == [
        ("c@1", "lost"), ("b@1", "last copy"), ("d@1", "at risk"),
    ]  # fmt: skip
    assert found["states"]["safe"] == 1
    row = found["datasets"][2]
    assert (row["peers"], row["peers_are_proved"], row["unproved"]) == (2, True, 1)
    lines = told(world, "--limit", 2).splitlines()
    assert lines[1].split()[:2] == ["c@1", "lost"]
    assert "The worst 2 are shown" in lines[-1]


def test_without_a_registry_seeds_are_counted(world: World) -> None:
    """With a question mark."""
    world.publish("a")
    world.seeds = {"a@1": 4}
    row = run("health", "--catalog", world.site)["datasets"][0]
    assert (row["peers"], row["peers_are_proved"], row["state"]) == (
        4,
        False,
        "at risk" if row["score"] > 74 else "thin",
    )
    assert "4?" in told(world)
    assert "named by trackers, proved by nobody" in told(world, "a@1")


def test_web_servers_are_counted_by_their_audits(world: World) -> None:
    """Each server once, by what was found last; what nobody looked at is told apart."""
    world.publish("a")
    one = world.releases[0]
    mirrored = replace(one.torrent, web_seeds=("http://w.example.org/x/", "http://new.example.org/x/"))
    world.releases = [replace(one, torrent=mirrored, mirrors=())]
    world.write()
    world.seeds = {"a@1": 0}
    early = NOW - dt.timedelta(days=2)
    with HealthRecord(Home.of_environment().health("example")) as record:
        record.note([Noted("a@1", "http://w.example.org/x/{path}", early, "bad", ("missing",))])
        assert run("health", "a", "--catalog", world.site)["mirrors_bad"] == 1
        record.note([Noted("a@1", "http://w.example.org/x/{path}", NOW, "good")])
        record.note([Noted("a@1", "http://gone.example.org/x/", NOW, "good")])
    found = run("health", "a", "--catalog", world.site)
    assert (found["mirrors"], found["mirrors_unknown"], found["mirrors_bad"]) == (1, 1, 0)
    assert "Web servers: 1 found good, 1 not audited yet; last look" in told(world, "a")


def test_history(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """What we saw, and what a tracker of ours remembers of the days before."""
    world.publish("a")
    world.seeds = {"a@1": 3}
    before = int((NOW - dt.timedelta(days=1)).timestamp())
    body = json.dumps({"history": [{"at": before, "seeds": 6}]}).encode()
    asked: list[str] = []

    def get(url: str, *_: object, **__: object) -> bytes:
        asked.append(url)
        return body

    monkeypatch.setattr(looking, "get_document", get)
    found = run("health", "a", "--catalog", world.site)
    assert [day["peers"] for day in found["history"]] == [6, 3]
    assert asked == ["http://tracker.example.org/stats/a@1.json?days=365"]
    assert "Peers, day by day:" in told(world, "a")


def test_nobody_tells_anything(world: World) -> None:
    """That is a failure of sources, and no loss of data."""
    world.publish("a")
    assert "nobody told" in run("health", "--catalog", world.site, code=12)["said"]


def test_silence_about_one_is_no_loss(world: World) -> None:
    """Its tracker is down: nobody knows."""
    world.publish("a", "b")
    world.seeds = {"a@1": 4}
    one = run("health", "--catalog", world.site)["datasets"][0]
    assert (one["id"], one["state"], one["score"]) == ("b@1", "unknown", None)
    assert "unknown" in told(world)


def test_no_such_dataset(world: World) -> None:
    """As everywhere."""
    world.publish("a")
    run("health", "zzz", "--catalog", world.site, code=10)
