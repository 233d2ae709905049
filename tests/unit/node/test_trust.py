# SPDX-License-Identifier: Apache-2.0
"""A node and its registry: what it says of itself and when, what it believes, and how liars gain nothing by lying."""

from __future__ import annotations

import asyncio
import itertools
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from seedbed.engine.memory_network import MemoryNetwork
from seedbed.errors import SourceError
from seedbed.health.leases.book import Book, Refused, Table
from seedbed.health.leases.lease import Lease
from seedbed.health.leases.over_http import registries
from seedbed.node.choosing.units import Unit
from seedbed.node.parts import Pace
from seedbed.node.policy.rules import DEFAULT
from seedbed.node.trusting.believing import Belief, space_of_text
from seedbed.node.trusting.identity import Identity
from seedbed.node.trusting.outside import Outside
from seedbed.node.trusting.spotting import DOUBTED
from seedbed.node.trusting.trust import LEAST_APART_S, MISSED_S
from tests.unit.node.stage import Stage, World, play

if TYPE_CHECKING:
    from pathlib import Path

    from seedbed.health.leases.report import Report

BASE = "http://tracker.example.org:6969/"
NETS = iter(range(1, 250))


class Registry:
    """A real one's book, in this process; nodes reach it without a network."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.book = Book(b"k" * 32, lambda: world.passed_s)
        self.identity = Identity.new()
        self.since_s = world.wall_s - 100 * 3_600
        self.posted: list[tuple[float, Lease]] = []
        self.nets: dict[bytes, int] = {}
        self.is_up = True

    def post(self, _base: str, body: bytes, /) -> bytes:
        """See :class:`seedbed.node.trusting.outside.Speaks`."""
        self.check()
        lease = Lease.unsealed(body)
        self.posted.append((self.world.passed_s, lease))
        net = self.nets.setdefault(lease.node, next(NETS))
        node = self.book.take(lease, bytes((11, 1, net, 1)), self.world.wall_s)
        if isinstance(node, Refused):
            raise SourceError(node.why)
        return self.table().answer(lease, self.world.wall_s, is_proved=node.is_proved).sealed(self.identity)

    def health(self, _base: str, /) -> Report:
        """See :class:`seedbed.node.trusting.outside.Speaks`."""
        self.check()
        return self.table().report(self.book.sizes, self.world.wall_s, self.since_s)

    def check(self) -> None:
        """Nobody is there, or somebody."""
        if not self.is_up:
            raise SourceError("nobody is there")

    def table(self) -> Table:
        """Of now."""
        self.book.expire()
        return Table.of(tuple(self.book.nodes.values()))

    def prove(self) -> None:
        """All that have a lease."""
        for node in list(self.book.nodes.values()):
            self.book.judged(node, is_good=True)

    def come(self, *items: str, is_proved: bool = True, **changes: Any) -> None:
        """Another node holds units."""
        units = [Unit.whole(one) for one in self.world.listed.releases if one.id in items]
        lease = Lease(
            Identity.new().public, 1, self.world.wall_s + 6 * 3_600,
            np.array(sorted(one.key for one in units), np.uint64), np.empty(0, np.uint64), 0, 1.0, 6881,
        )  # fmt: skip
        node = self.book.take(replace(lease, **changes), bytes((12, 1, next(NETS), 1)), self.world.wall_s)
        assert not isinstance(node, Refused)
        self.book.judged(node, is_good=is_proved)


@pytest.fixture
def world(tmp_path: Path) -> World:
    """Empty; its engines listen where nodes may."""
    return World(tmp_path, network=MemoryNetwork(_ports=itertools.count(6_881)))


@pytest.fixture
def registry(world: World) -> Registry:
    """That has been listening for long."""
    return Registry(world)


def stage(world: World, registry: Registry, **changes: Any) -> Stage:
    """A node that knows of a registry."""
    return Stage(world, outside=Outside(Identity.new(), registry), **changes)


def publish(world: World, *names: str, **changes: Any) -> None:
    """Datasets whose tracker is a registry."""
    world.publish(*names, **changes)
    for name in names:
        torrent = replace(next(one for one in world.listed.releases if one.dataset == name).torrent)
        world.change(f"{name}@1", torrent=replace(torrent, trackers=(f"{BASE}announce",)))


def keys(world: World, *items: str) -> list[int]:
    """Of units."""
    return sorted(Unit.whole(one).key for one in world.listed.releases if one.id in items)


def test_where_registries_are() -> None:
    """Beside the announce of HTTP trackers, the one of most torrents first."""
    urls = ["udp://t.example.org:1/announce", "https://b.example.org/KEY/announce", "http://a.example.org/announce?x=1"]
    more = ["http://a.example.org/announce", "http://c.example.org/other", "wss://d.example.org/announce", "announce"]
    more += ["", "http:", "https://e.example.org/announce.php"]
    assert registries(urls + more) == ["http://a.example.org/", "https://b.example.org/KEY/"]


def test_a_lease_says_what_is_held_and_what_will_be(world: World, registry: Registry) -> None:
    """The intent comes before the first byte; when it is here, it is said that it is held."""

    async def tale() -> None:
        publish(world, "a")
        fetched: list[list[int]] = []
        one = stage(world, registry)
        one.gift = replace(one.gift, operator="Us", country="IS")
        async with one.running() as node:
            real = world.fetch

            async def fetch(*arguments: Any, **more: Any) -> Any:
                fetched.append(registry.posted[-1][1].fetching.tolist())
                return await real(*arguments, **more)

            object.__setattr__(node.parts, "fetch", fetch)
            await node.round(2)
            lease = registry.posted[-1][1]
        assert fetched == [keys(world, "a@1")]
        assert lease.held.tolist() == keys(world, "a@1")
        assert lease.fetching.tolist() == []
        assert (lease.operator, lease.country, lease.capacity_bytes) == ("Us", "IS", one.gift.storage_bytes)

    play(tale())


def test_a_node_that_stops_ends_its_lease(world: World, registry: Registry) -> None:
    """Nobody waits for its end."""

    async def tale() -> None:
        publish(world, "a")
        async with stage(world, registry).running() as node:
            await node.round(2)
            assert len(registry.book.nodes) == 1
        assert len(registry.book.nodes) == 0
        assert [one.serial for _, one in registry.posted] == sorted({one.serial for _, one in registry.posted})

    play(tale())


def test_copies_are_those_that_were_proved(world: World, registry: Registry) -> None:
    """A tracker names a thousand; two of them have it: the node takes it. Of the other, three were proved."""

    async def tale() -> None:
        publish(world, "lied", "safe")
        world.others |= {"lied@1": 1_000, "safe@1": 3}
        for _ in range(3):
            registry.come("safe@1")
        async with stage(world, registry).running() as node:
            await node.round(3)
            assert node.held == {"lied@1"}
            assert node.parts.state.numbers()["safe@1"][0] == 3

    play(tale())


@pytest.mark.parametrize("trouble", ["down", "new"])
def test_without_a_good_registry_as_before(world: World, registry: Registry, trouble: str) -> None:
    """Nobody answers; or it has just begun: every seed counts."""

    async def tale() -> None:
        publish(world, "a")
        world.others |= {"a@1": 5}
        registry.is_up = trouble != "down"
        if trouble == "new":
            registry.since_s = world.wall_s + 3_000
        async with stage(world, registry).running() as node:
            await node.round()
            assert node.parts.state.numbers()["a@1"][0] == 5
            assert node.claims.belief == Belief()

    play(tale())


def test_nothing_is_dropped_while_a_registry_is_away(world: World, registry: Registry) -> None:
    """Who silences it would have liars believed; it is waited for a week, also by a node that was started anew."""

    async def tale() -> None:
        publish(world, "a")
        one = stage(world, registry)
        async with one.running() as node:
            assert node.rounds._trust.may_drop
            await node.round(2)
            registry.prove()
            await node.round()
            registry.is_up = False
            await node.round()
            assert not node.claims.belief.told
            assert not node.rounds._trust.may_drop
        async with one.running() as node:
            await node.round()
            assert not node.rounds._trust.may_drop
            await node.round(after_s=MISSED_S)
            assert node.rounds._trust.may_drop
            registry.is_up = True
            await node.round()
            assert node.rounds._trust.may_drop

    play(tale())


def test_a_registry_that_reaches_nobody(world: World, registry: Registry) -> None:
    """It is believed until it should have proved us: then every seed counts again."""

    async def tale() -> None:
        publish(world, "a")
        async with stage(world, registry).running() as node:
            await node.round(2)
            world.others |= {"a@1": 5}
            await node.round()
            assert node.parts.state.numbers()["a@1"][0] == pytest.approx(1 + DEFAULT.unproven_at_most)
            await node.round(3)
            assert node.parts.state.numbers()["a@1"][0] == 6

    play(tale())


def test_our_own_copy_is_one(world: World, registry: Registry) -> None:
    """Proved by the registry as others are, and counted once."""

    async def tale() -> None:
        publish(world, "a")
        registry.come("a@1")
        world.others |= {"a@1": 1}
        async with stage(world, registry).running() as node:
            await node.round(2)
            registry.prove()
            await node.round()
            assert node.held == {"a@1"}
            assert node.parts.state.numbers()["a@1"][0] == 2

    play(tale())


def test_leased_fetches_count(world: World, registry: Registry) -> None:
    """Three others have said that they will fetch it: that is enough."""

    async def tale() -> None:
        publish(world, "a")
        for _ in range(3):
            registry.come(fetching=np.array(keys(world, "a@1"), np.uint64))
        async with stage(world, registry).running() as node:
            await node.round(2)
            assert node.held == set()

    play(tale())


def test_what_all_give_decides_how_many_copies_are_wanted(world: World, registry: Registry) -> None:
    """With much room more than three of a small one; it is kept, so that people see the same."""

    async def tale() -> None:
        publish(world, "a")
        for _ in range(4):
            registry.come("a@1", capacity_bytes=10**12)
        world.others |= {"a@1": 4}
        async with stage(world, registry, storage_bytes=10**12).running() as node:
            await node.round(3)
            assert node.claims.belief.space is not None
            kept = space_of_text(node.parts.state.get("space"))
            assert kept
            assert kept.total_bytes == pytest.approx(4 * 10**12)
            assert node.held == {"a@1"}

    play(tale())


def test_a_registry_that_breaks_stops_nothing(world: World, registry: Registry, caplog: Any) -> None:
    """It answers with nonsense."""

    async def tale() -> None:
        publish(world, "a")
        registry.post = lambda *_: b"hello"  # type: ignore[method-assign]
        async with stage(world, registry).running() as node:
            await node.round(2)
            assert node.held == {"a@1"}

    caplog.set_level("INFO")
    play(tale())
    assert "does not have our lease" in caplog.text


def test_a_tracker_without_a_registry_is_left_alone(world: World, registry: Registry) -> None:
    """For a day: it is asked for leases in vain once, and for nothing else."""
    asked: list[str] = []

    def post(base: str, _lease: bytes, /) -> bytes:
        asked.append(base)
        raise SourceError("405", status=405)

    def health(base: str, /) -> Report:
        asked.append(base)
        raise SourceError("404", status=404)

    async def tale() -> None:
        publish(world, "a")
        registry.post, registry.health = post, health  # type: ignore[method-assign]
        async with stage(world, registry).running() as node:
            await node.round(20)
            assert asked == [BASE]
            assert node.held == {"a@1"}
            await node.round(6)
            assert asked == [BASE] * 2

    play(tale())


def test_a_node_that_falls_silent_ends_its_lease(world: World, registry: Registry) -> None:
    """Once, and not in each silent round; with its next words it has one again."""

    async def tale() -> None:
        publish(world, "a")
        async with stage(world, registry).running() as node:
            await node.round(2)
            trust = node.rounds._trust
            await trust.rest()
            count = len(registry.posted)
            assert len(registry.book.nodes) == 0
            await trust.rest()
            assert len(registry.posted) == count
            await node.round()
            assert len(registry.book.nodes) == 1

    play(tale())


def test_changes_are_told_once_a_minute(world: World, registry: Registry) -> None:
    """Not at each of them; whatever changed meanwhile is told after it."""

    async def tale() -> None:
        publish(world, "a", others=9)
        for _ in range(4):
            registry.come("a@1")
        async with stage(world, registry, pace=Pace(round_s=3_600)).running() as node:
            await node.round()
            trust, before = node.rounds._trust, len(registry.posted)
            gate, naps = asyncio.Event(), []

            async def nap(_stop: asyncio.Event, pause_s: float, /) -> None:
                naps.append(pause_s)
                await gate.wait()

            object.__setattr__(node.parts, "nap", nap)
            for _ in range(5):
                await trust.tell()
            await asyncio.sleep(0)
            assert (len(registry.posted), naps) == (before, [LEAST_APART_S])
            later = trust._later
            gate.set()
            assert later
            await later
            assert len(registry.posted) == before + 1
            world.pass_time(LEAST_APART_S)
            await trust.tell()
            assert len(registry.posted) == before + 2

    play(tale())


class Checks:
    """Peers of some units give nothing."""

    def __init__(self, *bad: str) -> None:
        self.bad, self.asked = bad, [""]

    async def __call__(self, unit: Unit, _places: tuple[str, ...], _port: int, /) -> bool | None:
        """See :class:`seedbed.node.trusting.outside.Checks`."""
        self.asked.append(unit.id)
        return None if unit.id.startswith("nobody") else unit.id not in self.bad


def checked(world: World, checks: Checks) -> Stage:
    """A node that knows no registry, and checks by itself."""
    return Stage(world, outside=Outside(checks=checks))


def test_rare_units_are_checked(world: World) -> None:
    """Whose seed gives nothing counts no more, and the node takes it itself; twenty a day at most."""

    async def tale() -> None:
        world.publish("lied", "good", "nobody", others=3)
        checks = Checks("lied@1")
        async with checked(world, checks).running() as node:
            await node.round(3)
            assert set(node.parts.state.waits(DOUBTED)) <= {"lied@1"}
            await node.round(12)
            assert node.held == {"lied@1"}
            hours = 15
        assert 1 < len(checks.asked[1:]) <= 1 + 20 * hours / 24

    play(tale())


def test_a_doubt_that_is_not_confirmed_ends(world: World) -> None:
    """By a check that goes well, or in time."""

    async def tale() -> None:
        world.publish("lied", others=3)
        checks = Checks("lied@1")
        async with checked(world, checks).running() as node:
            node.parts.state.wait("lied@1", DOUBTED)
            checks.bad = ()
            await node.round(2)
            assert not node.parts.state.waits(DOUBTED)
            node.parts.state.wait("gone@1", DOUBTED)
            await node.round(49)
            assert not node.parts.state.waits(DOUBTED)

    play(tale())


def test_what_is_held_or_common_is_not_checked(world: World) -> None:
    """Others have more need of it."""

    async def tale() -> None:
        world.publish("common", others=50)
        world.publish("ours", others=0)
        checks = Checks()
        async with checked(world, checks).running() as node:
            await node.round(2)
            world.others["ours@1"] = 1
            await node.round(5)
        assert checks.asked == [""]

    play(tale())
