# SPDX-License-Identifier: Apache-2.0
"""Peers in one piece of memory behave as a dictionary would, small swarms and large ones."""

from __future__ import annotations

import random

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from seedbed.tracker import peers as peers_module
from seedbed.tracker.peers import Peers


def address(number: int, width: int = 6) -> bytes:
    """Of the Nth peer; many look like the middle of two others."""
    return (number % 3).to_bytes(width - 2, "big") + number.to_bytes(2, "big")


class LikeADictionary(RuleBasedStateMachine):
    """Compared with a dictionary after every step."""

    def __init__(self) -> None:
        super().__init__()
        self.peers = Peers(6)
        self.known: dict[bytes, int] = {}
        self.now_s = 0

    @rule(number=st.integers(0, 40))
    def put(self, number: int) -> None:
        """One peer, later each time."""
        self.now_s += 1
        one = address(number)
        assert self.peers.put(one, self.now_s) is (one not in self.known)
        self.known[one] = self.now_s

    @rule(number=st.integers(0, 40))
    def remove(self, number: int) -> None:
        """One peer, there or not."""
        one = address(number)
        assert self.peers.remove(one) is (self.known.pop(one, None) is not None)

    @precondition(lambda self: self.now_s > 3)
    @rule(ago=st.integers(0, 30))
    def expire(self, ago: int) -> None:
        """Whoever was silent."""
        before_s = self.now_s - ago
        gone = [one for one, seen_s in self.known.items() if seen_s < before_s]
        assert self.peers.expire(before_s) == len(gone)
        for one in gone:
            del self.known[one]

    @rule(wanted=st.integers(0, 60), start=st.integers(0, 1000))
    def some(self, wanted: int, start: int) -> None:
        """Each at most once, as many as are wanted or there."""
        if not self.known:
            return
        given = self.peers.some(wanted, start % len(self.known))
        each = {given[at : at + 6] for at in range(0, len(given), 6)}
        assert len(each) == len(given) // 6 == min(wanted, len(self.known))
        assert each <= self.known.keys()

    @invariant()
    def same(self) -> None:
        """All are found, and no others."""
        assert len(self.peers) == len(self.known)
        for number in range(41):
            place = self.peers.find(address(number))
            assert (place >= 0) == (address(number) in self.known)
            if place >= 0:
                assert self.peers.seen[place] == self.known[address(number)]


class LikeADictionaryWithATable(LikeADictionary):
    """The same when the table is used from the fifth peer on."""

    def __init__(self) -> None:
        super().__init__()
        self._before = peers_module.SEARCHED
        peers_module.SEARCHED = 4

    def teardown(self) -> None:
        """As it was."""
        peers_module.SEARCHED = self._before


TestSmall = LikeADictionary.TestCase
TestLarge = LikeADictionaryWithATable.TestCase
TestSmall.settings = TestLarge.settings = settings(max_examples=60, stateful_step_count=60, deadline=None)


@pytest.mark.parametrize("width", [6, 18])
def test_a_large_swarm(width: int) -> None:
    """Ten thousand come and half of them go."""
    peers, chance = Peers(width), random.Random(1)
    all_ = [chance.randbytes(width) for _ in range(10_000)]
    for one in all_:
        assert peers.put(one, 1)
    for one in all_[::2]:
        assert peers.remove(one)

    assert len(peers) == 5000
    assert all(peers.find(one) >= 0 for one in all_[1::2])
    assert all(peers.find(one) < 0 for one in all_[::2])


def test_who_comes_to_a_swarm_that_has_shrunk_is_found() -> None:
    """Its table is kept until it is small enough to be searched at once, and half of that."""
    peers = Peers(6)
    for number in range(130):
        peers.put(address(number), 1)
    for number in range(30):
        peers.remove(address(number))

    assert peers.put(address(200), 2)
    assert peers.find(address(200)) == 100
    assert not peers.put(address(200), 3)


def test_every_peer_is_given_equally_often() -> None:
    """When the first one is chosen by chance."""
    peers, count = Peers(6), 40
    for number in range(count):
        peers.put(address(number), 1)
    times = dict.fromkeys((address(number) for number in range(count)), 0)
    for start in range(count):
        given = peers.some(7, start)
        for at in range(0, len(given), 6):
            times[given[at : at + 6]] += 1

    assert set(times.values()) == {7}
