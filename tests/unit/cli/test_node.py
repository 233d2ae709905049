# SPDX-License-Identifier: Apache-2.0
"""``seedbed node``: what people type, and what they are told."""

from __future__ import annotations

import json
import shutil
import time
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from seedbed.api.home import Home
from seedbed.api.node import NodeHome
from seedbed.catalog.model import Site
from seedbed.catalog.table import writer
from seedbed.cli.main import main
from seedbed.errors import SeedbedError
from seedbed.node.disk.store import Place
from seedbed.node.giving.gift import Gift
from seedbed.node.state import State
from tests.releases import in_table_order, release

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> NodeHome:
    """A machine with a published catalogue, and no node yet."""
    monkeypatch.setenv("SEEDBED_HOME", str(tmp_path / "home"))
    run("catalog", "init", tmp_path / "site")
    return NodeHome.of(Home.of_environment())


def run(*words: object, code: int = 0) -> dict[str, Any]:
    """A command with ``--json``."""
    done = CliRunner().invoke(main, [*map(str, words), "--json"])
    if isinstance(error := done.exception, SeedbedError):
        assert error.exit_code == code
        return {"said": f"{error.message} {error.hint}"}
    assert done.exit_code == code, done.output
    return json.loads(done.stdout) if done.stdout.startswith("{") else {"said": done.output}


def join(folder: Path, *words: object, code: int = 0) -> dict[str, Any]:
    """Give 50 MB."""
    return run("node", "join", folder / "site", "--dir", folder / "given", "--storage", "50M", *words, code=code)


def hold(home: NodeHome, item: str) -> None:
    """As if the node had it."""
    with State(home.state) as state:
        state.move(item, "held", 5, 5, what="held", facts={}, seal="s")


def test_joined_and_changed(home: NodeHome, tmp_path: Path) -> None:
    """Joining again changes what is given; so does limit."""
    assert join(tmp_path, "--only", "lakes")["storage_bytes"] == 50_000_000
    assert Gift.load(home.gift).only == ("lakes",)
    mark = Place(tmp_path / "given").mark()
    join(tmp_path)
    run("node", "limit", "--storage", "40M", "--rate-up", "1M")
    run("node", "pause")
    gift = Gift.load(home.gift)
    assert (gift.only, gift.storage_bytes, gift.rate_up, gift.is_paused) == ((), 40_000_000, 1_000_000, True)
    assert Place(tmp_path / "given").mark() == mark
    assert mark


def test_more_than_the_disk_has(home: NodeHome, tmp_path: Path) -> None:
    """N22: it gives what there is, and says so."""
    facts = shutil.disk_usage(tmp_path)
    done = CliRunner().invoke(
        main, ["node", "join", str(tmp_path / "site"), "--dir", str(tmp_path / "given"), "--storage", "900000T"]
    )
    assert done.exit_code == 0, done.output
    assert "no room on disk" in done.stdout
    assert Gift.load(home.gift).storage_bytes < facts.free


def test_a_lowered_limit_is_not_raised_by_the_disk(home: NodeHome, tmp_path: Path) -> None:
    """N22: limit is capped in the same way."""
    join(tmp_path)
    given = run("node", "limit", "--storage", "900000T")["storage_bytes"]
    assert given == Gift.load(home.gift).storage_bytes < shutil.disk_usage(tmp_path).free


def test_evicted_and_kept(home: NodeHome, tmp_path: Path) -> None:
    """A wish for the next round, and never taken again; keep takes both back."""
    join(tmp_path, "--not", "roads")
    hold(home, "lakes@1")
    run("node", "evict", "lakes@1")
    assert Gift.load(home.gift).without == ("roads", "lakes@1")
    with State(home.state) as state:
        assert state.wishes() == {"lakes@1": "evict"}
    run("node", "evict", "lakes@1", "--now")
    run("node", "keep", "lakes@1")
    assert Gift.load(home.gift).without == ("roads",)
    with State(home.state) as state:
        assert state.wishes() == {"lakes@1": "keep"}


@pytest.mark.parametrize("command", ["evict", "keep"])
def test_of_what_it_does_not_have(home: NodeHome, tmp_path: Path, command: str) -> None:
    """Ten, as of anything that is not there."""
    join(tmp_path)
    run("node", command, "lakes@1", code=10)
    assert Gift.load(home.gift).without == ()


def test_the_doctor_says_that_nobody_is_at_work(home: NodeHome, tmp_path: Path) -> None:
    """And that the disk is away, when it is."""
    join(tmp_path)
    assert "no node is at work" in run("node", "doctor", code=1)["said"]
    with Place(tmp_path / "given").held():
        assert "last round" in run("node", "doctor", code=1)["said"]
        with State(home.state) as state:
            state.set("beat_s", str(int(time.time())))
        found = {one["name"]: one["verdict"] for one in run("node", "doctor")["findings"]}
        assert (found["node"], found["disk"], found["catalogue"]) == ("good", "good", "good")
    shutil.rmtree(tmp_path / "given")
    assert "mounted" in run("node", "doctor", code=1)["said"]


def test_another_folder_while_the_first_holds_something(home: NodeHome, tmp_path: Path) -> None:
    """It is refused; the folder moved as it is, is taken."""
    join(tmp_path)
    hold(home, "lakes@1")
    words = ("node", "join", tmp_path / "site", "--dir", tmp_path / "other", "--storage", "50M")
    run(*words, code=1)
    assert Gift.load(home.gift).folder == str(tmp_path / "given")
    (tmp_path / "given").rename(tmp_path / "other")
    run(*words)


def test_before_it_is_a_node(home: NodeHome) -> None:
    """It is told how."""
    assert not home.gift.exists()
    for words in (("status",), ("plan",), ("why", "x@1"), ("pause",), ("run",), ("evict", "x@1")):
        assert "node join" in run("node", *words, code=10)["said"]


def test_hours_are_given_changed_and_taken_back(home: NodeHome, tmp_path: Path) -> None:
    """Several windows; what is no window is told before anything changes."""
    join(tmp_path, "--hours", "22-06", "--hours", "12:30-14")
    assert Gift.load(home.gift).hours == ("22-06", "12:30-14")
    assert "22-06" in run("node", "limit", "--hours", "night", code=2)["said"]
    run("node", "limit", "--rate-up", "1M")
    assert Gift.load(home.gift).hours == ("22-06", "12:30-14")
    run("node", "limit", "--hours", "always")
    assert Gift.load(home.gift).hours == ()


def test_monthly_traffic_is_given_and_shown(home: NodeHome, tmp_path: Path) -> None:
    """Too little to be of use is refused; 0 is no limit."""
    join(tmp_path, "--monthly", "1T")
    assert Gift.load(home.gift).monthly_bytes == 10**12
    assert run("node", "status")["monthly_bytes"] == 10**12
    assert "monthly traffic" in run("node", "limit", "--monthly", "5", code=2)["said"]
    run("node", "limit", "--monthly", "0")
    assert run("node", "status")["traffic_bytes"] == 0


def listing(folder: Path) -> None:
    """Two datasets come into the catalogue."""
    path = folder / "site/catalog.parquet"
    writer.write_catalog(path, in_table_order([release("lakes"), release("roads", collection="maps")]), Site("site"))


def test_what_would_be_chosen_from_is_told_before_joining(home: NodeHome, tmp_path: Path) -> None:
    """A dry run changes nothing; joining tells the same, and warns of what names nothing."""
    listing(tmp_path)
    told = join(tmp_path, "--only", "maps", "--dry-run")
    assert (told["datasets"], told["versions"], told["size_bytes"]) == (1, 1, 1_000_000)
    assert not home.gift.exists()
    assert not (tmp_path / "given").exists()
    assert join(tmp_path, "--only", "bbox:-99,19,-98,20", "--only", "rodas")["idle"] == ["'rodas' (near it: roads)"]
    assert Gift.load(home.gift).only == ("bbox:-99,19,-98,20", "rodas")
    done = CliRunner().invoke(main, ["node", "join", str(tmp_path / "site"), "--dir", str(tmp_path / "given"),
                                     "--storage", "50M", "--not", "*"])  # fmt: skip
    assert "nothing matches" in done.output


def test_a_pattern_that_is_not_clear_is_refused_at_joining(home: NodeHome, tmp_path: Path) -> None:
    """Nothing was changed; how to say it is told."""
    listing(tmp_path)
    assert "words:about" in join(tmp_path, "--only", "about", code=2)["said"]
    assert "four numbers" in join(tmp_path, "--only", "bbox:1,2", code=2)["said"]
    assert not home.gift.exists()


def test_several_folders(home: NodeHome, tmp_path: Path) -> None:
    """A budget for each; one of them is changed by its name, and none that holds something is left out."""
    two = ("--dir", tmp_path / "more", "--storage", "30M")
    assert join(tmp_path, *two)["storage_bytes"] == 80_000_000
    shares = {str(tmp_path / "given"): 50_000_000, str(tmp_path / "more"): 30_000_000}
    assert Gift.load(home.gift).shares == shares
    assert [one["storage_bytes"] for one in run("node", "status")["folders"]] == [50_000_000, 30_000_000]
    run("node", "limit", "--dir", tmp_path / "more", "--storage", "20M")
    assert Gift.load(home.gift).storage_bytes == 70_000_000
    assert "--dir" in run("node", "limit", "--storage", "20M", code=2)["said"]
    assert "not given" in run("node", "limit", "--dir", tmp_path, "--storage", "20M", code=2)["said"]
    hold(home, "lakes@1")
    with State(home.state) as state:
        state.put_home("lakes@1", Place(tmp_path / "more").mark())
    assert "holds 1 datasets" in join(tmp_path, code=1)["said"]
    join(tmp_path, *two)


def test_n12_joining_again_while_the_disk_is_away(home: NodeHome, tmp_path: Path) -> None:
    """It is refused: an empty folder in its place would be filled from the network all over again."""
    join(tmp_path)
    hold(home, "lakes@1")
    shutil.move(tmp_path / "given", tmp_path / "away")
    (tmp_path / "given").mkdir()
    assert "mounted" in join(tmp_path, "--rate-up", "5M", code=1)["said"]
    assert list((tmp_path / "given").iterdir()) == []
    (tmp_path / "given").rmdir()
    shutil.move(tmp_path / "away", tmp_path / "given")
    join(tmp_path, "--rate-up", "5M")


@pytest.mark.parametrize(
    "words",
    [("--dir", "x"), ("--storage", "5G"), ("--dir", "given", "--storage", "5G"), ("--dir", "x", "--storage", "5")],
)
def test_folders_and_budgets_that_do_not_match(
    home: NodeHome, tmp_path: Path, words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is changed."""
    monkeypatch.chdir(tmp_path)
    assert join(tmp_path, *words, code=2)["said"]
    assert not home.gift.exists()


def test_settings_of_another_program(home: NodeHome, tmp_path: Path) -> None:
    """Joining says what each became."""
    listing(tmp_path)
    (tmp_path / "collections_urls.txt").write_text("https://at.example/collection/maps.csv\n")
    told = join(tmp_path, "--import", tmp_path, "--only", "lakes")
    assert told["imported"][0]["became"] == "--only maps"
    assert Gift.load(home.gift).only == ("lakes", "maps")
    assert "collections_urls.txt:1" in run("node", "join", tmp_path / "site", "--dir", tmp_path / "given", "--storage",
                                           "50M", "--import", bad(tmp_path), code=2)["said"]  # fmt: skip


def bad(folder: Path) -> Path:
    """A file of settings that is none."""
    path = folder / "bad/collections_urls.txt"
    path.parent.mkdir()
    path.write_text("maps")
    return path


def test_two_folders_on_one_disk_share_its_room(home: NodeHome, tmp_path: Path) -> None:
    """N22: together they are given no more than the disk has."""
    free_bytes = shutil.disk_usage(tmp_path).free
    words = ("--dir", tmp_path / "a", "--storage", "20M", "--dir", tmp_path / "b", "--storage", "900000T")
    told = run("node", "join", tmp_path / "site", *words)
    assert told["shares"][str(tmp_path / "a")] == 20_000_000
    assert told["storage_bytes"] <= free_bytes
    assert Gift.load(home.gift).storage_bytes == told["storage_bytes"]
