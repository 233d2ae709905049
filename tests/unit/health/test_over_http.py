# SPDX-License-Identifier: Apache-2.0
"""How a tracker likes to be asked is found out, with few questions, and remembered."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from seedbed.health.scrape import over_http
from seedbed.health.scrape.counted import Asked, Numbers
from seedbed.health.scrape.over_http import OverHttp
from seedbed.tracker import http_wire
from seedbed.tracker.swarm import Count

if TYPE_CHECKING:
    from collections.abc import Sequence

HASHES = [bytes([number]) * 20 for number in range(1, 31)]


class FakeTracker:
    """A tracker with one seed for each listed hash, and its own idea of a scrape."""

    def __init__(self, listed: Sequence[bytes], kind: str = "many") -> None:
        self.listed = list(listed)
        self.kind = kind
        self.asked: list[int] = []
        self.pauses: list[float] = []

    async def get(self, url: str) -> bytes:
        """Answer a scrape."""
        query = urlsplit(url).query.encode()
        found = http_wire.parse_scrape(query) if query else ()
        hashes = () if isinstance(found, str) else found
        self.asked.append(len(hashes))
        if self.kind == "all" and hashes:
            return http_wire.failed("a scrape of everything only")
        if self.kind == "one" and len(hashes) > 1:
            hashes = hashes[:1]
        if self.kind == "one-or-words" and len(hashes) > 1:
            return http_wire.failed("one at a time")
        if not hashes and self.kind != "all":
            return http_wire.failed("no full scrape")
        listed = [one for one in hashes or self.listed if one in self.listed]
        return http_wire.scraped({one: Count(1, 0, 0) for one in listed}) if listed else http_wire.failed("not listed")

    async def pause(self, seconds: float) -> None:
        """Remember that somebody waited."""
        self.pauses.append(seconds)

    def ask(self, hashes: Sequence[bytes], way: str = "") -> Asked:
        """Be asked."""
        return asyncio.run(OverHttp("http://t.example/scrape", self.get, self.pause).ask(hashes, way))


def test_many_at_once() -> None:
    """One question for thirty."""
    tracker = FakeTracker(HASHES)

    done = tracker.ask(HASHES)

    assert (len(done.found), done.way, tracker.asked) == (30, "many", [30])
    assert done.found[HASHES[0]] == Numbers(1, 0, 0)


def test_one_at_a_time() -> None:
    """Found out with one question more; then some only in each run, with pauses."""
    for kind in ("one", "one-or-words"):
        tracker = FakeTracker(HASHES, kind)

        done = tracker.ask(HASHES)

        assert done.way == "one"
        assert done.found.keys() == set(HASHES[: over_http.MAX_SINGLY]) == set(done.asked)
        assert tracker.pauses == [over_http.PAUSE_S] * (over_http.MAX_SINGLY - 1)
        tracker.asked.clear()
        assert tracker.ask(HASHES[:2], "one").way == "one"
        assert tracker.asked == [1, 1]


def test_everything_only() -> None:
    """Academic Torrents' way: asked for all, once."""
    tracker = FakeTracker(HASHES, "all")

    done = tracker.ask(HASHES[:3])

    assert (set(done.found), done.way) == (set(HASHES[:3]), "all")
    assert tracker.asked == [3, 1, 0, 0]
    tracker.asked.clear()
    assert tracker.ask(HASHES[:3], "all").way == "all"
    assert tracker.asked == [0]


def test_a_tracker_that_lists_one_of_ours_is_not_taken_for_one_of_single_questions() -> None:
    """Ours leaves out what it does not list."""
    tracker = FakeTracker(HASHES[4:5])

    done = tracker.ask(HASHES)

    assert (set(done.found), done.way, done.failure) == ({HASHES[4]}, "", "")


def test_a_tracker_that_lists_nothing_of_ours_is_asked_for_everything_once() -> None:
    """Its words are told; the next time nobody asks for all."""
    tracker = FakeTracker([b"z" * 20])

    done = tracker.ask(HASHES[:2])

    assert (done.found, done.way, done.failure) == ({}, "few", "not listed")
    tracker.asked.clear()
    tracker.ask(HASHES[:2], "few")
    assert tracker.asked == [2, 1]
