# SPDX-License-Identifier: Apache-2.0
"""What a node would do, from its view of all units."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from seedbed.node.choosing.deciding import Means, Plan, decide
from seedbed.node.choosing.units import Cutter
from seedbed.node.choosing.view import View
from seedbed.node.giving.gift import Gift
from seedbed.node.policy.rules import DEFAULT
from tests.unit.node.stage import World

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

GIFT = Gift("x", "/x", 10**9)
UNCUT = Cutter(lambda _: None)


@pytest.fixture
def world(tmp_path: Path) -> World:
    """Six small datasets."""
    world = World(tmp_path)
    world.publish("a", "b", "c", "d", "e", "f", size=1_000)
    return world


def view_of(world: World, copies: dict[str, float]) -> View:
    """As if these numbers had stood for a day; the others have enough."""
    known = {one: (copies.get(one[0], 6.0), copies.get(one[0], 6.0), 0.0, 0.0) for one in world.others}
    return View.of(world.listed.releases, UNCUT, GIFT, known)


def plan(view: View, means: Means, *, held: Collection[str] = (), busy: Collection[str] = ()) -> Plan:
    """What it would do; chance is the same each time."""
    return decide(view, held, busy, means, np.random.default_rng(5))


def means(free: float = 10**6, *, may_add: bool = True, may_drop: bool = True) -> Means:
    """Room for all, or as given."""
    return Means(7, free, 10**9, 10**9, may_add=may_add, may_drop=may_drop)


def test_the_rarest_first(world: World) -> None:
    """Those with the fewest copies, and none that is safe, held or fetched."""
    view = view_of(world, {"a": 0, "b": 2, "c": 1, "d": 0})
    found = plan(view, means(), busy=["d@1"])
    assert [add.id for add in found.adds] == ["a@1", "c@1", "b@1"]
    assert not found.drops


def test_no_more_than_there_is_room_for(world: World) -> None:
    """And nothing safe is given up for less than it is worth."""
    found = plan(view_of(world, {"a": 0, "b": 0, "c": 1}), means(2_100))
    assert len(found.adds) == 2
    assert not any(add.room for add in found.adds)


def test_a_lowered_budget_drops_the_safest_first(world: World) -> None:
    """N21: never one that others hold too little of."""
    view = view_of(world, {"a": 30, "b": 20, "c": 12, "d": 4, "e": 3, "f": 1})
    dropped: list[str] = []
    for luck in range(300):
        found = decide(view, list(world.others), [], means(-(10**6)), np.random.default_rng(luck))
        surpluses = [drop.surplus for drop in found.drops]
        assert surpluses == sorted(surpluses, reverse=True)
        assert not found.adds
        dropped += [drop.id for drop in found.drops]
    assert set(dropped) == {"a@1", "b@1", "c@1"}


def test_only_as_much_as_is_needed(world: World) -> None:
    """One unit is enough for one byte."""
    view = view_of(world, dict.fromkeys("abcdef", 3.0) | {"a": 30, "b": 30})
    counts = {
        len(decide(view, list(world.others), [], means(-1), np.random.default_rng(luck)).drops) for luck in range(100)
    }
    assert counts == {0, 1}


def test_nothing_is_added(world: World) -> None:
    """The catalogue is stale."""
    assert plan(view_of(world, {"a": 0}), means(may_add=False)) == Plan()


def test_nothing_is_dropped(world: World) -> None:
    """The tracker is not believed: neither for a budget nor for something rarer."""
    view = view_of(world, {"a": 50, "b": 50, "c": 0})
    for free in (-(10**6), 0):
        for luck in range(30):
            found = decide(view, ["a@1", "b@1"], [], means(free, may_drop=False), np.random.default_rng(luck))
            assert found == Plan()


def test_a_plan_says_why(world: World) -> None:
    """Copies, fetchers and what is lacking, as they were when it was made."""
    view = view_of(world, {"a": 1})
    view.census.fetching[view.numbers["a@1"]] = 1
    (add,) = plan(view, means()).adds
    assert (add.copies, add.fetching) == (1, 1)
    assert add.short == pytest.approx(view.census.targets[0] - 1 - DEFAULT.fetching_counts)


def test_an_empty_catalogue(tmp_path: Path) -> None:
    """Nothing to do, with or without room."""
    view = View.of((), UNCUT, GIFT, {})
    assert plan(view, means()) == plan(view, means(-1)) == Plan()


def test_what_is_not_for_this_node_is_no_unit(world: World) -> None:
    """It is neither fetched nor dropped, and the reason is known."""
    world.change("a@1", status="withdrawn", status_reason="wrong")
    view = view_of(world, {"a": 0})
    assert view.refused["a@1"][0] == "withdrawn-by-catalog"
    assert not plan(view, means(), held=["a@1"]).adds
    assert not plan(view, means(-1), held=["a@1"]).drops
    assert len(view.rows()) == 5
