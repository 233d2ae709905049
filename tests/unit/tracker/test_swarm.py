# SPDX-License-Identifier: Apache-2.0
"""Announce, scrape, expire: what a tracker knows and tells."""

from __future__ import annotations

import random
import sys

import pytest

from seedbed.tracker.swarm import Answer, Count, Event, Limits, Swarms

HASH, OTHER = b"h" * 20, b"o" * 20


def v4(number: int, port: int = 6881) -> bytes:
    """Addresses in networks of their own."""
    return bytes((11 + (number >> 16), number >> 8 & 255, number & 255, 1)) + port.to_bytes(2, "big")


def v6(number: int) -> bytes:
    """An IPv6 peer."""
    return b"\x20\x01" + number.to_bytes(14, "big") + b"\x1a\xe1"


def swarms(**limits: int) -> Swarms:
    """With chance that can be repeated."""
    return Swarms(Limits(**limits), random.Random(1).randrange)


def come(
    tracker: Swarms, address: bytes, *, seed: bool = False, event: int = Event.STARTED, wanted: int = -1, now_s: int = 0
) -> Answer:
    """An announce."""
    return tracker.announce(HASH, address, is_seed=seed, event=event, wanted=wanted, now_s=now_s)


def given(answer: Answer, width: int = 6) -> set[bytes]:
    """The peers in it, each once."""
    each = [answer.peers[at : at + width] for at in range(0, len(answer.peers), width)]
    assert len(set(each)) == len(each)
    return set(each)


def test_leechers_are_told_of_all_and_seeds_of_leechers() -> None:
    """And nobody of itself."""
    tracker = swarms()
    for number in range(3):
        come(tracker, v4(number), seed=True)
        come(tracker, v4(10 + number))

    leecher, seed = come(tracker, v4(10)), come(tracker, v4(0), seed=True)

    assert given(leecher) == {v4(0), v4(1), v4(2), v4(11), v4(12)}
    assert given(seed) == {v4(10), v4(11), v4(12)}
    assert (seed.seeds, seed.leechers) == (3, 3)


def test_families_stand_apart_and_are_counted_together() -> None:
    """IPv6 peers are told to IPv6 peers (BEP 7)."""
    tracker = swarms()
    come(tracker, v4(1), seed=True)
    come(tracker, v6(1), seed=True)
    come(tracker, v6(2))

    answer = come(tracker, v6(3))

    assert given(answer, 18) == {v6(1), v6(2)}
    assert (answer.seeds, answer.leechers) == (2, 2)
    assert tracker.scrape(HASH) == Count(2, 0, 2)


def test_one_address_has_many_ports() -> None:
    """A peer is address and port."""
    tracker = swarms()
    come(tracker, v4(1, 7000))
    assert given(come(tracker, v4(1, 7001))) == {v4(1, 7000)}


def test_completed_is_counted_for_leechers_that_we_knew() -> None:
    """Once each; whoever comes as a seed completed somewhere else."""
    tracker = swarms()
    come(tracker, v4(1))
    come(tracker, v4(1), seed=True, event=Event.COMPLETED)
    come(tracker, v4(1), seed=True, event=Event.COMPLETED)
    come(tracker, v4(2), seed=True, event=Event.COMPLETED)

    assert tracker.scrape(HASH) == Count(2, 1, 0)
    assert tracker.peers == 2


def test_stopped_peers_are_forgotten_and_told_nothing() -> None:
    """Also by a swarm that never was."""
    tracker = swarms()
    come(tracker, v4(1))
    come(tracker, v4(2))

    answer = come(tracker, v4(1), event=Event.STOPPED)

    assert answer == Answer(0, 1, b"")
    assert come(tracker, v4(9), event=Event.STOPPED).leechers == 1
    assert tracker.peers == 1
    assert tracker.announce(OTHER, v4(1), is_seed=False, event=Event.STOPPED, wanted=5, now_s=0) == Answer(0, 0, b"")
    assert len(tracker) == 1


@pytest.mark.parametrize(("wanted", "expected"), [(0, 0), (1, 1), (30, 30), (80, 80), (81, 80), (-1, 80), (2**31, 80)])
def test_as_many_as_are_wanted_up_to_the_limit(wanted: int, expected: int) -> None:
    """K9: a negative number means whatever we give."""
    tracker = swarms()
    for number in range(200):
        come(tracker, v4(number), seed=number % 4 == 0)

    assert len(given(come(tracker, v4(1), wanted=wanted))) == expected


def test_the_choice_is_fair() -> None:
    """Each peer is given about as often as every other."""
    tracker = swarms()
    for number in range(100):
        come(tracker, v4(number), seed=number < 50)
    times = dict.fromkeys((v4(number) for number in range(100)), 0)
    for _ in range(4_000):
        for one in given(come(tracker, v4(0, 9), wanted=10, event=Event.NONE)) - {v4(0, 9)}:
            times[one] += 1

    assert 250 < min(times.values()) <= max(times.values()) < 550


def test_silent_peers_are_forgotten() -> None:
    """By their lease; an empty swarm that nobody completed takes no room."""
    tracker = swarms(lease_s=100)
    come(tracker, v4(1), now_s=0)
    come(tracker, v4(2), seed=True, now_s=60)

    assert tracker.expire([HASH, OTHER], now_s=120) == 1
    assert tracker.scrape(HASH) == Count(1, 0, 0)
    assert tracker.expire([HASH], now_s=161) == 1
    assert (len(tracker), tracker.peers) == (0, 0)


def test_counts_outlive_peers_and_restarts() -> None:
    """The number of completions is kept."""
    tracker = swarms(lease_s=100)
    tracker.restore({HASH: 7})
    come(tracker, v4(1))
    tracker.expire([HASH], now_s=200)

    assert tracker.scrape(HASH) == Count(0, 7, 0)


def test_k8_one_network_does_not_crowd_a_swarm() -> None:
    """A million peers of one network are capped; others are served, and those that are there stay."""
    tracker = swarms(crowded=100, max_of_network=10)
    for number in range(100):
        come(tracker, v4(number))
    for port in range(1024, 11_024):
        come(tracker, bytes((9, 9, 9, 9)) + port.to_bytes(2, "big"))

    assert tracker.scrape(HASH).leechers == 110
    assert come(tracker, v4(5000)).leechers == 111
    assert come(tracker, v4(5), event=Event.NONE).leechers == 111
    assert len(given(come(tracker, bytes((9, 9, 9, 9, 99, 99))))) == 80  # not kept, and served all the same


@pytest.mark.parametrize("limits", [{"max_peers": 50}, {"max_in_swarm": 50}])
def test_memory_has_a_ceiling(limits: dict[str, int]) -> None:
    """Nobody who is there is put out; whoever goes makes room."""
    tracker = swarms(**limits)
    for number in range(80):
        come(tracker, v4(number))

    assert tracker.peers == 50
    come(tracker, v4(0), seed=True)
    assert tracker.scrape(HASH) == Count(1, 0, 49)
    come(tracker, v4(1), event=Event.STOPPED)
    assert come(tracker, v4(99)).leechers == 49


def test_a_dropped_swarm_is_gone() -> None:
    """Its peers are no longer counted."""
    tracker = swarms()
    come(tracker, v4(1))
    tracker.drop(HASH)
    tracker.drop(OTHER)

    assert (len(tracker), tracker.peers) == (0, 0)


@pytest.mark.slow
def test_a_peer_costs_little_memory() -> None:
    """Bytes of the swarms' own objects, with 50 peers in each."""
    tracker = swarms()
    for number in range(20_000):
        info_hash = (number // 50).to_bytes(20, "big")
        tracker.announce(info_hash, v4(number), is_seed=number % 3 == 0, event=0, wanted=0, now_s=0)
    total = 0
    for _, swarm in tracker.each():
        family = swarm.v4
        total += sys.getsizeof(family) + sys.getsizeof(family.addresses) + sys.getsizeof(family.seen)
        total += sys.getsizeof(swarm) + 120

    assert total / 20_000 < 60
