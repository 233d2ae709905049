# SPDX-License-Identifier: Apache-2.0
"""How many copies there are, our own told apart, and when nothing of it is to be believed."""

from __future__ import annotations

import asyncio
import datetime as dt
from typing import TYPE_CHECKING

import pytest

from seedbed.health.scrape.counted import Subject
from seedbed.health.scrape.record import ScrapeRecord
from seedbed.health.scrape.scraper import Scraper
from seedbed.node.choosing.units import Unit
from seedbed.node.trusting.counting import OLDEST, count
from tests.unit.node.stage import World

if TYPE_CHECKING:
    from pathlib import Path

    from seedbed.node.trusting.counting import Counts


@pytest.fixture
def world(tmp_path: Path) -> World:
    """Four datasets."""
    world = World(tmp_path)
    world.publish("a", "b", "c", "d", size=1_000)
    return world


def ask(
    world: World, scraper: Scraper | None = None, *, held: str = "", fetched: str = "", must_be_new: bool = False
) -> Counts:
    """Ask for all four."""
    units = [Unit.whole(release) for release in world.listed.releases]
    held_ids, fetched_ids = ([f"{one}@1" for one in text] for text in (held, fetched))
    asked = count(scraper or scraper_of(world), units, held=held_ids, fetched=fetched_ids, must_be_new=must_be_new)
    return asyncio.run(asked)


def scraper_of(world: World) -> Scraper:
    """One that asks each time."""
    return Scraper(ScrapeRecord(world.folder / "scrapes"), world, world.now, every=dt.timedelta(0))


def test_own_copies_are_told_apart(world: World) -> None:
    """What we announce is in the tracker's count, and is no other copy."""
    world.others |= {"a@1": 3, "b@1": 1, "c@1": 0, "d@1": 7}
    world.leechers |= {"c@1": 2}
    counts = ask(world, held="ab", fetched="c")
    assert counts.others.tolist() == [2, 0, 0, 7]
    assert counts.fetching.tolist() == [0, 0, 1, 0]
    assert counts.own_named == 1
    assert counts.is_trusted


def test_a_tracker_that_does_not_know_us(world: World) -> None:
    """It names one of our two copies: wrong, or behind; nothing is dropped for what it says, and none is below 0."""
    world.others |= {"a@1": 5}
    counts = ask(world, held="ab")
    assert counts.others.tolist() == [4, 0, 0, 0]
    assert counts.own_named == 0.5
    assert not counts.is_trusted


def test_a_silent_tracker(world: World) -> None:
    """Nothing is known, and nothing is dropped."""
    world.is_tracker_up = False
    counts = ask(world, held="ab")
    assert not counts.is_known.any()
    assert not counts.is_trusted


def test_what_is_remembered_is_known_for_a_while(world: World) -> None:
    """For choosing what to fetch, that is; a last look wants an answer of now."""
    world.others |= dict.fromkeys(world.others, 4)
    scraper = scraper_of(world)
    ask(world, scraper)
    world.is_tracker_up = False
    world.pass_time(3_600)
    assert ask(world, scraper).is_known.all()
    assert not ask(world, scraper, must_be_new=True).is_known.any()
    world.pass_time(OLDEST.total_seconds())
    assert not ask(world, scraper).is_known.any()


def test_the_second_of_an_answer_counts_as_new(world: World) -> None:
    """It is answered within the same tick of the clock."""
    assert ask(world, must_be_new=True).is_known.all()


def test_nothing_to_ask(world: World) -> None:
    """Not a fault."""
    world.unlist(*world.others)
    assert ask(world).is_trusted


def test_a_hybrid_is_asked_for_by_both_hashes(world: World) -> None:
    """20 bytes each, v2 cut (BEP 52)."""
    found = Subject.of_release(world.listed.releases[0])
    assert [len(one) for one in found.info_hashes] == [20, 20]
