# SPDX-License-Identifier: Apache-2.0
"""Who answers a need."""

from __future__ import annotations

import numpy as np
import pytest

from seedbed.node.policy import lottery
from seedbed.node.policy.rules import Rules

GB = 10**9
UNITS = np.array([lottery.key_of(str(number).encode()) for number in range(2_000)], np.uint64)
NODES = np.array([lottery.key_of(b"node %d" % number) for number in range(500)], np.uint64)


def test_a_lot_is_always_the_same_and_is_a_part_of_one() -> None:
    """So the same nodes answer each time."""
    drawn = lottery.lots(UNITS, int(NODES[0]))
    assert (drawn == lottery.lots(UNITS, int(NODES[0]))).all()
    assert (drawn >= 0).all()
    assert (drawn < 1).all()


def test_lots_are_even_and_nodes_and_units_are_unlike() -> None:
    """Over a million lots."""
    table = lottery.lots(UNITS[:, None], NODES[None, :])
    assert table.mean() == pytest.approx(0.5, abs=0.01)
    counts, _ = np.histogram(table, 20, (0, 1))
    assert counts.min() > 0.97 * table.size / 20
    assert abs(np.corrcoef(table[:, 0], table[:, 1])[0, 1]) < 0.1
    assert (table[:, 0] == lottery.lots(UNITS, int(NODES[0]))).all()


def test_as_many_nodes_answer_as_copies_are_lacking_times_the_factor() -> None:
    """Two copies, factor ten: twenty nodes."""
    space = lottery.Space.of(np.full(500, 1000.0 * GB), np.full(500, 0.9))
    short, age_h = np.full(2_000, 2.0), np.zeros(2_000)
    pulls = lottery.pull(short, age_h, space.able_bytes(np.full(2_000, GB)), Rules(factor=10))
    answers = lottery.answers(lottery.lots(UNITS[:, None], NODES[None, :]), pulls[:, None], 900.0 * GB)
    assert answers.sum(axis=1).mean() == pytest.approx(20, rel=0.05)


def test_a_need_that_lasts_brings_in_more_nodes_and_the_first_ones_stay() -> None:
    """It doubles every six hours."""
    able = np.full(2_000, 450e12)
    young = lottery.pull(np.ones(2_000), np.zeros(2_000), able)
    old = lottery.pull(np.ones(2_000), np.full(2_000, 12.0), able)
    drawn = lottery.lots(UNITS, int(NODES[0]))
    first, later = lottery.answers(drawn, young, 1e12), lottery.answers(drawn, old, 1e12)
    assert later.sum() > 2 * first.sum()
    assert not (first & ~later).any()


def test_a_large_unit_calls_the_nodes_that_could_hold_it() -> None:
    """Small nodes do not count for it."""
    space = lottery.Space.of(np.array([100.0, 1000.0, 10_000.0]), np.ones(3))
    assert space.able_bytes(np.array([50, 500, 5_000, 50_000])).tolist() == [11_100, 11_000, 10_000, 10_000]
    assert space.total_bytes == 11_100


def test_nobody_tells_of_any_space() -> None:
    """Then there is none."""
    nothing = lottery.Space.of(np.empty(0), np.empty(0))
    assert nothing.total_bytes == 0
    assert nothing.able_bytes(np.array([1, 2])).tolist() == [0, 0]
