# SPDX-License-Identifier: Apache-2.0
"""Trackers are asked gently; what they said is remembered; those that fail are left alone for longer each time."""

from __future__ import annotations

import asyncio
import datetime as dt
from typing import TYPE_CHECKING

import pytest

from seedbed.errors import StateError
from seedbed.health.scrape import patience
from seedbed.health.scrape.counted import DHT, Asked, Numbers, Subject, Unanswered
from seedbed.health.scrape.record import ScrapeRecord
from seedbed.health.scrape.scraper import Scraper

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from seedbed.health.scrape.counted import Kind, Report

V1, V2, OTHER = b"1" * 20, b"2" * 20, b"3" * 20
ONE, TWO = "udp://one.example:1/announce", "http://two.example/announce?key=secret"
LAKES = Subject("lakes@1", (V1, V2), (ONE, TWO))
RIVERS = Subject("rivers@1", (OTHER,), (ONE,))


class World:
    """A clock, trackers that answer as told, and a record."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.now = dt.datetime(2026, 11, 21, 12, tzinfo=dt.UTC)
        self.says: dict[str, dict[bytes, Numbers] | Unanswered] = {}
        self.asked: list[tuple[str, tuple[bytes, ...]]] = []
        self.dht: dict[bytes, Numbers] | None = None
        self.way = ""
        """How all trackers like to be asked."""

    async def ask(self, announce: str, info_hashes: Sequence[bytes], way: str, /) -> Asked:
        """Any tracker."""
        self.asked.append((announce, tuple(info_hashes)))
        said = self.says.get(announce, {})
        if isinstance(said, Unanswered):
            raise said
        return Asked({one: said[one] for one in info_hashes if one in said}, info_hashes, self.way or way)

    async def look_up(self, info_hash: bytes, /) -> Numbers:
        """The table."""
        if not self.dht:
            raise Unanswered("timeout", "nobody answers")
        self.asked.append((DHT, (info_hash,)))
        return self.dht[info_hash]

    def scrape(self, *subjects: Subject) -> Report:
        """One run of the program."""
        self.asked.clear()
        with ScrapeRecord(self.path) as record:
            looks = None if self.dht is None else self.look_up
            return asyncio.run(Scraper(record, self.ask, lambda: self.now, looks).scrape(subjects))

    def later(self, **time: float) -> None:
        """Let time pass."""
        self.now += dt.timedelta(**time)


@pytest.fixture
def world(tmp_path: Path) -> World:
    """Two trackers."""
    world = World(tmp_path / "x" / "scrapes.sqlite")
    world.says = {ONE: {V1: Numbers(3, 1, 9), V2: Numbers(5, 0), OTHER: Numbers(0, 0)}, TWO: {V1: Numbers(9, 9)}}
    return world


def test_each_tracker_is_asked_once_for_all_and_the_larger_swarm_counts(world: World) -> None:
    """Both hashes of a hybrid are asked for; the source that tells most comes first; keys are not shown."""
    report = world.scrape(LAKES, RIVERS)

    assert sorted(world.asked) == [(TWO, (V1, V2)), (ONE, (V1, V2, OTHER))]
    told = [(one.source, one.numbers, one.at) for one in report.counted["lakes@1"]]
    assert told == [
        ("http://two.example/announce", Numbers(9, 9), world.now), (ONE, Numbers(5, 0), world.now)
    ]  # fmt: skip
    assert [one.numbers for one in report.counted["rivers@1"]] == [Numbers(0, 0)]
    assert report.troubles == ()
    assert b"secret" not in world.path.read_bytes()


def test_nobody_is_asked_twice_in_half_an_hour(world: World) -> None:
    """What was said is told again, with its time; what is new is asked for."""
    began = world.now
    world.scrape(LAKES)
    world.later(minutes=29)

    report = world.scrape(LAKES, RIVERS)

    assert world.asked == [(ONE, (OTHER,))]
    assert {one.at for one in report.counted["lakes@1"]} == {began}
    world.later(minutes=1)
    world.scrape(LAKES, RIVERS)
    assert sorted(world.asked) == [(TWO, (V1, V2)), (ONE, (V1, V2))]


def test_who_answers_with_everything_is_asked_less_often(world: World) -> None:
    """Once it is known."""
    world.way = "all"
    world.scrape(LAKES)
    world.later(hours=2)
    world.scrape(LAKES)
    assert world.asked == []
    world.later(hours=1)
    world.scrape(LAKES)

    assert len(world.asked) == 2


def test_a_clock_that_was_set_back_keeps_nobody_waiting(world: World) -> None:
    """An answer from the future is asked for anew."""
    world.scrape(LAKES)
    world.later(days=-400)

    world.scrape(LAKES)

    assert len(world.asked) == 2


def test_a_tracker_that_fails_is_left_alone_for_longer_each_time(world: World) -> None:
    """The others go on; when it is well again all is forgotten."""
    world.says[ONE] = Unanswered("timeout", "no answer in time")
    rests = []
    for _ in range(4):
        (trouble,) = world.scrape(LAKES).troubles
        rests.append((trouble.until - world.now) / patience.EVERY)
        world.later(minutes=1)
        assert world.scrape(LAKES).troubles[0].until == trouble.until
        assert ONE not in dict(world.asked)
        world.now = trouble.until
    world.says[ONE] = {V1: Numbers(1, 1)}
    assert world.scrape(LAKES).troubles == ()
    world.later(hours=1)
    world.says[ONE] = Unanswered("timeout", "no answer in time")

    assert rests == [2, 4, 8, 16]
    assert (world.scrape(LAKES).troubles[0].until - world.now) / patience.EVERY == 2


@pytest.mark.parametrize(
    ("kind", "errors", "rest"),
    [
        ("failure", 1, dt.timedelta(minutes=30)),
        ("timeout", 1, dt.timedelta(hours=1)),
        ("connection", 1, dt.timedelta(hours=2, minutes=30)),
        ("dns", 1, dt.timedelta(hours=5)),
        ("dns", 3, dt.timedelta(hours=20)),
        ("dns", 9, dt.timedelta(days=30)),
        ("timeout", 10_000, dt.timedelta(days=30)),
        ("no-scrape", 1, dt.timedelta(days=30)),
    ],
)
def test_rests(kind: Kind, errors: int, rest: dt.timedelta) -> None:
    """Names that are gone rest longest, and nobody for more than thirty days."""
    assert patience.rest(kind, errors) == rest


def test_words_about_a_torrent_are_no_failure_of_the_tracker(world: World) -> None:
    """It is asked for another one at once, and for this one in half an hour."""
    world.says[ONE] = Unanswered("failure", "not listed")
    (trouble,) = world.scrape(LAKES).troubles
    world.says[ONE] = {OTHER: Numbers(1, 1)}

    report = world.scrape(LAKES, RIVERS)

    assert (trouble.text, trouble.until - world.now) == ("not listed", patience.EVERY)
    assert world.asked == [(ONE, (OTHER,))]
    assert report.counted["rivers@1"][0].numbers == Numbers(1, 1)


def test_the_table_is_asked_too(world: World) -> None:
    """Its numbers are an estimate; where nobody knows of seeds, addresses are counted."""
    world.dht = {V1: Numbers(None, None, seen=4), V2: Numbers(1, 1, seen=2), OTHER: Numbers(0, 0, seen=0)}

    report = world.scrape(LAKES)
    world.later(minutes=5)
    again = world.scrape(LAKES)

    (dht,) = [one for one in report.counted["lakes@1"] if one.is_estimate]
    assert dht.numbers == Numbers(None, None, seen=4)
    assert again.counted == report.counted
    assert world.asked == []


def test_a_table_that_is_silent_is_told(world: World) -> None:
    """And the trackers' numbers are told all the same."""
    world.dht = {}

    report = world.scrape(RIVERS)

    assert [one.source for one in report.troubles] == [DHT]
    assert report.counted["rivers@1"][0].source == ONE


def test_a_damaged_record_is_told(tmp_path: Path) -> None:
    """With its path."""
    (tmp_path / "s.sqlite").write_bytes(b"not a database, and long enough to be seen as none" * 30)

    with pytest.raises(StateError, match=r"s\.sqlite"):
        ScrapeRecord(tmp_path / "s.sqlite")
