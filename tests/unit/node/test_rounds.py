# SPDX-License-Identifier: Apache-2.0
"""A node round by round, in a world of its own: whole stories without a sleep."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from tests.unit.node.stage import DAY_S, Stage, World, hold, play

if TYPE_CHECKING:
    from pathlib import Path

YEARS_S = 10 * 365 * DAY_S


@pytest.fixture
def world(tmp_path: Path) -> World:
    """An empty one."""
    return World(tmp_path)


def test_a_unit_is_chosen_fetched_proved_and_claimed(world: World) -> None:
    """In two rounds: the first one chooses and fetches, and what came is claimed at once."""
    world.publish("lakes", "roads")

    async def story() -> None:
        async with Stage(world).running() as node:
            await node.round()
            assert node.claimed == node.held == {"lakes@1", "roads@1"}
            assert node.told("lakes@1") == ["chosen", "held"]
            assert all(map(node.stage.has_all, node.held))

    play(story())


def test_what_others_took_meanwhile_is_passed_over(world: World) -> None:
    """Between the plan and the second look three others announce themselves."""
    world.publish("lakes")
    stage = Stage(world)

    async def story() -> None:
        async with stage.running() as node:
            seen = 0

            async def tracker(url: str, hashes: Any, way: str) -> Any:
                nonlocal seen
                seen += 1
                world.others["lakes@1"] = 0 if seen == 1 else 3
                return await World.__call__(world, url, hashes, way)

            node.parts.scraper.asks = tracker
            await node.round()
            assert not node.parts.state.units()
            assert seen == 2

    play(story())


def test_those_who_fetched_already_are_not_subtracted_twice(world: World) -> None:
    """One fetches it and two more copies are wanted: at the second look nothing is new, and it is taken."""
    world.publish("lakes")
    world.leechers["lakes@1"] = 1

    async def story() -> None:
        async with Stage(world).running() as node:
            await node.round()
            assert node.claimed == {"lakes@1"}

    play(story())


def test_given_up_looked_at_again_and_deleted(world: World) -> None:
    """N21: a lowered budget drops the safest; it is deleted when others are seen to hold it."""
    stage = Stage(world)

    async def story() -> None:
        async with stage.running() as node:
            await hold(node, world, "lakes", "roads")
            world.others |= {"lakes@1": 9, "roads@1": 3}
            stage.gift = replace(stage.gift, storage_bytes=150_000)
            while node.stage_of("lakes@1") == "held":
                await node.round()
            assert node.stage_of("roads@1") == "held", "the safest first"
            assert "lakes@1" not in node.claimed
            assert node.stage.has_all("lakes@1"), "still there until the last look"

            await node.round(2)
            assert node.stage_of("lakes@1") == ""
            assert node.told("lakes@1")[-2:] == ["leaving", "deleted"]
            assert not node.stage.has_all("lakes@1")
            assert not stage.place.trash.refs(), "its room is wanted back"
            assert node.held == {"roads@1"}

    play(story())


def test_kept_after_all_when_others_have_gone(world: World) -> None:
    """The last look sees two: it is claimed again, and no byte was deleted."""
    stage = Stage(world)

    async def story() -> None:
        async with stage.running() as node:
            await hold(node, world, "lakes")
            world.others["lakes@1"] = 9
            stage.gift = replace(stage.gift, storage_bytes=10_000)
            while node.stage_of("lakes@1") == "held":
                await node.round()
            world.others["lakes@1"] = 2
            await node.round(2)
            assert node.claimed == {"lakes@1"}
            assert "kept" in node.told("lakes@1")

    play(story())


@pytest.mark.parametrize("others", [0, 2])
def test_never_below_the_floor(world: World, others: int) -> None:
    """N21: a budget of nothing drops nothing that too few others hold."""
    stage = Stage(world)

    async def story() -> None:
        async with stage.running() as node:
            await hold(node, world, "lakes")
            world.others["lakes@1"] = others
            stage.gift = replace(stage.gift, storage_bytes=10_000)
            await node.round(30)
            assert node.claimed == {"lakes@1"}

    play(story())


def test_a_remembered_answer_is_no_last_look(world: World) -> None:
    """The tracker falls silent after a unit was given up: what it said before deletes nothing."""
    stage = Stage(world)

    async def story() -> None:
        async with stage.running() as node:
            await hold(node, world, "lakes")
            world.others["lakes@1"] = 9
            stage.gift = replace(stage.gift, storage_bytes=10_000)
            while node.stage_of("lakes@1") == "held":
                await node.round()
            world.is_tracker_up = False
            await node.round(3)
            assert node.claimed == {"lakes@1"}

    play(story())


def test_a_tracker_that_does_not_know_us_is_not_believed(world: World) -> None:
    """It says that nine others hold it, and does not name our own copy: nothing is given up."""
    stage = Stage(world)

    async def story() -> None:
        async with stage.running() as node:
            await hold(node, world, "lakes")
            world.knows_us = False
            world.others["lakes@1"] = 0
            stage.gift = replace(stage.gift, storage_bytes=10_000)
            await node.round(20)
            assert node.claimed == {"lakes@1"}

    play(story())


def test_a_tenth_a_day(world: World) -> None:
    """Ten units, all safe, and no budget: one goes at once, and no more than about one a day after it."""
    stage = Stage(world)
    names = [f"set-{number}" for number in range(10)]

    async def story() -> None:
        async with stage.running() as node:
            world.publish(*names)
            await node.round(5)
            assert len(node.held) == 10
            world.others = dict.fromkeys(world.others, 20)
            stage.gift = replace(stage.gift, storage_bytes=10_000)
            await node.round(24)
            assert 8 <= len(node.held) <= 9
            await node.round(48)
            assert 5 <= len(node.held) <= 8

    play(story())


def test_the_share_of_a_day_outlives_a_restart_and_a_clock(world: World) -> None:
    """N16: neither a restart nor ten years on the wall clock give a second share."""
    stage = Stage(world)

    async def story() -> None:
        async with stage.running() as node:
            world.publish(*(f"set-{number}" for number in range(10)))
            await node.round(5)
            world.others = dict.fromkeys(world.others, 20)
            stage.gift = replace(stage.gift, storage_bytes=10_000)
            while len(node.held) == 10:
                await node.round()
        for jump_s in (YEARS_S, -2 * YEARS_S, YEARS_S):
            world.wall_s += jump_s
            async with stage.running() as node:
                await node.round(after_s=60)
                assert len(node.held) == 9

    play(story())


@pytest.mark.parametrize("jump_s", [YEARS_S, -YEARS_S])
def test_a_clock_that_jumps_deletes_nothing(world: World, jump_s: int) -> None:
    """N16: what waits goes on waiting, what is held is claimed, and nothing is proved in a storm."""
    stage = Stage(world)

    async def story() -> None:
        async with stage.running() as node:
            await hold(node, world, "lakes", "roads", "rivers")
            world.change("roads@1", status="withdrawn")
            world.others["lakes@1"] = 9
            node.parts.state.wish("lakes@1", "evict")
            await node.round(after_s=1)
            world.wall_s += jump_s
            await node.round(after_s=1)
            assert node.stage_of("lakes@1") == "leaving"
            assert node.claimed == {"rivers@1"}
            await node.round(after_s=3_000)
            assert node.told("lakes@1")[-1] == "deleted"
            assert [str(ref) for ref in stage.place.trash.refs()] == ["lakes@1"]
            assert node.held == {"roads@1", "rivers@1"}
            await node.round(25)
            assert not stage.place.trash.refs(), "a day of work later"

    play(story())


def test_paused(world: World) -> None:
    """Nothing is fetched, nothing dropped, and what is held is served."""
    stage = Stage(world)

    async def story() -> None:
        async with stage.running() as node:
            await hold(node, world, "lakes")
            world.publish("roads")
            world.others["lakes@1"] = 20
            stage.gift = replace(stage.gift, is_paused=True, storage_bytes=10_000)
            await node.round(5)
            assert node.claimed == node.held == {"lakes@1"}

    play(story())


def test_a_stale_catalogue_adds_and_drops_nothing(world: World) -> None:
    """What is held is served on."""
    stage = Stage(world)

    async def story() -> None:
        async with stage.running() as node:
            await hold(node, world, "lakes")
            world.publish("roads")
            world.others["lakes@1"] = 20
            world.listed = replace(world.listed, may_add=False, may_drop=False)
            stage.gift = replace(stage.gift, storage_bytes=10_000)
            await node.round(5)
            assert node.claimed == node.held == {"lakes@1"}

    play(story())
