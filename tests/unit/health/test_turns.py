# SPDX-License-Identifier: Apache-2.0
"""Which node is probed when, and where: newcomers first, one of a network, and never anybody else's address."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from seedbed.health.leases.book import Node
from seedbed.health.probes import turns
from seedbed.health.probes.turns import Turns
from tests.unit.health.test_book import World

if TYPE_CHECKING:
    from collections.abc import Coroutine


class Prober:
    """Notes who was asked, and answers as it is told."""

    def __init__(self) -> None:
        self.asked: list[tuple[bytes, int, int]] = []
        self.verdict: bool | None = True
        self.waits: asyncio.Event | None = None

    async def __call__(self, ip: bytes, port: int, unit: int, /) -> bool | None:
        """Noted."""
        self.asked.append((ip, port, unit))
        if self.waits:
            await self.waits.wait()
        return self.verdict


class Room:
    """A registry that proves its nodes."""

    def __init__(self) -> None:
        self.world, self.prober = World(), Prober()
        self.turns = Turns(self.world.book, self.prober, lambda: 0.5)

    async def turn(self, after_s: float = 0.0) -> list[int]:
        """Some time later all that is due is done; the last numbers of the addresses that were asked."""
        self.world.passed_s += after_s
        before = len(self.prober.asked)
        self.turns.begin()
        for _ in range(3):
            await asyncio.sleep(0)
        return [ip[3] for ip, *_ in self.prober.asked[before:]]

    def come(self, name: str, net: int, held: tuple[int, ...] = (1,), *, until_s: int = 0) -> Node:
        """A node's lease comes; its address ends with the number of its network."""
        lasts = {"until_s": until_s or self.world.now_s + 6 * 3_600}
        node = self.world.take(self.world.lease(name, held, **lasts), bytes((11, 1, net, net)))
        assert isinstance(node, Node)
        return node


def play(story: Coroutine[None, None, None]) -> None:
    """Run a story."""
    asyncio.run(story)


def test_a_newcomer_is_proved_where_its_lease_came_from() -> None:
    """At the port that it told."""

    async def story() -> None:
        room = Room()
        node = room.come("a", 1)
        await room.turn()
        assert room.prober.asked == [(bytes((11, 1, 1, 1)), 6881, 1)]
        assert node.is_proved

    play(story())


def test_a_proved_node_is_probed_again_now_and_then() -> None:
    """And one that fails then is unproved at once."""

    async def story() -> None:
        room = Room()
        node = room.come("a", 1)
        assert [len(await room.turn(after_s)) for after_s in (0, 60, turns.AGAIN_S - 61)] == [1, 0, 0]
        room.prober.verdict = False
        assert len(await room.turn(2)) == 1
        assert not node.is_proved

    play(story())


def test_a_node_that_failed_rests() -> None:
    """Longer each time."""

    async def story() -> None:
        room = Room()
        room.prober.verdict = False
        room.come("a", 1)
        pauses = (0, turns.REST_S - 1, 1, turns.REST_S, turns.REST_S)
        assert [len(await room.turn(after_s)) for after_s in pauses] == [1, 0, 1, 0, 1]

    play(story())


def test_newcomers_first() -> None:
    """Whoever has been waiting for a second probe waits longer."""

    async def story() -> None:
        room = Room()
        room.come("a", 1)
        await room.turn()
        room.world.passed_s += turns.AGAIN_S * 1.2
        for number in range(2, 2 + turns.AT_ONCE):
            room.come(f"n{number}", number)
        assert await room.turn() == list(range(2, 2 + turns.AT_ONCE))
        assert await room.turn() == [1]

    play(story())


def test_one_node_of_a_network_at_a_time() -> None:
    """However many come from there, others have their turn."""

    async def story() -> None:
        room = Room()
        room.prober.waits = asyncio.Event()
        for name in "abc":
            room.come(name, 1)
        room.come("d", 2)
        assert await room.turn() == [1, 2]
        assert await room.turn() == []
        room.prober.waits.set()
        assert await room.turn() + await room.turn() == [1]
        assert len(room.prober.asked) == 3

    play(story())


def test_without_the_torrent_nothing_is_said() -> None:
    """Neither good nor bad; it is tried again after a rest."""

    async def story() -> None:
        room = Room()
        room.prober.verdict = None
        node = room.come("a", 1)
        assert [len(await room.turn(after_s)) for after_s in (0, 1, turns.REST_S)] == [1, 0, 1]
        assert (node.is_proved, node.failures) == (False, 0)

    play(story())


def test_who_holds_nothing_has_nothing_to_prove() -> None:
    """Until it holds something."""

    async def story() -> None:
        room = Room()
        room.come("a", 1, ())
        assert await room.turn() == []
        room.come("a", 1, (4,))
        assert await room.turn() == [1]

    play(story())


def test_the_rarest_of_some_is_asked_for() -> None:
    """A lie about it would cost most."""

    async def story() -> None:
        room = Room()
        numbers = iter([0.0, 0.3, 0.6, 0.9] * 3)
        room.turns.chance = lambda: next(numbers, 0.0)
        room.come("a", 1, (10, 11, 12, 13))
        room.come("b", 2, (10, 11, 13))
        await room.turn()
        assert room.prober.asked[0][2] == 12

    play(story())


def test_a_probe_that_breaks(caplog: pytest.LogCaptureFixture) -> None:
    """It is noted without an address, and others have their turn."""

    async def story() -> None:
        room = Room()

        async def breaks(*_: object) -> bool:
            raise ZeroDivisionError

        room.turns.proves = breaks
        room.come("a", 1)
        await room.turn()
        assert "a node was not probed" in caplog.text
        assert "11.1.1" not in caplog.text
        assert len(room.turns._busy) == 0

    play(story())


def test_it_works_until_it_is_cancelled() -> None:
    """And leaves nothing behind."""

    async def story() -> None:
        room = Room()
        room.prober.waits = asyncio.Event()
        room.come("a", 1)
        task = asyncio.create_task(room.turns.work())
        while not room.prober.asked:  # noqa: ASYNC110  # one turn of the loop
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert len(asyncio.all_tasks()) == 1

    play(story())
