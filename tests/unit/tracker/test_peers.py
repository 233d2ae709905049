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
        self.known: dict[bytes, tuple[int, bool]] = {}
        """Address -> when it was seen, and whether it is a seed."""
        self.now_s = 0

    @rule(number=st.integers(0, 40), is_seed=st.booleans())
    def put(self, number: int, is_seed: bool) -> None:  # noqa: FBT001  # hypothesis passes it
        """One peer, later each time; one that is there changes its kind, or does not."""
        self.now_s += 1
        one = address(number)
        if one not in self.known:
            self.peers.put(one, is_seed, self.now_s)
            self.known[one] = self.now_s, is_seed
        elif self.known[one][1] != is_seed:
            change = self.peers.make_seed if is_seed else self.peers.make_leecher
            change(self.peers.find(one))
            self.known[one] = self.known[one][0], is_seed

    @rule(number=st.integers(0, 40))
    def remove(self, number: int) -> None:
        """One peer, there or not."""
        one = address(number)
        place = self.peers.find(one)
        assert (place >= 0) is (self.known.pop(one, None) is not None)
        if place >= 0:
            self.peers.remove(place)

    @precondition(lambda self: self.now_s > 3)
    @rule(ago=st.integers(0, 30))
    def expire(self, ago: int) -> None:
        """Whoever was silent."""
        before_s = self.now_s - ago
        gone = [one for one, (seen_s, _) in self.known.items() if seen_s < before_s]
        assert self.peers.expire(before_s) == len(gone)
        for one in gone:
            del self.known[one]

    @rule(wanted=st.integers(1, 60), start=st.integers(0, 1000), of_all=st.booleans(), number=st.integers(0, 60))
    def some(self, wanted: int, start: int, of_all: bool, number: int) -> None:  # noqa: FBT001
        """Each at most once, as many as are wanted or there, and never whoever asks."""
        row = {one for one, (_, is_seed) in self.known.items() if of_all or not is_seed}
        if not row:
            return
        asks = address(number)
        first = 0 if of_all else self.peers.seeds
        given = self.peers.some(first, wanted, start % len(row), self.peers.find(asks))
        each = {given[at : at + 6] for at in range(0, len(given), 6)}
        assert len(each) == len(given) // 6 == min(wanted, len(row - {asks}))
        assert each <= row - {asks}

    @invariant()
    def same(self) -> None:
        """All are found, and no others; seeds stand in front."""
        assert len(self.peers) == len(self.known)
        assert self.peers.seeds == sum(is_seed for _, is_seed in self.known.values())
        for number in range(41):
            one = address(number)
            place = self.peers.find(one)
            assert (place >= 0) == (one in self.known)
            if place >= 0:
                assert (self.peers.seen[place], place < self.peers.seeds) == self.known[one]


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
    """Ten thousand come, many become seeds, and half of them go."""
    peers, chance = Peers(width), random.Random(1)
    all_ = [chance.randbytes(width) for _ in range(10_000)]
    for number, one in enumerate(all_):
        peers.put(one, number % 3 == 0, 1)
    for one in all_[::5]:
        place = peers.find(one)
        if place >= peers.seeds:
            peers.make_seed(place)
    for one in all_[::2]:
        peers.remove(peers.find(one))

    assert len(peers) == 5000
    assert all(peers.find(one) >= 0 for one in all_[1::2])
    assert all(peers.find(one) < 0 for one in all_[::2])
    assert {one for one in all_[1::2] if peers.find(one) < peers.seeds} == {
        one for number, one in enumerate(all_) if number % 2 and (number % 3 == 0 or number % 5 == 0)
    }


def test_who_comes_to_a_swarm_that_has_shrunk_is_found() -> None:
    """Its table is kept until it is small enough to be searched at once, and half of that."""
    peers = Peers(6)
    for number in range(130):
        peers.put(address(number), False, 1)  # noqa: FBT003
    for number in range(30):
        peers.remove(peers.find(address(number)))

    peers.put(address(200), False, 2)  # noqa: FBT003
    assert peers.find(address(200)) == 100
    assert len(peers) == 101


def test_every_peer_is_given_equally_often() -> None:
    """When the first one is chosen by chance."""
    peers, count = Peers(6), 40
    for number in range(count):
        peers.put(address(number), number % 2 == 0, 1)
    times = dict.fromkeys((address(number) for number in range(count)), 0)
    for start in range(count):
        given = peers.some(0, 7, start, -1)
        for at in range(0, len(given), 6):
            times[given[at : at + 6]] += 1

    assert set(times.values()) == {7}
