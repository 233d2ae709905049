# SPDX-License-Identifier: Apache-2.0
"""What is posted to a tracker: taken at one path only, up to a limit, and never kept for whoever does not go on."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seedbed.tracker import bodies
from seedbed.tracker.http_door import HttpDoor, Page
from seedbed.tracker.lines import LineLimits, Lines
from seedbed.tracker.proxies import Networks
from tests.tracker_lines import Clock, FakeLine
from tests.unit.tracker.test_http_door import Asked, answers

LIMIT = 100_000
HEAD = b"POST /lease HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n"


class Desk:
    """Takes what is posted to one path."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, bytes, bytes]] = []
        self.later: asyncio.Future[Page] | None = None

    def limit_bytes(self, path: str) -> int:
        """Of one path."""
        return LIMIT if path == "/lease" else 0

    def posted(self, path: str, body: bytes, ip: bytes) -> Page | asyncio.Future[Page]:
        """Noted."""
        self.taken.append((path, body, ip))
        return self.later or Page(200, "text/plain", b"%d bytes" % len(body))


class Room:
    """A door, and who comes to it."""

    def __init__(self, proxies: Networks | None = None, page: Any = None) -> None:
        self.desk, self.clock = Desk(), Clock()
        self.lines = Lines(LineLimits(), proxies, self.clock)
        self.door = HttpDoor(page or Asked(), self.lines, proxies, self.desk)

    def line(self, ip: bytes = b"\x7f\0\0\x01") -> FakeLine:
        """A connection."""
        return FakeLine(self.lines, self.door, ip)


@pytest.mark.parametrize("step", [1, 7, 1 << 20])
def test_a_body_is_taken(step: int) -> None:
    """However it comes; the answer is the connection's last."""
    room = Room()
    one, sent = room.line(), HEAD % 300 + b"x" * 300
    for at in range(0, len(sent), step):
        one.talk.received(sent[at : at + step])
    assert room.desk.taken == [("/lease", b"x" * 300, b"\x7f\0\0\x01")]
    assert answers(one.sent) == [(200, b"300 bytes", "close")]
    assert one.state == "closed"


def test_an_empty_body() -> None:
    """It is one too."""
    room = Room()
    one = room.line()
    one.talk.received(HEAD % 0)
    assert answers(one.sent) == [(200, b"0 bytes", "close")]


def test_what_is_behind_a_body_is_no_question() -> None:
    """Nothing of it is answered: whose it is could be told in two ways (request smuggling)."""
    room = Room()
    one = room.line()
    one.talk.received(HEAD % 3 + b"abcGET /announce HTTP/1.1\r\n\r\n")
    assert answers(one.sent) == [(200, b"3 bytes", "close")]


def test_a_question_before_it() -> None:
    """On the same connection: both are answered."""
    room = Room()
    one = room.line()
    one.talk.received(b"GET /health HTTP/1.1\r\n\r\n" + HEAD % 1 + b"a")
    assert [status for status, _, _ in answers(one.sent)] == [200, 200]


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (b"POST /announce HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc", 405),
        (b"PUT /lease HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc", 405),
        (b"POST /lease HTTP/1.1\r\n\r\nabc", 411),
        (b"POST /lease HTTP/1.1\r\nContent-Length: abc\r\n\r\nabc", 411),
        (b"POST /lease HTTP/1.1\r\nContent-Length: +3\r\n\r\nabc", 411),
        (b"POST /lease HTTP/1.1\r\nContent-Length: -1\r\n\r\nabc", 411),
        (b"POST /lease HTTP/1.1\r\nContent-Length: 3, 3\r\n\r\nabc", 411),
        (b"POST /lease HTTP/1.1\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\nabc", 411),
        (b"POST /lease HTTP/1.1\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabc", 411),
        (b"POST /lease HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\nabc", 411),
        (b"POST /lease HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 411),
        (b"POST /lease HTTP/1.1\r\nContent-Length: " + b"9" * 400 + b"\r\n\r\nabc", 411),
        (HEAD % (LIMIT + 1) + b"abc", 413),
        (b"POST /lease HTTP/2.0\r\nContent-Length: 3\r\n\r\nabc", 400),
        (b"POST /lease\r\nContent-Length: 3\r\n\r\nabc", 400),
        (b"POST lease HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc", 400),
    ],
)
def test_what_is_refused(head: bytes, status: int) -> None:
    """Before a byte of the body is kept; and what follows is read as nothing."""
    room = Room()
    one = room.line()
    one.talk.received(head + b"GET /announce HTTP/1.1\r\n\r\n")
    assert [found[0] for found in answers(one.sent)] == [status]
    assert one.state == "ended"
    assert room.desk.taken == []


def test_nothing_is_posted_where_nobody_takes_it() -> None:
    """As before there was such a thing."""
    lines = Lines(LineLimits(), None, Clock())
    one = FakeLine(lines, HttpDoor(Asked(), lines))
    one.talk.received(HEAD % 3 + b"abc")
    assert [found[0] for found in answers(one.sent)] == [405]


def test_who_waits_to_be_asked_for_it() -> None:
    """As curl does with more than a little."""
    room = Room()
    one = room.line()
    one.talk.received(b"POST /lease HTTP/1.1\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n")
    assert one.sent == b"HTTP/1.1 100 Continue\r\n\r\n"
    one.talk.received(b"ab")
    assert one.sent.endswith(b"2 bytes")


def test_one_address_sends_few_at_once() -> None:
    """One more has to wait until one is whole, or gone."""
    room = Room()
    lines = [room.line() for _ in range(bodies.OF_ONE + 1)]
    for one in lines:
        one.talk.received(HEAD % 10)
    assert [answers(one.sent) != [] for one in lines] == [False] * bodies.OF_ONE + [True]
    assert answers(lines[-1].sent)[0][0] == 503
    lines[0].abort()
    lines[1].talk.received(b"x" * 10)
    for one in (room.line(), room.line(), room.line(b"\x01\x02\x03\x04")):
        one.talk.received(HEAD % 1 + b"a")
        assert answers(one.sent)[0][0] == 200


def test_all_bodies_together_have_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever passes it is refused, and its memory is free at once."""
    monkeypatch.setattr(bodies, "AT_ONCE_BYTES", 1_000)
    room = Room()
    first, second = room.line(), room.line(b"\x01\x02\x03\x04")
    first.talk.received(HEAD % 2_000 + b"x" * 900)
    second.talk.received(HEAD % 2_000 + b"x" * 200)
    assert answers(second.sent)[0][0] == 503
    first.talk.ended()
    third = room.line()
    third.talk.received(HEAD % 900 + b"x" * 900)
    assert answers(third.sent)[0][0] == 200


def test_a_slow_body() -> None:
    """It has its time as long as it grows; a byte now and then is silence."""
    room = Room()
    grows, trickles = room.line(), room.line()
    for one in (grows, trickles):
        one.talk.received(HEAD % LIMIT)
    for _ in range(2):
        room.clock.now_s += 15
        grows.talk.received(b"x" * bodies.PROGRESS_BYTES if not room.desk.taken else b"")
        trickles.talk.received(b"x")
        room.lines.sweep()
        if grows.state != "open":
            break
    assert trickles.state == "aborted"
    assert room.desk.taken


def test_an_answer_that_comes_later() -> None:
    """As leases are read in a thread."""

    async def story() -> None:
        room = Room()
        room.desk.later = asyncio.get_running_loop().create_future()
        one = room.line()
        one.talk.received(HEAD % 1 + b"a")
        one.talk.ended()
        assert (one.sent, one.state) == (b"", "open")
        room.desk.later.set_result(Page(409, "text/plain", b"old"))
        await asyncio.sleep(0)
        assert answers(one.sent) == [(409, b"old", "close")]
        assert one.state == "closed"

    asyncio.run(story())


def test_a_page_that_comes_later_has_a_tag_too() -> None:
    """Whoever has it is told so, as with a page that is there at once."""

    async def story() -> None:
        page = asyncio.get_running_loop().create_future()
        one = Room(page=lambda *_: page).line()
        one.talk.received(b'GET /health HTTP/1.1\r\nIf-None-Match: "ab"\r\n\r\n')
        page.set_result(Page(200, "text/plain", b"news", tag=b'"ab"'))
        await asyncio.sleep(0)
        assert answers(one.sent) == [(304, b"", "keep-alive")]

    asyncio.run(story())


def test_whose_lease_it_is_behind_a_proxy() -> None:
    """What a trusted proxy says."""
    room = Room(Networks.of(["127.0.0.1"]))
    room.line().talk.received(b"POST /lease HTTP/1.1\r\nX-Forwarded-For: 11.22.33.44\r\nContent-Length: 1\r\n\r\na")
    assert room.desk.taken == [("/lease", b"a", bytes((11, 22, 33, 44)))]


def test_a_failure_is_noted_and_answered(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    """One lease does not end the service."""
    room = Room()
    monkeypatch.setattr(room.desk, "posted", lambda *_: 1 // 0)
    one = room.line()
    with caplog.at_level(logging.ERROR):
        one.talk.received(HEAD % 1 + b"a")
    assert answers(one.sent)[0][0] == 500
    assert "ZeroDivisionError" in caplog.text


_PARTS = [
    b"POST /lease HTTP/1.1\r\n",
    b"Content-Length: 3\r\n",
    b"\r\n",
    b"abc",
    b"GET / HTTP/1.1\r\n\r\n",
    b"Expect: ",
]


@given(st.lists(st.one_of(st.binary(max_size=40), st.sampled_from(_PARTS))))
def test_any_bytes(parts: list[bytes]) -> None:
    """Answered or refused; nothing is kept of whoever is gone."""
    room = Room()
    one = room.line()
    for part in parts:
        if part and one.state == "open":
            one.talk.received(part)
    if one.state == "open":
        one.talk.ended()
    if one.state == "open":
        one.abort()
    assert room.door.bodies.begin(one.ip)
    assert all(room.door.bodies.begin(one.ip) for _ in range(bodies.OF_ONE - 1))
