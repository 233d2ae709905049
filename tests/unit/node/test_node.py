# SPDX-License-Identifier: Apache-2.0
"""The loop around the rounds: its start, its trouble and its end."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from seedbed.engine.memory_engine import MemoryEngine
from seedbed.errors import BusyError, NoSourceError, StateError
from seedbed.node.disk.beginning import open_state
from seedbed.node.node import Node
from tests.unit.node.stage import Stage, World, play

if TYPE_CHECKING:
    from pathlib import Path

    from seedbed.node.parts import Listed
    from seedbed.node.state import State


class Story:
    """A node that runs as a whole; each rest is a moment for the test."""

    def __init__(self, folder: Path) -> None:
        self.world = World(folder)
        self.stage = Stage(self.world)
        self.told: list[tuple[str, dict[str, Any]]] = []
        self.rests = 0

    async def run(self, rounds: int, at_rest: Any = lambda _: None, **changes: Any) -> State:
        """So many rounds, then an orderly stop."""
        stop = asyncio.Event()

        async def rest(_stop: asyncio.Event, _pause_s: float, /) -> None:
            self.rests += 1
            at_rest(self.rests)
            self.world.pass_time(3_600)
            if self.rests >= rounds:
                stop.set()
            await asyncio.sleep(0)

        state = open_state(self.stage.record, self.stage.place)
        parts = replace(self.stage.parts(state, MemoryEngine(self.world.network)), rest=rest, **changes)
        await Node(parts).run(stop, lambda what, facts: self.told.append((what, facts)))
        return state


@pytest.fixture
def story(tmp_path: Path) -> Story:
    """A node with nothing to do."""
    return Story(tmp_path)


def test_ready_rounds_and_a_clean_end(story: Story) -> None:
    """It tells of each, and remembers that it ended well."""

    async def tale() -> None:
        story.world.publish("lakes", others=9)
        with await story.run(3) as state:
            assert state.get("is_clean") == "yes"

    play(tale())
    assert [what for what, _ in story.told] == ["ready", "round", "round", "round"]
    assert story.told[-1][1] == {"units": 1, "held": 0, "fetching": 0, "leaving": 0}


def test_trouble_ends_a_round_and_not_the_node(story: Story) -> None:
    """N2, N12: the disk is away for two rounds; the node tells of it, and goes on when it is back."""
    given, away = story.stage.folder, story.stage.folder.with_name("away")

    def at_rest(number: int) -> None:
        if number == 1:
            given.rename(away)
        if number == 3:
            away.rename(given)

    async def tale() -> None:
        (await story.run(4, at_rest)).__exit__()

    play(tale())
    assert [what for what, _ in story.told] == ["ready", "round", "trouble", "trouble", "round"]
    assert "mounted" in story.told[2][1]["why"]


def test_no_catalogue_at_all(story: Story) -> None:
    """There is nothing that it could do."""

    def nothing() -> Listed:
        raise NoSourceError("no way leads there")

    async def tale() -> None:
        with pytest.raises(NoSourceError):
            await story.run(1, catalog=nothing)

    play(tale())
    assert not story.told


def test_a_catalogue_that_cannot_be_had_any_more(story: Story) -> None:
    """The one that is known stays."""
    asked = 0

    def sometimes() -> Listed:
        nonlocal asked
        asked += 1
        if asked > 1:
            raise NoSourceError("no way leads there")
        return story.world.listed

    async def tale() -> None:
        story.world.publish("lakes", others=9)
        (await story.run(3, catalog=sometimes)).__exit__()

    play(tale())
    assert [facts["units"] for what, facts in story.told if what == "round"] == [1, 1, 1]


def test_a_start_without_the_disk(story: Story) -> None:
    """N12: it asks, and does nothing."""
    story.stage.folder.rename(story.stage.folder.with_name("away"))

    async def tale() -> None:
        with pytest.raises(StateError, match="mounted"):
            await story.run(1)

    play(tale())


def test_a_second_node_on_one_folder(story: Story) -> None:
    """N13: it is refused, before it asks anybody anything."""

    async def tale() -> None:
        with story.stage.place.held(), pytest.raises(BusyError, match="another node"):
            await story.run(1)

    play(tale())


def test_a_stop_in_the_middle_of_a_round(story: Story) -> None:
    """N26: a sign to stop does not wait for a tracker that takes its time."""
    stop = asyncio.Event()

    async def never(*_: Any) -> Any:
        stop.set()
        await asyncio.Event().wait()

    async def tale() -> None:
        story.world.publish("lakes")
        with open_state(story.stage.record, story.stage.place) as state:
            parts = story.stage.parts(state, MemoryEngine(story.world.network))
            parts.scraper.asks = never
            await Node(parts).run(stop)
            assert state.get("is_clean") == "yes"

    play(tale())


def test_a_fault_of_our_own_is_not_hidden(story: Story) -> None:
    """It ends the node, with its trace, and the next start is an unclean one."""

    def broken() -> Any:
        raise ZeroDivisionError

    async def tale() -> None:
        with open_state(story.stage.record, story.stage.place) as state:
            parts = replace(story.stage.parts(state, MemoryEngine(story.world.network)), gift=broken)
            with pytest.raises(ZeroDivisionError):
                await Node(parts).run(asyncio.Event())
            assert state.get("is_clean") == "no"

    play(tale())
