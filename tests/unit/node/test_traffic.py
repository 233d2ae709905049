# SPDX-License-Identifier: Apache-2.0
"""A month's traffic (N23): stops at the cap, survives restarts, and no clock gives it anew or blocks it for ever."""

from __future__ import annotations

import asyncio
import datetime as dt
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from seedbed.engine.base import Addition, Finished
from seedbed.engine.libtorrent_engine import LibtorrentEngine
from seedbed.engine.memory_engine import MemoryEngine
from seedbed.engine.memory_network import MemoryNetwork
from seedbed.engine.settings import Settings
from seedbed.node.giving.traffic import Boot, Limited, Meter, Month, Rates, boot, kept
from seedbed.node.state import DAY_S
from seedbed.testing.datasets import make_dataset
from tests.unit.node.stage import Running, Stage, World, hold, play

if TYPE_CHECKING:
    from pathlib import Path

GIVEN = 100_000_000


def day(month: int, day_: int, hour: int = 0, year: int = 2026) -> dt.datetime:
    """A moment on the wall."""
    return dt.datetime(year, month, day_, hour, tzinfo=dt.UTC)


def walk(month: Month, until: dt.datetime, *, hours: int = 6) -> Month:
    """Look again and again, with both clocks right."""
    wall, now_s = dt.datetime.fromtimestamp(month.wall_s, dt.UTC), month.boot_s
    while wall < until:
        wall, now_s = wall + dt.timedelta(hours=hours), now_s + hours * 3_600
        month = month.later(wall, Boot(month.boot_id, now_s))
    return month


def begun(at: dt.datetime, used_bytes: int = 5) -> Month:
    """A month that is known since ``at``."""
    return Month.begin(at, Boot("one", 1_000.0), used_bytes)


def test_months_follow_the_calendar() -> None:
    """Begun in the middle of one; each is given once, on its first day."""
    month = walk(begun(day(11, 20)), day(11, 30, 18))
    assert (month.name, month.used_bytes) == ("2026-11", 5)
    month = walk(month, day(12, 1))
    assert (month.name, month.used_bytes) == ("2026-12", 0)
    names = []
    for number in range(60):
        month = walk(month, day(12, 1) + dt.timedelta(days=number * 7), hours=24)
        names.append(month.name)
    assert list(dict.fromkeys(names)) == [
        f"{year}-{one:02}" for year, one in [(2026, 12), *((2027, one) for one in range(1, 13)), (2028, 1)]
    ]


@pytest.mark.parametrize("jump_days", [12, 40, 3_650, -40, -3_650])
def test_n23_a_jump_of_the_clock_gives_nothing_anew(jump_days: int) -> None:
    """Nor does the next look, nor the jump back; the true end of the month does."""
    month = begun(day(11, 20))
    jumped = day(11, 20) + dt.timedelta(days=jump_days)
    month = month.later(jumped, Boot("one", 1_060.0))
    assert month.used_bytes == 5
    month = walk(month, jumped + dt.timedelta(days=3))
    assert month.used_bytes == 5
    month = month.later(day(11, 23), Boot("one", month.boot_s + 60))
    assert month.used_bytes == 5
    assert walk(month, day(12, 1, 6)).used_bytes == 0


@pytest.mark.parametrize("jump_days", [12, 3_650, -3_650])
def test_n23_a_wrong_clock_blocks_nothing_for_ever(jump_days: int) -> None:
    """It jumped, and nobody sets it right: the traffic comes back within a month of real time."""
    month = begun(day(11, 20)).later(day(11, 20) + dt.timedelta(days=jump_days), Boot("one", 1_060.0))
    later = walk(month, dt.datetime.fromtimestamp(month.wall_s, dt.UTC) + dt.timedelta(days=14))
    assert later.used_bytes == 0


def test_n23_a_machine_without_a_clock() -> None:
    """It begins in January 1970 at each start, and is started each week: five weeks give a month anew."""
    month = begun(day(1, 1, year=1970))
    seen = []
    for number in range(12):
        month = month.later(day(1, 1, year=1970), Boot(f"start {number}", 10.0))
        for hour in range(7 * 24):
            month = month.later(
                day(1, 1, year=1970) + dt.timedelta(hours=hour), Boot(f"start {number}", hour * 3_600.0)
            )
        seen.append(month.used_bytes)
    assert seen[:3] == [5, 5, 5]
    assert seen[5] == 0


def test_a_machine_that_was_off() -> None:
    """Over the end of a month it is given anew; after years the clock is not believed, nor when it went back."""
    month = begun(day(11, 20))
    assert month.later(day(12, 2), Boot("two", 5.0)).used_bytes == 0
    assert month.later(day(11, 27), Boot("two", 5.0)).used_bytes == 5
    assert month.later(day(12, 2, year=2036), Boot("two", 5.0)).used_bytes == 5
    assert month.later(day(1, 2, year=1970), Boot("two", 5.0)).used_bytes == 5


def test_the_machines_own_clock() -> None:
    """It goes on, and has one name all the time."""
    first, second = boot(), boot()
    assert first.id == second.id
    assert second.since_s >= first.since_s > 0


def test_engines_are_counted_to_their_end(tmp_path: Path) -> None:
    """Two that talk to each other; when one is closed its bytes stay counted, and peers' bytes slow down mirrors."""
    data, network, meter = make_dataset(tmp_path / "a", 300_000), MemoryNetwork(), Meter(Rates(0, 1_000_000))

    async def story() -> None:
        async with (
            MemoryEngine(network) as seeder,
            meter.counting(lambda: MemoryEngine(network))() as fetcher,
        ):
            await seeder.add(Addition(data.torrent, data.parent, have_pieces=data.all_pieces))
            with fetcher.events() as events:
                await fetcher.add(Addition(data.torrent, tmp_path / "b", peers=seeder.endpoints))
                async for event in events:
                    if isinstance(event, Finished):
                        break
        assert await meter.read() >= data.metainfo.size_bytes
        assert (meter.sent_bytes, meter.received_bytes) == (0, await meter.read())
        assert meter.throttle._paid_s > meter.throttle.clock()
        meter.throttle.received_bytes += 7
        assert await meter.read() >= data.metainfo.size_bytes + 7

    play(story())


async def use(node: Running, size_bytes: int) -> None:
    """So much came over the line, and the node looks."""
    node.parts.meter.throttle.received_bytes += size_bytes
    await node.rounds.restraint.look()


def stage_with(world: World) -> Stage:
    """A node with a month's traffic."""
    stage = Stage(world)
    stage.gift = replace(stage.gift, monthly_bytes=GIVEN)
    return stage


def test_n23_it_stops_fetching_and_then_serving(tmp_path: Path) -> None:
    """At nine tenths nothing new is fetched; at the cap nothing is served; in the next month all goes on."""
    world = World(tmp_path)

    async def story() -> None:
        async with stage_with(world).running() as node:
            await hold(node, world, "lakes")
            await use(node, 90_000_000)
            world.publish("roads")
            await node.round(2)
            assert node.claimed == {"lakes@1"}
            assert not node.stage_of("roads@1")
            await use(node, 10_000_000)
            assert not node.claimed
            await node.round(9, after_s=DAY_S)
            assert not node.claimed
            await node.round(2, after_s=DAY_S)  # it is the 2nd of December
            assert node.claimed == {"lakes@1", "roads@1"}
            told = [one for one in node.told("") if "traffic" in one or "line" in one]
            assert told == ["traffic-nearly-used-up", "traffic-used-up", "line-free"]

    play(story())


@pytest.mark.parametrize("is_killed", [True, False])
def test_n23_what_was_counted_survives_a_restart(tmp_path: Path, is_killed: bool) -> None:  # noqa: FBT001
    """Also a kill: a minute's traffic is forgotten at most."""
    world = World(tmp_path)

    async def story() -> None:
        stage = stage_with(world)
        async with stage.running() as node:
            await hold(node, world, "lakes")
            await use(node, 50_000_000)
            world.pass_time(61)
            await use(node, 0)
            await use(node, 3_000_000)
        async with stage.running(is_killed=is_killed) as node:
            month = kept(node.parts.state)
            assert month
            assert month.used_bytes >= 50_000_000
            await use(node, GIVEN - month.used_bytes)
            assert not node.claimed
        world.wall_s += 300 * DAY_S
        async with stage.running() as node:
            assert not node.claimed

    play(story())


def test_a_record_that_nobody_understands(tmp_path: Path) -> None:
    """The month is counted anew, from nothing."""
    world = World(tmp_path)

    async def story() -> None:
        async with stage_with(world).running() as node:
            for text in ("{", "[]", '{"name": 5}', '{"x": 1}'):
                node.parts.state.set("traffic", text)
                assert kept(node.parts.state) is None
            await asyncio.sleep(0)

    play(story())


class Slow(MemoryEngine):
    """An engine that can be told rates."""

    def __init__(self, network: MemoryNetwork) -> None:
        super().__init__(network)
        self.told: list[tuple[int, int]] = []

    async def limit(self, *, upload_bytes_per_s: int, download_bytes_per_s: int) -> None:
        """Remember them."""
        self.told.append((upload_bytes_per_s, download_bytes_per_s))


def test_rates_change_while_engines_run() -> None:
    """Each fetch has its share; one that is opened later has the rates of then, and mirrors share the rate at once."""
    meter, network = Meter(Rates(30, 90)), MemoryNetwork()
    served, fetched = Slow(network), [Slow(network), Slow(network)]

    async def story() -> None:
        async with meter.counting(lambda: served)(), meter.counting(lambda: fetched[0], 3)():
            await meter.limit(Rates(0, 2))
            async with meter.counting(lambda: fetched[1], 3)():
                await meter.limit(Rates(0, 2))
        await meter.limit(Rates(5, 5))

    play(story())
    assert served.told == [(30, 90), (0, 2)]
    assert fetched[0].told == [(10, 30), (0, 1)]
    assert fetched[1].told == [(0, 1)]
    assert meter.throttle.rate_bytes_per_s == 5


def test_the_built_in_engine_can_be_told_rates(tmp_path: Path) -> None:
    """It sends no faster than it is told while it runs."""
    assert issubclass(LibtorrentEngine, Limited)
    data = make_dataset(tmp_path / "a", 600_000)

    async def story() -> float:
        async with LibtorrentEngine(Settings.loopback()) as seeder, LibtorrentEngine(Settings.loopback()) as fetcher:
            await seeder.add(Addition(data.torrent, data.parent, have_pieces=data.all_pieces))
            await seeder.limit(upload_bytes_per_s=400_000, download_bytes_per_s=0)
            began_s = time.monotonic()
            with fetcher.events() as events:
                await fetcher.add(Addition(data.torrent, tmp_path / "b", peers=seeder.endpoints))
                async for event in events:
                    if isinstance(event, Finished):
                        break
            return time.monotonic() - began_s

    assert asyncio.run(story()) > 0.8
