# SPDX-License-Identifier: Apache-2.0
"""The end of being a node: nothing is taken away that too few others have."""

from __future__ import annotations

import asyncio
import json
import shutil
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from seedbed.api.home import Home
from seedbed.api.node import NodeHome
from seedbed.cli.main import main
from seedbed.errors import SeedbedError
from seedbed.node.disk.beginning import open_state
from seedbed.node.disk.store import MARKER
from seedbed.node.parting.farewell import Asked, ask, asked_of, has_left
from seedbed.node.state import State
from tests.unit.node.stage import Stage, World, hold, play

if TYPE_CHECKING:
    from pathlib import Path

SLOWLY, AT_ONCE = Asked(at_once=False, deletes=False), Asked(at_once=True, deletes=True)


def test_a_node_leaves_when_others_hold_all(tmp_path: Path) -> None:
    """It falls silent at once; an announce interval and a half later it looks, and may end. The data stays."""
    world = World(tmp_path)

    async def story() -> None:
        async with Stage(world).running() as node:
            await hold(node, world, "lakes", "roads")
            world.others |= {"lakes@1": 3, "roads@1": 5}
            ask(node.parts.state, SLOWLY)
            await node.rounds.restraint.look()
            assert not node.claimed
            await node.rounds.once()
            assert not node.rounds.farewell.is_over
            await node.round()
            assert node.rounds.farewell.is_over
            assert has_left(node.parts.state)
            assert node.stage.has_all("lakes@1")

    play(story())


def test_a_node_stays_when_too_few_hold_something(tmp_path: Path) -> None:
    """At the second look one has gone: the node speaks again, and says of what it is one of the last."""
    world = World(tmp_path)

    async def story() -> None:
        async with Stage(world).running() as node:
            await hold(node, world, "lakes", "roads")
            world.others |= {"lakes@1": 3, "roads@1": 2}
            ask(node.parts.state, SLOWLY)
            await node.round(2)
            assert not node.rounds.farewell.is_over
            await node.round()
            assert node.claimed == {"lakes@1", "roads@1"}
            refused = next(one for one in node.parts.state.events() if one.what == "leave-refused")
            assert refused.facts == {"units": "roads@1", "count": 1}

    play(story())


@pytest.mark.parametrize("is_tracker_up", [True, False])
def test_when_nobody_can_be_asked_it_stays_unless_it_must_go(tmp_path: Path, is_tracker_up: bool) -> None:  # noqa: FBT001
    """A tracker that is away is no reason to believe that others have it; at once is at once."""
    world = World(tmp_path)

    async def story() -> None:
        async with Stage(world).running() as node:
            await hold(node, world, "lakes")
            world.is_tracker_up = is_tracker_up
            ask(node.parts.state, SLOWLY)
            await node.round(3)
            assert not node.rounds.farewell.is_over
            ask(node.parts.state, AT_ONCE)
            await node.round()
            assert node.rounds.farewell.is_over

    play(story())


def test_taken_back(tmp_path: Path) -> None:
    """Who joins again meanwhile stays."""
    world = World(tmp_path)

    async def story() -> None:
        async with Stage(world).running() as node:
            await hold(node, world, "lakes")
            world.others["lakes@1"] = 9
            ask(node.parts.state, SLOWLY)
            await node.rounds.once()
            ask(node.parts.state, None)
            await node.round(2)
            assert node.claimed == {"lakes@1"}
            assert not node.rounds.farewell.is_over

    play(story())


def test_what_nobody_understands_is_no_wish(tmp_path: Path) -> None:
    """Of a newer program, or garbage."""
    stage = Stage(World(tmp_path))
    with open_state(stage.record, stage.place) as state:
        for text in ("{", "5", '{"x": 1}', "[]"):
            state.set("leave", text)
            assert asked_of(state) is None
        state.set("has-left", "yes")
        assert not has_left(state)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> NodeHome:
    """A node that has joined, and holds a dataset that two others have."""
    monkeypatch.setenv("SEEDBED_HOME", str(tmp_path / "home"))
    run("catalog", "init", tmp_path / "site")
    run("node", "join", tmp_path / "site", "--dir", tmp_path / "given", "--storage", "50M")
    home = NodeHome.of(Home.of_environment())
    (tmp_path / "given/snapshots/lakes").mkdir(parents=True)
    with State(home.state) as state:
        state.move("lakes@1", "held", 5, 5, what="held", facts={}, seal="s")
        state.keep_numbers([("lakes@1", 3.0, 3.0, 0.0, 0.0)])
    return home


def run(*words: object, code: int = 0) -> dict[str, Any]:
    """A command with ``--json``."""
    done = CliRunner().invoke(main, [*map(str, words), "--json"])
    if isinstance(error := done.exception, SeedbedError):
        assert error.exit_code == code
        return {"said": f"{error.message} {error.hint}"}
    assert done.exit_code == code, done.output
    return dict(json.loads(done.stdout))


def test_no_node_runs_and_too_few_hold_it(home: NodeHome, tmp_path: Path) -> None:
    """It is refused, and named; with --now it is done. Without --delete-data the data stays, for a later joining."""
    assert "lakes@1" in run("node", "leave", code=1)["said"]
    assert home.gift.exists()
    assert run("node", "leave", "--now")["how"] == "left"
    assert not home.gift.exists()
    assert not home.state.exists()
    assert {path.name for path in home.folder.glob("left-1/*")} >= {"gift.json", "state.sqlite"}
    assert (tmp_path / "given" / MARKER).exists()
    assert "no smartnode" in run("node", "status", code=10)["said"]
    run("node", "join", tmp_path / "site", "--dir", tmp_path / "given", "--storage", "50M")


def test_with_its_data(home: NodeHome, tmp_path: Path) -> None:
    """What the node made is deleted; whatever else lies in the folder is not touched."""
    (tmp_path / "given/mine.txt").write_text("x")
    with State(home.state) as state:
        state.keep_numbers([("lakes@1", 4.0, 4.0, 0.0, 0.0)])
    run("node", "leave", "--delete-data")
    assert [path.name for path in (tmp_path / "given").iterdir()] == ["mine.txt"]


def test_its_disk_is_lost_for_good(home: NodeHome, tmp_path: Path) -> None:
    """It can leave all the same."""
    shutil.rmtree(tmp_path / "given")
    assert run("node", "leave", "--now", "--delete-data")["how"] == "left"
    assert not (tmp_path / "given").exists()


def test_it_may_not_end_while_a_node_works_there(home: NodeHome, tmp_path: Path) -> None:
    """One that does not answer is not pulled away from below."""
    from seedbed.node.disk.store import Place  # noqa: PLC0415

    with Place(tmp_path / "given").held():
        assert "another node" in run("node", "leave", "--now", code=1)["said"]
    assert home.gift.exists()


def test_a_whole_node_ends_by_itself(tmp_path: Path) -> None:
    """Its work is over as soon as it may."""
    from dataclasses import replace  # noqa: PLC0415

    from seedbed.engine.memory_engine import MemoryEngine  # noqa: PLC0415
    from seedbed.node.node import Node  # noqa: PLC0415

    world = World(tmp_path)
    stage, told = Stage(world), list[str]()

    async def rest(_: asyncio.Event, __: float, /) -> None:
        world.pass_time(3_600)

    async def story() -> None:
        with open_state(stage.record, stage.place) as state:
            ask(state, SLOWLY)
            parts = replace(stage.parts(state, MemoryEngine(world.network)), rest=rest)
            await Node(parts).run(asyncio.Event(), lambda what, _: told.append(what))
            assert has_left(state)

    play(story())
    assert told == ["ready", "round", "round"]
