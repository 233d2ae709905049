# SPDX-License-Identifier: Apache-2.0
"""What a node takes up and gives up: never the last copies, whatever the numbers are."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from seedbed.node.policy import dropping
from seedbed.node.policy.census import Census
from seedbed.node.policy.planning import Own, Step, plan

GB = 10**9


def census(copies: list[float], wanted: list[float], sizes: list[int] | None = None) -> Census:
    """Units whose copies have been the same for a day."""
    keys = np.arange(len(copies), dtype=np.uint64)
    known = Census.of(keys, np.array(sizes or [GB] * len(copies)), np.array(wanted, np.float32))
    known.copies, known.mean = np.array(copies, np.float32), np.array(copies, np.float32)
    return known


def own(known: Census, held: list[int], free: float, plan_bytes: float = 1e15) -> Own:
    """A node that holds some units; all of them are ready to go that may go."""
    units = np.array(held, np.int64)
    over, can_go = dropping.ready(known, units, np.zeros(len(units)))
    return Own(free, plan_bytes, dropping.Room(units[can_go], over[can_go], known.sizes_bytes[units[can_go]]))


def steps(known: Census, units: list[int], mine: Own) -> list[Step]:
    """What is planned, with lots in the order of the units."""
    return plan(known, np.array(units, np.int64), np.linspace(0, 0.9, len(units)), mine)


def test_the_rarest_come_first_and_equals_by_lot() -> None:
    """Nodes with other lots take them in another order."""
    known = census([3, 1, 0, 1], [4, 4, 4, 4])
    assert [step.unit for step in steps(known, [0, 3, 1, 2], own(known, [], 100 * GB))] == [2, 3, 1, 0]


def test_a_need_that_others_took_up_meanwhile_is_passed_over() -> None:
    """The second look."""
    known = census([2, 2], [4, 4])
    known.fetching = np.array([0, 2], np.float32)
    assert [step.unit for step in steps(known, [0, 1], own(known, [], 100 * GB))] == [0]


def test_no_more_is_planned_than_can_be_fetched_in_time_but_always_something() -> None:
    """A large unit alone may take longer than a day."""
    known = census([0, 0, 0], [4, 4, 4], [GB, 5 * GB, GB])
    assert [step.unit for step in steps(known, [0, 1, 2], own(known, [], 100 * GB, 2 * GB))] == [0, 2]
    assert [step.unit for step in steps(known, [1], own(known, [], 100 * GB, GB))] == [1]
    assert not steps(known, [0, 1, 2], own(known, [], 100 * GB, 0))


def test_a_full_node_swaps_what_is_safest_and_only_for_a_gain() -> None:
    """A smaller gain is not worth the bytes."""
    known = census([1, 9, 7, 4, 3.9], [4, 4, 4, 4, 4])
    assert steps(known, [0], own(known, [1, 2, 3], 0)) == [Step(0, (1,))]
    assert not steps(known, [0], own(known, [3], 0))
    assert not steps(known, [4], own(known, [2], 0))


def test_what_is_given_up_is_given_up_once() -> None:
    """Room is made for one unit after the other."""
    known = census([1, 1, 9, 8], [4, 4, 4, 4])
    assert steps(known, [0, 1], own(known, [2, 3], 0)) == [Step(0, (2,)), Step(1, (3,))]
    assert steps(known, [0, 1], own(known, [2], 0)) == [Step(0, (2,))]


def test_holders_of_one_unit_do_not_all_give_it_up() -> None:
    """Each throws its own dice."""
    known = census([14], [4])
    _, ready = dropping.ready(known, np.zeros(10_000, np.int64), np.random.default_rng(1).random(10_000))
    assert 0.07 < ready.mean() < 0.12  # a surplus of nine: one in eleven


@given(
    st.lists(
        st.tuples(st.floats(0, 20, width=32), st.floats(0, 20, width=32), st.integers(2, 12), st.booleans()),
        min_size=1, max_size=30,
    ),
    st.floats(-1e12, 1e12),
)  # fmt: skip
def test_whatever_the_numbers_are_enough_copies_are_left(
    units: list[tuple[float, float, int, bool]], free: float
) -> None:
    """The promise: never below three, or the target, for others."""
    known = census([copies for copies, *_ in units], [float(wanted) for _, _, wanted, _ in units])
    known.mean = np.array([mean for _, mean, _, _ in units], np.float32)
    held = [number for number, one in enumerate(units) if one[3]]
    found = steps(known, [number for number in range(len(units)) if number not in held], own(known, held, free))
    given_up = [unit for step in found for unit in step.room]
    assert len(given_up) == len(set(given_up))
    for unit in given_up:
        assert unit in held
        assert known.copies[unit] - 1 >= max(3, known.targets[unit])
    for step in found:
        assert known.targets[step.unit] - known.copies[step.unit] > 0.5
