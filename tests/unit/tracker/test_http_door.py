# SPDX-License-Identifier: Apache-2.0
"""Questions and answers over HTTP, as bytes on a connection at hand."""

from __future__ import annotations

import asyncio
import http.client
import io
import logging
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seedbed.tracker.http_door import MAX_HEAD_BYTES, HttpDoor, Page
from seedbed.tracker.lines import LineLimits, Lines
from seedbed.tracker.proxies import Networks
from tests.tracker_lines import Clock, FakeLine


class Asked:
    """Answers with what was asked."""

    def __init__(self) -> None:
        self.ips: list[bytes] = []

    def __call__(self, path: str, query: bytes, ip: bytes) -> Page:
        """Noted."""
        self.ips.append(ip)
        return Page(200, "text/plain", path.encode("latin-1") + b"|" + query)


def line(page: Any = None, *, proxies: Networks | None = None) -> FakeLine:
    """A connection to a door."""
    lines = Lines(LineLimits(), proxies, Clock())
    return FakeLine(lines, HttpDoor(page or Asked(), lines, proxies))


def answers(sent: bytes, *, method: str = "GET") -> list[tuple[int, bytes, str | None]]:
    """Status, body, Connection of each; the heads are read by the standard library."""
    data, found = io.BytesIO(sent), []
    while data.tell() < len(sent):
        version, status, _ = data.readline().split(b" ", 2)
        assert version == b"HTTP/1.1"
        fields = http.client.parse_headers(data)
        body = b"" if method == "HEAD" else data.read(int(fields["Content-Length"]))
        found.append((int(status), body, fields["Connection"]))
    return found


def test_one_question() -> None:
    """As most clients ask: once, on a connection of its own."""
    one = line()

    one.talk.received(b"GET /announce?port=1&left=0 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")

    assert answers(one.sent) == [(200, b"/announce|port=1&left=0", "close")]
    assert one.state == "closed"


@pytest.mark.parametrize(
    ("head", "stays"),
    [
        (b"GET / HTTP/1.1\r\nHost: x", True),
        (b"GET / HTTP/1.1\r\nConnection: Close", False),
        (b"GET / HTTP/1.1\r\nconnection:close", False),
        (b"GET / HTTP/1.0\r\nHost: x", False),
        (b"GET / HTTP/1.0\r\nConnection: Keep-Alive", True),
        (b"HEAD / HTTP/1.1\r\nHost: x", True),
        (b"GET http://tracker.example.org/ HTTP/1.1", True),
        (b"GET http://tracker.example.org HTTP/1.1", True),
        (b"GET / HTTP/1.1\r\nContent-Length: 0", True),
    ],
)
def test_which_connections_stay(head: bytes, stays: bool) -> None:  # noqa: FBT001
    """HTTP/1.1 unless it is said otherwise, HTTP/1.0 if it is."""
    one = line()

    one.talk.received(head + b"\r\n\r\n")

    expected = (200, b"" if head.startswith(b"HEAD") else b"/|", "keep-alive" if stays else "close")
    assert answers(one.sent, method=head.partition(b" ")[0].decode()) == [expected]
    assert one.state == ("open" if stays else "closed")


@pytest.mark.parametrize("step", [1, 2, 7, 1000])
def test_pipelined_and_in_pieces(step: int) -> None:
    """Questions that come together, or byte by byte, are answered one by one in their order."""
    one, sent = line(), b"".join(b"GET /%d HTTP/1.1\r\n\r\n" % number for number in range(5))

    for at in range(0, len(sent), step):
        one.talk.received(sent[at : at + step])

    assert [body for _, body, _ in answers(one.sent)] == [b"/%d|" % number for number in range(5)]


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"\r\n\r\n", 400),
        (b"GET /\r\n\r\n", 400),
        (b"GET / HTTP/2.0\r\n\r\n", 400),
        (b"GET announce HTTP/1.1\r\n\r\n", 400),
        (b"GET /a b HTTP/1.1\r\n\r\n", 400),
        (b"POST /announce HTTP/1.1\r\nContent-Length: 3\r\n\r\nGET /announce HTTP/1.1\r\n\r\n", 405),
        (b"CONNECT mail.example.org:25 HTTP/1.1\r\n\r\n", 405),
        (b"GET / HTTP/1.1\r\nContent-Length: 19\r\n\r\nGET / HTTP/1.1\r\n\r\n", 413),
        (b"GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 413),
        (b"GET /announce?" + b"x" * MAX_HEAD_BYTES, 431),
        (b"GET /announce?" + b"x" * MAX_HEAD_BYTES + b" HTTP/1.1\r\n\r\n", 431),
        (b"GET /announce?" + b"x" * (1 << 20), 431),
        (b"\x16\x03\x01\x02\x00\x01" + b"\0" * MAX_HEAD_BYTES, 431),  # TLS where there is none
    ],
)
def test_what_is_refused(sent: bytes, status: int) -> None:
    """Once, and nothing behind it is read as a question; the refusal is not torn up by what still comes."""
    one = line()

    one.talk.received(sent)

    assert [found[0] for found in answers(one.sent)] == [status]
    assert one.state == "ended"


def test_who_asks_behind_a_proxy() -> None:
    """What a trusted proxy says, and nobody else."""
    page, trusted = Asked(), Networks.of(["127.0.0.1"])
    head = b"GET / HTTP/1.1\r\nHost: x\r\nx-FORWARDED-for: 1.2.3.4, 11.22.33.44\r\n\r\n"

    line(page, proxies=trusted).talk.received(head)
    line(page).talk.received(head)

    assert page.ips == [bytes((11, 22, 33, 44)), bytes((127, 0, 0, 1))]


def test_a_failure_is_noted_and_answered(caplog: pytest.LogCaptureFixture) -> None:
    """One question does not end the service."""

    def fails(*_: object) -> Page:
        raise ZeroDivisionError

    one = line(fails)
    with caplog.at_level(logging.ERROR):
        one.talk.received(b"GET / HTTP/1.1\r\n\r\n")

    assert answers(one.sent)[0][0] == 500
    assert "ZeroDivisionError" in caplog.text


class Later:
    """Answers when it is told."""

    def __init__(self) -> None:
        self.futures: dict[str, asyncio.Future[Page]] = {}

    def __call__(self, path: str, _query: bytes, _ip: bytes) -> Page | asyncio.Future[Page]:
        """At ``/now`` at once."""
        if path == "/now":
            return Page(200, "text/plain", b"now")
        self.futures[path] = asyncio.get_running_loop().create_future()
        return self.futures[path]

    def give(self, path: str) -> None:
        """The answer is there."""
        self.futures[path].set_result(Page(200, "text/plain", path.encode()))


async def _turn() -> None:
    for _ in range(3):
        await asyncio.sleep(0)


def test_answers_that_come_later_keep_their_order() -> None:
    """What is behind them waits, even if it could be answered at once."""

    async def story() -> None:
        later = Later()
        one = line(later)
        one.talk.received(b"".join(b"GET /%s HTTP/1.1\r\n\r\n" % what for what in (b"a", b"now", b"b", b"now")))
        assert (one.sent, list(later.futures)) == (b"", ["/a"])
        later.give("/a")
        await _turn()
        assert [body for _, body, _ in answers(one.sent)] == [b"/a", b"now"]
        later.give("/b")
        await _turn()
        assert [body for _, body, _ in answers(one.sent)] == [b"/a", b"now", b"/b", b"now"]
        assert one.state == "open"

    asyncio.run(story())


def test_who_asks_on_and_on_meanwhile_is_not_heard() -> None:
    """Until the answer is there: what waits has a limit."""

    async def story() -> None:
        later = Later()
        one = line(later)
        one.talk.received(b"GET /a HTTP/1.1\r\n\r\n")
        one.talk.received(b"GET /now HTTP/1.1\r\n\r\n" * 1_000)
        assert one.is_held
        later.give("/a")
        await _turn()
        assert len(answers(one.sent)) == 1_001
        assert not one.is_held

    asyncio.run(story())


def test_who_leaves_meanwhile() -> None:
    """Nobody is answered."""

    async def story() -> None:
        later = Later()
        one = line(later)
        one.talk.received(b"GET /a HTTP/1.1\r\n\r\n")
        one.abort()
        await _turn()
        assert later.futures["/a"].cancelled()
        assert one.sent == b""

    asyncio.run(story())


def test_an_answer_that_fails_later(caplog: pytest.LogCaptureFixture) -> None:
    """It is noted, and what is behind it is answered."""

    async def story() -> None:
        later = Later()
        one = line(later)
        one.talk.received(b"GET /a HTTP/1.1\r\n\r\nGET /b HTTP/1.1\r\n\r\nGET /now HTTP/1.1\r\n\r\n")
        later.futures["/a"].set_exception(ZeroDivisionError())
        await _turn()
        later.futures["/b"].cancel()
        await _turn()
        assert [status for status, _, _ in answers(one.sent)] == [500, 500, 200]

    with caplog.at_level(logging.ERROR):
        asyncio.run(story())
    assert "ZeroDivisionError" in caplog.text


def test_half_closed() -> None:
    """Who says no more, and listens, hears the answers to all that was asked."""

    async def story() -> None:
        later = Later()
        one = line(later)
        one.talk.received(b"GET /a HTTP/1.1\r\n\r\nGET /now HTTP/1.1\r\n\r\nGET /n")
        one.talk.ended()
        assert one.state == "open"
        later.give("/a")
        await _turn()
        assert [body for _, body, _ in answers(one.sent)] == [b"/a", b"now"]
        assert one.state == "closed"

    asyncio.run(story())


def test_who_does_not_read_is_not_heard() -> None:
    """Its next question is answered when it has read the answer before."""
    one = line()
    one.unsent_bytes = 100

    one.talk.received(b"GET /a HTTP/1.1\r\n\r\n")
    assert (one.sent, one.is_held) == (b"", True)
    one.unsent_bytes = 0
    one.talk.flushed()

    assert answers(one.sent) == [(200, b"/a|", "keep-alive")]
    assert not one.is_held


@given(
    st.lists(st.one_of(st.binary(max_size=40), st.sampled_from([b"GET ", b"/x", b" HTTP/1.1", b"\r\n", b"\r\n\r\n"])))
)
def test_any_bytes_are_answered_or_refused(parts: list[bytes]) -> None:
    """Never an error; what is answered is HTTP."""
    one = line()

    for part in parts:
        if part and one.state == "open":
            one.talk.received(part)
    if one.state == "open":
        one.talk.ended()

    assert all(status in {200, 400, 405, 413, 431} for status, _, _ in answers(one.sent))
