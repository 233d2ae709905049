# SPDX-License-Identifier: Apache-2.0
"""Hours of the day: windows as people write them, and a node that is silent outside of them."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import json
from dataclasses import replace
from typing import TYPE_CHECKING, NoReturn
from zoneinfo import ZoneInfo

import pytest

from seedbed.engine.memory_engine import MemoryEngine
from seedbed.errors import InputError, StateError
from seedbed.node.disk.beginning import open_state
from seedbed.node.giving.hours import is_open, read_windows
from seedbed.node.giving.restraint import Restraint
from seedbed.node.node import Node
from tests.unit.node.stage import DAY_S, Stage, World, hold, play

if TYPE_CHECKING:
    from pathlib import Path

TORONTO = ZoneInfo("America/Toronto")
NIGHT = ("22-06",)


@pytest.mark.parametrize(
    ("windows", "moment", "expected"),
    [
        ((), "12:00", True),
        (("22-06",), "22:00", True),
        (("22-06",), "05:59", True),
        (("22-06",), "06:00", False),
        (("22-06",), "21:59", False),
        (("22:30-6:15",), "06:14", True),
        (("22:30-6:15",), "22:29", False),
        (("12-14", "22-06"), "13:00", True),
        (("12-14", "22-06"), "14:00", False),
        (("00-24",), "23:59", True),
        (("20-24",), "23:59", True),
        (("20-24",), "00:00", False),
        (("24-02",), "01:00", True),
        (("20-00",), "23:59", True),
        (("20-00",), "00:00", False),
    ],
)
def test_a_moment_and_windows(windows: tuple[str, ...], moment: str, expected: bool) -> None:  # noqa: FBT001
    """Half open, over midnight where they end before they start."""
    at = dt.datetime.combine(dt.date(2026, 11, 21), dt.time.fromisoformat(moment))
    assert is_open(read_windows(windows), at) is expected


@pytest.mark.parametrize(
    "text", ["22", "22-", "-6", "25-6", "22-24:01", "22:60-6", "9-9", "0-0", "24-0", "22\u201306", "2-3-4", "", "٢-٣"]
)
def test_what_is_no_window(text: str) -> None:
    """The person is shown how one looks."""
    with pytest.raises(InputError, match="hours") as caught:
        read_windows([text])
    assert "22-06" in caught.value.hint


def test_always_is_alone() -> None:
    """It is the whole day, and makes no sense beside a window."""
    assert read_windows(["Always"]) == ()
    with pytest.raises(InputError, match="alone"):
        read_windows(["always", "22-06"])


@pytest.mark.parametrize(
    ("first", "hours", "expected"),
    [
        # summer time ends: 01:30 comes twice, and both are in the window
        (dt.datetime(2026, 11, 1, 0, 30, tzinfo=TORONTO), ("01-02",), [False, True, True, False]),
        # summer time begins: 02:30 never comes, and 01-02:30 ends at 03:00
        (dt.datetime(2026, 3, 8, 0, 30, tzinfo=TORONTO), ("01-02:30",), [False, True, False, False]),
        (dt.datetime(2026, 3, 8, 0, 30, tzinfo=TORONTO), ("02-03",), [False, False, False, False]),
    ],
)
def test_the_days_on_which_clocks_change(first: dt.datetime, hours: tuple[str, ...], expected: list[bool]) -> None:
    """Hour by hour of real time, what the wall shows decides."""
    moments = [dt.datetime.fromtimestamp(first.timestamp() + 3_600 * hour, TORONTO) for hour in range(4)]
    assert [is_open(hours, moment) for moment in moments] == expected


def stage_at(world: World, hour: int, hours: tuple[str, ...] = NIGHT) -> Stage:
    """A node with hours, on a day at an hour (UTC on the wall)."""
    world.wall_s = int(dt.datetime(2026, 11, 21, hour, tzinfo=dt.UTC).timestamp())
    stage = Stage(world)
    stage.gift = replace(stage.gift, hours=hours)
    return stage


def test_silent_by_day(tmp_path: Path) -> None:
    """It fetches and serves by night; at six it says nothing any more, and at ten at night all again."""
    world = World(tmp_path)

    async def story() -> None:
        async with stage_at(world, 22).running() as node:
            await hold(node, world, "lakes")
            world.publish("roads")
            await node.round(after_s=7 * 3_600)
            assert (node.claimed, node.held) == (set(), {"lakes@1"})
            assert json.loads(node.parts.state.get("line"))["reason"] == "hours-closed"
            assert not node.stage_of("roads@1")
            assert world.seeds("lakes@1") == 0
            await node.round(3, after_s=5 * 3_600)  # until 22:00
            assert node.claimed == {"lakes@1", "roads@1"}
            assert [one for one in node.told("") if one in {"hours-closed", "line-free"}] == [
                "hours-closed",
                "line-free",
            ]

    play(story())


def test_started_by_day(tmp_path: Path) -> None:
    """What was held before is not announced for a moment, and what is in doubt is proved in silence."""
    world = World(tmp_path)

    async def story() -> None:
        async with stage_at(world, 22).running(is_killed=True) as node:
            await hold(node, world, "lakes")
        async with stage_at(world, 12).running() as node:
            assert not node.claimed
            await node.round()
            assert (node.claimed, node.held) == (set(), {"lakes@1"})
            assert node.parts.state.units()["lakes@1"].verified_s
            world.pass_time(10 * 3_600)
            await node.rounds.restraint.look()
            assert node.claimed == {"lakes@1"}
            assert node.rounds.restraint.opened.is_set()

    play(story())


def test_hours_end_in_the_middle_of_a_fetch(tmp_path: Path) -> None:
    """It is ended then, not at the next round; what came stays, and it is gone on with when hours begin."""
    world = World(tmp_path)
    world.publish("lakes")

    async def story() -> None:
        async with stage_at(world, 22).running() as node:
            begun, usual = asyncio.Event(), world.fetch

            async def endless(*_: object, **__: object) -> NoReturn:
                begun.set()
                await asyncio.Event().wait()
                raise AssertionError

            fetches = node.rounds._fetches
            fetches.parts = replace(node.parts, fetch=endless)
            await node.rounds.once()
            await begun.wait()
            world.pass_time(9 * 3_600)
            await node.rounds.restraint.look()
            assert not fetches.ids
            assert node.stage_of("lakes@1") == "fetching"
            await node.round()
            assert not fetches.ids
            fetches.parts = replace(node.parts, fetch=usual)
            await node.round(after_s=14 * 3_600)
            assert node.claimed == {"lakes@1"}

    play(story())


@pytest.mark.parametrize("jump_s", [12 * 3_600, -12 * 3_600, 3_650 * DAY_S + 12 * 3_600, -7 * 3_600])
def test_n16_the_clock_jumps_into_the_day_and_back(tmp_path: Path, jump_s: int) -> None:
    """What the wall shows now decides: nothing is remembered that could keep the node silent, or wake it."""
    world = World(tmp_path)

    async def story() -> None:
        async with stage_at(world, 23).running() as node:
            await hold(node, world, "lakes")
            world.wall_s += jump_s
            await node.rounds.restraint.look()
            assert not node.claimed
            world.wall_s -= jump_s
            await node.rounds.restraint.look()
            assert node.claimed == {"lakes@1"}

    play(story())


def test_the_person_changes_hours_while_it_runs(tmp_path: Path) -> None:
    """From the next look on; a node that is told so speaks at once."""
    world = World(tmp_path)

    async def story() -> None:
        stage = stage_at(world, 12, ())
        async with stage.running() as node:
            await hold(node, world, "lakes")
            stage.gift = replace(stage.gift, hours=NIGHT)
            node.rounds.restraint.opened.clear()
            await node.rounds.restraint.look()
            assert not node.claimed
            assert node.rounds.restraint.opened.is_set(), "a round is due that takes leases back"
            stage.gift = replace(stage.gift, hours=())
            await node.rounds.restraint.look()
            assert node.claimed == {"lakes@1"}

    play(story())


def test_the_watch_looks_beside_the_rounds_and_calls_one(tmp_path: Path) -> None:
    """A whole node, whose rounds would rest for ever: hours that begin end the rest."""
    world = World(tmp_path)
    stage, stop = stage_at(world, 21), asyncio.Event()
    told: list[str] = []
    first = asyncio.Event()

    def tell(what: str, _: object) -> None:
        told.append(what)
        if what == "round":
            first.set()

    async def rest(stop: asyncio.Event, _: float, /) -> None:
        if told.count("round") == 2:
            stop.set()
        await stop.wait()

    async def nap(_: asyncio.Event, __: float, /) -> None:
        await first.wait()
        world.wall_s = int(dt.datetime(2026, 11, 21, 22, tzinfo=dt.UTC).timestamp())
        await asyncio.sleep(0)

    async def story() -> None:
        with open_state(stage.record, stage.place) as state:
            parts = replace(stage.parts(state, MemoryEngine(world.network)), rest=rest, nap=nap)
            await Node(parts).run(stop, tell)
            assert state.events(limit=1)[0].what == "line-free"

    play(story())
    assert told == ["ready", "round", "round"]


def test_a_gift_that_cannot_be_read_is_told_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A person edits it; what was allowed stays so, and the log is not filled."""
    world, naps = World(tmp_path), 0

    async def nap(_: asyncio.Event, __: float, /) -> None:
        nonlocal naps
        naps += 1
        if naps > 5:
            raise asyncio.CancelledError
        await asyncio.sleep(0)

    def broken() -> NoReturn:
        raise StateError("gift.json: it cannot be read")

    async def story() -> None:
        async with stage_at(world, 22).running() as node:
            await hold(node, world, "lakes")
            restraint = Restraint(replace(node.parts, nap=nap, gift=broken), node.claims, node.rounds._fetches)
            with contextlib.suppress(asyncio.CancelledError):
                await restraint.watch()
            assert node.claimed == {"lakes@1"}

    play(story())
    assert caplog.text.count("cannot be looked at") == 1
