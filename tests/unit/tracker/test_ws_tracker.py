# SPDX-License-Identifier: Apache-2.0
"""Browsers find each other: who hears of whom, who may answer, who is counted."""

from __future__ import annotations

import json
import random
import struct
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from seedbed.core import bencode
from seedbed.tracker import swarm
from seedbed.tracker.access import Everything, Listed
from seedbed.tracker.tracker import Tracker
from seedbed.tracker.udp_wire import ConnectionIds
from seedbed.tracker.ws_swarm import Limits, WebSwarms
from seedbed.tracker.ws_tracker import WebTracker

if TYPE_CHECKING:
    from seedbed.tracker.access import Access
    from seedbed.tracker.ws_swarm import Connection

HASH, OTHER = "h" * 20, "o" * 20
HOME = bytes((11, 22, 33, 44))


def web(access: Access | None = None, limits: Limits | None = None) -> WebTracker:
    """With chance that can be repeated."""
    chance = random.Random(1).randrange
    browsers = WebSwarms(limits or Limits(), chance)
    numbers = swarm.Swarms(swarm.Limits(), chance)
    return WebTracker(Tracker(numbers, access or Everything(), ConnectionIds(b"key"), web=browsers), browsers)


@dataclass
class Browser:
    """One connection; what it was told is kept by all."""

    tracker: WebTracker
    number: int
    told: list[dict[str, object]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.connection = self.tracker.connected()
        self.peer_id = f"-WW0201-{self.number:012}"

    def say(self, now_s: int = 0, /, **fields: object) -> list[tuple[Connection, dict[str, object]]]:
        """Send a message; what the tracker has to send then."""
        said = {"action": "announce", "info_hash": HASH, "peer_id": self.peer_id} | fields
        return [(to, json.loads(text)) for to, text in self.tracker.message(self.connection, json.dumps(said), now_s)]

    def offer(self, count: int = 5, now_s: int = 0, /, **fields: object) -> list[tuple[Connection, dict[str, object]]]:
        """Announce with offers, and leave out what itself is told."""
        offers = [
            {"offer": {"type": "offer", "sdp": f"offer {number}"}, "offer_id": f"{self.number:010}{number:010}"}
            for number in range(count)
        ]
        return self.say(now_s, offers=offers, numwant=count, **fields)[1:]

    def answer(self, offer: dict[str, object], **fields: object) -> list[tuple[Connection, dict[str, object]]]:
        """Answer an offer."""
        said = {"answer": {"type": "answer", "sdp": "answer"}, "to_peer_id": offer["peer_id"]}
        return self.say(0, **({"offer_id": offer["offer_id"]} | said | fields))


def numbers(told: list[tuple[Connection, dict[str, object]]]) -> tuple[object, object]:
    """Seeds and leechers, as the first message tells."""
    return told[0][1]["complete"], told[0][1]["incomplete"]


def test_a_browser_finds_another() -> None:
    """Offer, answer; both under the names of who sent them."""
    tracker = web()
    emma, juan = Browser(tracker, 1), Browser(tracker, 2)
    first = emma.say(event="started", left=10)

    ((to, offer),) = juan.offer(event="started", left=10)
    ((back, answer),) = emma.answer(offer)

    assert first == [
        (
            emma.connection,
            {"action": "announce", "info_hash": HASH, "interval": 120, "complete": 0, "incomplete": 1},
        )
    ]
    assert to is emma.connection
    assert back is juan.connection
    assert (offer["peer_id"], offer["offer"]) == (juan.peer_id, {"type": "offer", "sdp": "offer 0"})
    assert (answer["peer_id"], answer["offer_id"]) == (emma.peer_id, offer["offer_id"])
    assert answer["answer"] == {"type": "answer", "sdp": "answer"}


def test_each_offer_goes_to_another() -> None:
    """And none to whoever sent them; as many as there are others."""
    tracker = web()
    others = [Browser(tracker, number) for number in range(3)]
    for one in others:
        one.say()
    emma = Browser(tracker, 9)

    told = emma.offer(5)

    assert {id(to) for to, _ in told} == {id(one.connection) for one in others}
    assert len({str(offer["offer_id"]) for _, offer in told}) == 3


def test_the_choice_is_fair() -> None:
    """Each gets about as many offers as every other."""
    tracker = web(limits=Limits(max_offers_a_minute=10**9))
    others = [Browser(tracker, number) for number in range(50)]
    for number, one in enumerate(others):
        one.say(left=number % 2)
    emma, times = Browser(tracker, 99), Counter[int]()
    for _ in range(2_000):
        times.update(id(to) for to, _ in emma.offer(5))

    assert len(times) == 50
    assert 120 < min(times.values()) <= max(times.values()) < 290


def test_seeds_are_not_offered_to_seeds() -> None:
    """They have nothing for each other."""
    tracker = web()
    emma, juan, otto = (Browser(tracker, number) for number in range(3))
    emma.say(left=0)
    otto.say(left=5)

    assert [to for to, _ in juan.offer(left=0)] == [otto.connection]


def test_swarms_stand_apart() -> None:
    """Nobody hears of who is in another one."""
    tracker = web()
    emma, juan = Browser(tracker, 1), Browser(tracker, 2)
    emma.say(info_hash=OTHER)

    assert juan.offer() == []


def test_an_answer_goes_only_to_who_asked_and_once() -> None:
    """Nobody can be written to unasked: another connection, another id, a second time."""
    tracker = web()
    emma, juan, otto = (Browser(tracker, number) for number in range(3))
    emma.say()
    ((_, offer),) = juan.offer(1)
    otto.say()

    assert otto.answer(offer) == []
    assert emma.answer(offer | {"offer_id": "x" * 20}) == []
    assert emma.answer(offer | {"peer_id": otto.peer_id}) == []
    assert emma.answer(offer, info_hash=OTHER) == []
    assert len(emma.answer(offer)) == 1
    assert emma.answer(offer) == []


def test_nobody_takes_the_place_of_another() -> None:
    """A stranger with one's peer_id is somebody else, and gets no answers of one's."""
    tracker = web()
    emma, juan, thief = Browser(tracker, 1), Browser(tracker, 2), Browser(tracker, 2)
    emma.say()
    ((_, offer),) = juan.offer(1)
    thief.say()
    thief.say(event="stopped")

    ((back, _),) = emma.answer(offer)

    assert back is juan.connection
    assert numbers(emma.say()) == (0, 2)


def test_peers_leave_with_their_connection() -> None:
    """From all swarms; answers to them are passed over, and what comes late is not heard."""
    tracker = web()
    emma, juan = Browser(tracker, 1), Browser(tracker, 2)
    emma.say()
    ((_, offer),) = juan.offer(1)
    juan.say(info_hash=OTHER)

    tracker.closed(juan.connection)
    tracker.closed(juan.connection)

    assert emma.answer(offer) == []
    assert juan.say() == []
    assert (tracker.connections, tracker.swarms.peers, len(tracker.swarms)) == (1, 1, 1)


def test_stopped() -> None:
    """Gone at once, connected or not; also who never was there."""
    tracker = web()
    emma, juan = Browser(tracker, 1), Browser(tracker, 2)
    emma.say()

    assert numbers(juan.say(event="stopped")) == (0, 1)
    assert numbers(emma.say(event="stopped")) == (0, 0)
    assert juan.offer() == []


def test_silent_browsers_are_forgotten() -> None:
    """Who removed a torrent without a word."""
    tracker = web(limits=Limits(lease_s=100))
    emma, juan = Browser(tracker, 1), Browser(tracker, 2)
    emma.say(0)
    juan.say(60)

    tracker.swarms.expire(tracker.swarms.info_hashes(), 120)

    assert tracker.swarms.count(HASH.encode()) == (0, 1)
    assert numbers(emma.say(120)) == (0, 2)


def test_completions_are_counted_with_those_of_others() -> None:
    """Once, for leechers that we knew."""
    tracker = web()
    emma, juan = Browser(tracker, 1), Browser(tracker, 2)
    emma.say(left=10)

    assert numbers(emma.say(event="completed", left=0)) == (1, 0)
    emma.say(event="completed", left=0)
    juan.say(event="completed", left=0)

    assert tracker.tracker.swarms.scrape(HASH.encode()).completed == 1
    assert numbers(emma.say(left=7)) == (1, 1)
    assert numbers(emma.say()) == (1, 1)


def test_a_scrape_is_of_all_peers_over_every_wire() -> None:
    """Browsers and others; an announce tells of those that one can reach."""
    tracker = web()
    emma = Browser(tracker, 1)
    emma.say(left=0)
    one = tracker.tracker
    one.announce(HASH.encode(), HOME, 6881, left=1, event=0, wanted=0, now_s=0)

    ((_, told),) = emma.say(action="scrape", info_hash=[HASH, OTHER])
    by_http = one.http("/scrape", b"info_hash=" + HASH.encode(), HOME, 0)
    by_udp = one.datagram(struct.pack(">8sII", one.ids.of(HOME, 0), 2, 9) + HASH.encode(), HOME, 0)

    none = {"complete": 0, "downloaded": 0, "incomplete": 0}
    assert told["files"] == {HASH: none | {"complete": 1, "incomplete": 1}, OTHER: none}
    assert bencode.decode(by_http or b"") == {
        b"files": {HASH.encode(): {b"complete": 1, b"downloaded": 0, b"incomplete": 1}}
    }
    assert by_udp == struct.pack(">IIIII", 2, 9, 1, 0, 1)
    assert numbers(emma.say()) == (1, 0)
    assert one.announce(HASH.encode(), HOME, 6882, left=1, event=0, wanted=-1, now_s=0)[:2] == (0, 2)


def test_k7_what_is_not_listed() -> None:
    """Is refused in words, and takes no room."""
    tracker = web(Listed({HASH.encode(): "lakes@1"}))
    emma = Browser(tracker, 1)

    ((_, told),) = emma.offer(0, info_hash=OTHER) or emma.say(info_hash=OTHER)
    ((_, scraped),) = emma.say(action="scrape", info_hash=[OTHER])
    ((_, both),) = emma.say(action="scrape", info_hash=[OTHER, HASH])

    assert "catalogue" in str(told["failure reason"])
    assert (told["action"], told["info_hash"]) == ("announce", OTHER)
    assert (scraped["action"], "failure reason" in scraped) == ("scrape", True)
    assert list(both["files"]) == [HASH]  # type: ignore[call-overload]  # JSON
    assert emma.answer({"peer_id": "a" * 20, "offer_id": "a" * 20}, info_hash=OTHER)[0][1]["info_hash"] == OTHER
    assert (len(tracker.swarms), len(tracker.tracker.swarms)) == (0, 0)


@pytest.mark.parametrize("limits", [Limits(max_swarms_each=3), Limits(max_peers=3)], ids=["of one", "of all"])
def test_there_is_room_for_so_many(limits: Limits) -> None:
    """A refusal in words; who is there stays."""
    tracker = web(limits=limits)
    emma = Browser(tracker, 1)
    for number in range(3):
        emma.say(info_hash=f"{number:020}")

    ((_, told),) = emma.say(info_hash=OTHER)

    assert "failure reason" in told
    assert numbers(emma.say(info_hash=f"{0:020}")) == (0, 1)
    assert tracker.swarms.peers == 3


def test_offers_in_a_minute() -> None:
    """So many for each swarm that one is in; leaving and coming again does not help."""
    tracker = web(limits=Limits(max_offers_a_minute=7))
    others = [Browser(tracker, number) for number in range(20)]
    for one in others:
        one.say()
    emma = Browser(tracker, 99)

    assert len(emma.offer(5)) == 5
    assert len(emma.offer(5)) == 2
    emma.say(event="stopped")
    assert len(emma.offer(5)) == 0
    assert len(emma.offer(5, 60)) == 5


def test_offers_that_may_be_answered_are_bounded() -> None:
    """The oldest are forgotten."""
    tracker = web(limits=Limits(max_asked=3))
    emma = Browser(tracker, 0)
    emma.say()
    offers = []
    for number in range(1, 6):
        juan = Browser(tracker, number)
        offers.append(next(offer for to, offer in juan.offer(5) if to is emma.connection))

    assert [len(emma.answer(offer)) for offer in offers] == [0, 0, 1, 1, 1]


def test_a_new_name_is_a_new_peer() -> None:
    """A page that was loaded anew behind the same connection is not counted twice."""
    tracker = web()
    emma = Browser(tracker, 1)
    emma.say(left=0)
    emma.peer_id = "-WW0201-another-one-"

    assert numbers(emma.say()) == (0, 1)


def test_a_dropped_swarm_is_gone() -> None:
    """When the catalogue lists it no longer."""
    tracker = web()
    emma = Browser(tracker, 1)
    emma.say()
    tracker.swarms.drop(HASH.encode())
    tracker.swarms.drop(OTHER.encode())

    assert (tracker.swarms.peers, emma.connection.members) == (0, {})


class LikeABook(RuleBasedStateMachine):
    """Compared with a plain book of who is where, after every step."""

    def __init__(self) -> None:
        super().__init__()
        self.tracker = web(limits=Limits(max_offers_a_minute=10**6))
        self.browsers = [Browser(self.tracker, number) for number in range(6)]
        self.book: dict[tuple[int, str], bool] = {}

    @rule(
        who=st.integers(0, 5),
        where=st.sampled_from([HASH, OTHER]),
        left=st.sampled_from([0, 5]),
        count=st.integers(0, 7),
    )
    def announce(self, who: int, where: str, left: int, count: int) -> None:
        """With offers, which go to others in the same swarm."""
        told = self.browsers[who].offer(count, info_hash=where, left=left)
        self.book[who, where] = left == 0
        others = [
            self.browsers[other].connection
            for (other, place), is_seed in self.book.items()
            if place == where and other != who and not (is_seed and left == 0)
        ]
        assert len(told) == min(count, len(others))
        assert len({id(to) for to, _ in told}) == len(told)
        assert all(to in others for to, _ in told)
        for to, offer in told:
            answering = next(one for one in self.browsers if one.connection is to)
            assert answering.answer(offer, info_hash=where)[0][0] is self.browsers[who].connection

    @rule(who=st.integers(0, 5), where=st.sampled_from([HASH, OTHER]))
    def stop(self, who: int, where: str) -> None:
        """There or not."""
        self.browsers[who].say(event="stopped", info_hash=where)
        self.book.pop((who, where), None)

    @rule(who=st.integers(0, 5))
    def close(self, who: int) -> None:
        """And come again."""
        self.tracker.closed(self.browsers[who].connection)
        self.browsers[who] = Browser(self.tracker, who)
        self.book = {key: is_seed for key, is_seed in self.book.items() if key[0] != who}

    @invariant()
    def same(self) -> None:
        """Counts and places."""
        assert self.tracker.swarms.peers == len(self.book)
        for where in (HASH, OTHER):
            kinds = [is_seed for (_, place), is_seed in self.book.items() if place == where]
            assert self.tracker.swarms.count(where.encode()) == (kinds.count(True), kinds.count(False))


TestBook = LikeABook.TestCase
TestBook.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
