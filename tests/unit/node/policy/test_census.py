# SPDX-License-Identifier: Apache-2.0
"""How many copies there are, how many are wanted, and what is lacking."""

from __future__ import annotations

import numpy as np
import pytest

from seedbed.node.policy import targets
from seedbed.node.policy.census import Census, independent, shortage
from seedbed.node.policy.rules import Rules

GB = 10**9


def census(*wanted: float) -> Census:
    """Units of a gigabyte."""
    count = len(wanted)
    return Census.of(np.arange(count, dtype=np.uint64), np.full(count, GB), np.array(wanted, np.float32))


def test_copies_follow_size_and_small_units_get_more() -> None:
    """A byte gets ten; ten terabytes get what there is room for."""
    sizes = np.array([10**13, 16 * GB, GB, 10**8, 10**3])
    assert targets.targets(sizes, 4).tolist() == [4, 4, 5, 6, 10]


@pytest.mark.parametrize(("room", "copies"), [(5.3, 4.75), (0, 3), (1, 3), (1000, 6)])
def test_no_more_copies_are_wanted_than_the_network_has_room_for(room: float, copies: int) -> None:
    """Between three and six of a large unit; three when nobody knows."""
    sizes = np.full(100, 10**13)
    assert set(targets.affordable(sizes, room * float(sizes.sum())).tolist()) == {copies}


def test_where_all_are_small_the_extra_copies_are_what_there_is_room_for() -> None:
    """They would cost nothing among large ones, and all there is here."""
    sizes = np.full(100, 10**6)
    assert set(targets.affordable(sizes, 6 * float(sizes.sum())).tolist()) == {5.25}
    assert set(targets.affordable(sizes, 1.5 * float(sizes.sum())).tolist()) == {3}


def test_a_nights_absence_is_no_need_and_a_lasting_one_is() -> None:
    """The mean of the day forgets slowly."""
    known = census(4)
    for _ in range(100):
        known.observe(np.array([4]), np.array([0]), 1)
    assert known.observe(np.array([3]), np.array([0]), 1)[0] < 0.5
    for _ in range(24):
        short = known.observe(np.array([3]), np.array([0]), 1)
    assert short[0] > 0.5
    assert 0 < known.needed_h[0] < 24


def test_with_one_copy_left_nobody_waits_for_the_mean() -> None:
    """Only now counts."""
    known = census(4)
    for _ in range(100):
        known.observe(np.array([4]), np.array([0]), 1)
    assert known.observe(np.array([1]), np.array([0]), 1)[0] == 3


def test_who_has_announced_that_it_fetches_counts_as_a_copy() -> None:
    """Most of them finish; those that do not are seen to be gone."""
    wanted, copies, mean, fetching = (np.array([value], np.float32) for value in (4, 2, 2, 2))
    assert shortage(wanted, copies, mean, fetching)[0] == 0


def test_a_need_that_is_met_is_young_again() -> None:
    """Its age begins anew with the next one."""
    known = census(2)
    known.observe(np.array([0]), np.array([0]), 6)
    assert known.needed_h[0] == 6
    known.observe(np.array([2]), np.array([0]), 6)
    assert known.needed_h[0] == 0


def test_a_thousand_invented_seeds_count_for_less_than_a_copy() -> None:
    """And two of them for little more than half."""
    counted = independent(np.array([1, 1, 1]), np.array([0, 2, 1000]), Rules())
    assert counted.tolist() == pytest.approx([1, 1.6, 1.9])
