# SPDX-License-Identifier: Apache-2.0
"""Which copies are believed: those that registries proved; of others few; without any registry all that are named."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
import pytest

from seedbed.catalog.model import Release, TorrentFacts
from seedbed.health.leases.report import Answer, Report
from seedbed.node.choosing.units import Unit
from seedbed.node.policy import lottery
from seedbed.node.policy.rules import DEFAULT
from seedbed.node.trusting.believing import Belief, Told, space_of, space_of_text, space_text
from seedbed.node.trusting.uptime import FORGETS_S, Uptime
from seedbed.testing.releases import NOON

NOW_S, HOUR_S = 1_800_000_000, 3_600
MOST = DEFAULT.unproven_at_most
NONE = np.empty(0, np.uint64)


def release(name: str) -> Release:
    """A version; its info-hash follows from its name."""
    torrent = TorrentFacts(name, 16_384, hashlib.sha1(name.encode(), usedforsecurity=False).hexdigest(), "")
    return Release(name, "1", name, "", "CC0-1.0", torrent, 100, 1, NOON, NOON, NOON, NOON)


UNITS = [Unit.whole(release(name)) for name in ("a", "b", "c")]
PART = Unit("big@1#2", release("big"), 10, 2, range(5, 9))


def counts(**named: tuple[int, ...]) -> dict[str, Any]:
    """Of units, in their order."""
    names = ("holders", "proved", "independent", "fetching", "countries")
    return {name: np.array(named.get(name, (0,) * 3), np.uint16) for name in names}


def report(units: list[Unit], **changes: Any) -> Report:
    """What a registry tells of units; columns are sorted as the units' keys are."""
    order = np.argsort(np.array([one.key for one in units], np.uint64))
    columns = {name: changes.pop(name, (0,) * len(units)) for name in counts()}
    values: dict[str, Any] = {name: np.array(one, np.uint16)[order] for name, one in columns.items()}
    values |= {"at_s": NOW_S, "since_s": NOW_S - 10 * HOUR_S, "nodes": 5, "proved_nodes": 3}
    values |= {"units": np.array([one.key for one in units], np.uint64)[order]}
    values |= {"sizes_bytes": NONE, "online_bytes": NONE}
    return Report(**(values | changes))


def told(units: list[Unit] = UNITS, **changes: Any) -> Told:
    """By a registry that has no lease of ours."""
    return Told(report(units, **changes), NONE, NONE)


def floats(*numbers: float) -> Any:
    """Of units."""
    return np.array(numbers, np.float32)


def believed(belief: Belief, seeds: Any, leechers: Any = None, units: list[Unit] = UNITS) -> Any:
    """What follows."""
    return belief.of(units, seeds, leechers if leechers is not None else floats(*[0] * len(units)))


def test_without_a_registry_everybody_counts() -> None:
    """As before there was one."""
    found = believed(Belief(), floats(4, 0, 1), floats(2, 0, 0))
    assert found.copies.tolist() == [4, 0, 1]
    assert found.fetching.tolist() == [2, 0, 0]
    assert found.unproved.tolist() == [4, 0, 1]


def test_but_not_those_who_failed_a_check() -> None:
    """A thousand liars are one copy at most."""
    found = believed(Belief(doubted=frozenset({"a@1"})), floats(1_000, 2, 0))
    assert found.copies.tolist() == pytest.approx([MOST, 2, 0])


def test_proved_copies_count_and_others_little() -> None:
    """Three tenths of each, and all of them together no more than one."""
    belief = Belief((told(proved=(2, 0, 3), independent=(2, 0, 2)),))
    found = believed(belief, floats(3, 40, 3))
    assert found.copies.tolist() == pytest.approx([2.3, MOST, 2])
    assert found.unproved.tolist() == [1, 40, 0]


def test_no_more_are_proved_than_are_there() -> None:
    """A lease may outlast its node; trackers know sooner."""
    belief = Belief((told(proved=(3, 0, 0), independent=(3, 0, 0)),))
    assert believed(belief, floats(1, 0, 0)).copies.tolist() == [1, 0, 0]


def test_of_a_unit_without_leases_the_seeds_are_unproved() -> None:
    """A registry that knows nothing of it says something by that."""
    belief = Belief((told(UNITS[:1], proved=(1,), independent=(1,)),))
    assert believed(belief, floats(1, 2, 0)).copies.tolist() == pytest.approx([1, 0.6, 0])


def test_fetchers_are_the_larger_number() -> None:
    """Who announces a fetch by its lease is not in the swarm yet."""
    belief = Belief((told(fetching=(2, 1, 0)),))
    assert believed(belief, floats(0, 0, 0), floats(1, 3, 0)).fetching.tolist() == [2, 3, 0]


def test_our_own_lease_is_taken_out() -> None:
    """Of what we hold, as the registry reckoned it without us; of what we fetch, ourselves."""
    held = np.array([UNITS[0].key], np.uint64)
    answer = Answer(NOW_S, 1, is_proved=True, proved=np.array([2]), independent=np.array([2]))
    data = report(UNITS, proved=(3, 1, 0), independent=(2, 1, 0), holders=(3, 1, 0), fetching=(0, 2, 0))
    belief = Belief((Told(data, held, np.array([UNITS[1].key], np.uint64), answer),))
    found = believed(belief, floats(2, 1, 0))
    assert found.copies.tolist() == [2, 1, 0]
    assert found.fetching.tolist() == [0, 1, 0]


def test_parts_are_counted_by_leases() -> None:
    """Trackers tell of whole copies only: those who said so and were not proved are beside them."""
    belief = Belief((told([PART], holders=(5,), proved=(2,), independent=(2,), fetching=(1,)),))
    found = believed(belief, floats(0), units=[PART])
    assert found.copies.tolist() == pytest.approx([2 + MOST])
    assert found.fetching.tolist() == [1]
    assert believed(belief, floats(1), units=[PART]).copies.tolist() == pytest.approx([2 + MOST])


def test_several_registries() -> None:
    """Nodes may be told of at one and not at another."""
    belief = Belief((told(proved=(1, 0, 0), independent=(1, 0, 0)), told(proved=(0, 2, 0), independent=(0, 2, 0))))
    assert believed(belief, floats(2, 2, 0)).copies.tolist() == pytest.approx([1.3, 2, 0])


@pytest.mark.parametrize(
    ("changes", "is_good"),
    [
        ({}, True),
        ({"since_s": NOW_S - HOUR_S}, False),
        ({"at_s": NOW_S - 3 * HOUR_S}, False),
        ({"at_s": NOW_S + 3 * HOUR_S}, False),
        ({"proved_nodes": 0}, True),
    ],
)
def test_which_registries_are_good(changes: dict[str, Any], is_good: bool) -> None:  # noqa: FBT001
    """One that has just begun, stands still, or reaches no node, is no collapse of the network."""
    assert told(**changes).is_good(NOW_S, HOUR_S) == is_good


def test_a_blind_registry() -> None:
    """It has had time to prove us, and has proved nobody: it reaches no node."""
    for proved, waited_h, is_good in ((0, 1, True), (0, 3, False), (1, 3, True)):
        one = Told(report(UNITS, proved_nodes=proved), NONE, NONE, None, waited_h * HOUR_S)
        assert one.is_good(NOW_S, HOUR_S) == is_good


def test_space() -> None:
    """Of each size of node, all that are as large or larger."""
    sizes, online = np.array([10, 20], np.uint64), np.array([5, 30], np.uint64)
    space = space_of(report(UNITS, sizes_bytes=sizes, online_bytes=online))
    assert space.total_bytes == 35
    assert space.able_bytes(np.array([1, 10, 15, 20])).tolist() == [35, 35, 30, 30]
    assert Belief((told(), told(sizes_bytes=sizes, online_bytes=online))).space is not None
    assert Belief((told(),)).space is None
    assert Belief().space is None


def test_space_is_remembered() -> None:
    """For people who look; what is damaged is nothing."""
    kept = space_of_text(space_text(lottery.Space(np.array([1.0, 2.0]), np.array([9.0, 5.0]))))
    assert kept
    assert (kept.budgets_bytes.tolist(), kept.online_bytes.tolist()) == ([1, 2], [9, 5])
    assert space_text(None) == ""


@pytest.mark.parametrize("text", ["", "x", "3", "[]", "[1, 2]", "[[1], []]", "[[], []]", "[[1], [-1]]", '[["a"], [1]]'])
def test_space_of_nonsense(text: str) -> None:
    """A record that was damaged is one of nothing."""
    assert space_of_text(text) is None


def test_uptime() -> None:
    """A newcomer's is guessed; then it is what was measured, of the last month."""
    assert Uptime().share == pytest.approx(0.75)
    assert Uptime().after(86_400.0).share == pytest.approx(0.875)
    months = Uptime()
    for _ in range(100):
        months = months.after(43_200.0, 43_200.0)
    assert months.share == pytest.approx(0.5, abs=0.01)
    assert months.life_s <= FORGETS_S
    assert Uptime.read(str(months)).share == pytest.approx(months.share)


@pytest.mark.parametrize("text", ["", "x", "[1]", "[2, 1]", "[-1, 5]", '["a", 1]', "[1, 1e12]", "[NaN, NaN]", "null"])
def test_uptime_of_nonsense(text: str) -> None:
    """A record that was damaged is one of nothing."""
    assert Uptime.read(text) == Uptime()
