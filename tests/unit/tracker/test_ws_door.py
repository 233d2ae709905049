# SPDX-License-Identifier: Apache-2.0
"""Browsers on connections at hand: what they do, what nobody should, and who hears of it."""

from __future__ import annotations

import json
import logging
import random
from typing import Any

import pytest
from websockets.frames import Frame, Opcode

from seedbed.tracker.access import Everything
from seedbed.tracker.lines import LineLimits, Lines
from seedbed.tracker.proxies import Networks
from seedbed.tracker.swarm import Limits, Swarms
from seedbed.tracker.tracker import Tracker
from seedbed.tracker.udp_wire import ConnectionIds
from seedbed.tracker.ws_door import LIMITS, WsDoor
from seedbed.tracker.ws_swarm import Limits as WebLimits
from seedbed.tracker.ws_swarm import WebSwarms
from seedbed.tracker.ws_tracker import WebTracker
from tests.tracker_lines import Clock, FakeLine

HASH = "h" * 20


def head(path: str = "/", *fields: str) -> bytes:
    """A handshake."""
    lines = [
        f"GET {path} HTTP/1.1", "Host: x", "Upgrade: websocket", "Connection: Upgrade",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Version: 13", *fields,
    ]  # fmt: skip
    return "\r\n".join([*lines, "", ""]).encode()


def frame(said: Any, opcode: Opcode = Opcode.TEXT, *, fin: bool = True) -> bytes:
    """As a client sends it."""
    return Frame(opcode, said if isinstance(said, bytes) else json.dumps(said).encode(), fin=fin).serialize(mask=True)


def announce(peer: str, **more: Any) -> dict[str, Any]:
    """As a client says it."""
    return {"action": "announce", "info_hash": HASH, "peer_id": peer * 20, "left": 1, **more}


OFFER = {"offer_id": "o" * 20, "offer": {"type": "offer", "sdp": "v=0"}}
ANSWER = {"type": "answer", "sdp": "v=0"}


class Site:
    """A door, and what is to be done soon."""

    def __init__(self, *, keys: frozenset[str] = frozenset(), proxies: Networks | None = None, **limits: float) -> None:
        chance = random.Random(1).randrange
        swarms = WebSwarms(WebLimits(), chance)
        self.tracker = Tracker(Swarms(Limits(), chance), Everything(), ConnectionIds(b"key"), web=swarms, keys=keys)
        self.web = WebTracker(self.tracker, swarms)
        self.clock = Clock()
        about = LineLimits(**{"idle_s": LIMITS.idle_s, **limits})  # type: ignore[arg-type]  # whole numbers
        self.lines = Lines(about, proxies, self.clock)
        self.todo: list[Any] = []
        self.door = WsDoor(self.web, self.lines, proxies or Networks(), self.todo.append)

    def line(self, *said: Any, ip: bytes = b"\x7f\0\0\x01") -> FakeLine:
        """A browser, connected, after it said something."""
        made = FakeLine(self.lines, self.door, ip)
        made.talk.received(head() + b"".join(map(frame, said)))
        self.soon()
        made.sent = made.sent.partition(b"\r\n\r\n")[2]
        return made

    def say(self, line: FakeLine, said: Any, **more: Any) -> None:
        """One message."""
        line.talk.received(frame(said, **more))
        self.soon()

    def soon(self) -> None:
        """What the event loop would do now."""
        while self.todo:
            self.todo.pop()()


def heard(line: FakeLine) -> list[dict[str, Any]]:
    """Messages that were sent to it; they are forgotten then."""
    found, data = [], line.sent
    while data:
        size, skip = (data[1], 2) if data[1] < 126 else (int.from_bytes(data[2:4], "big"), 4)
        if data[0] == 0x81:
            found.append(json.loads(data[skip : skip + size]))
        data = data[skip + size :]
    line.sent = b""
    return found


def code(line: FakeLine) -> int:
    """Of the frame that closed it, the last one."""
    at = line.sent.rindex(b"\x88")
    return int.from_bytes(line.sent[at + 2 : at + 4], "big")


def test_offers_and_answers() -> None:
    """What came with the handshake counts too; who leaves is forgotten."""
    site = Site()
    first, second = site.line(announce("a")), site.line(announce("b", offers=[OFFER], numwant=1))

    assert [one.get("incomplete") for one in heard(first)] == [1, None]
    site.say(first, announce("a", to_peer_id="b" * 20, offer_id="o" * 20, answer=ANSWER))
    assert [one.get("answer") for one in heard(second)] == [None, ANSWER]
    second.talk.ended()
    assert (second.state, site.web.connections, site.tracker.web.count(HASH.encode())) == ("closed", 1, (0, 1))  # type: ignore[union-attr]


def test_several_messages_go_out_as_one() -> None:
    """Those that came about in one turn of the loop."""
    site = Site()
    first = site.line(announce("a"))
    heard(first)

    for _ in range(3):
        first.talk.received(frame(announce("a")))
    assert (first.sent, len(site.todo)) == (b"", 1)
    site.soon()

    assert len(heard(first)) == 3


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        (frame(b"\xff\xfe{}", Opcode.BINARY), "expected JSON"),  # no UTF-8
        (frame(b'{"action":"announce","info_hash":"\xff"}', Opcode.BINARY), "expected JSON"),
        (frame(b"\0" * 50, Opcode.BINARY), "expected JSON"),
        (frame(b"", Opcode.BINARY), "expected JSON"),
        (frame([]), "expected a JSON object"),
        (frame(b"x" * 70_000), "at most 65,536 bytes"),
        (frame(b"[" * 60_000), "expected JSON"),
    ],
    ids=("no-utf8", "no-utf8-inside", "zeros", "empty", "list", "too-large", "too-deep"),
)
def test_nonsense_is_answered_in_words(sent: bytes, expected: str) -> None:
    """And the connection stays."""
    site = Site()
    line = site.line()

    line.talk.received(sent)
    site.soon()

    assert expected in heard(line)[0]["failure reason"]
    assert line.state == "open"


def test_messages_in_parts_and_binary_ones() -> None:
    """They are messages like others."""
    site = Site()
    line, text = site.line(), json.dumps(announce("a")).encode()

    line.talk.received(frame(text[:9], fin=False) + frame(text[9:20], Opcode.CONT, fin=False))
    line.talk.received(frame(b"", Opcode.PING) + frame(text[20:], Opcode.CONT))
    site.say(line, text, opcode=Opcode.BINARY)

    assert [one["incomplete"] for one in heard(line)] == [1, 1]


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        (b"\x81\xff" + (1 << 40).to_bytes(8, "big"), 1009),
        (b"\x81\x05hello", 1002),
        (frame(b"x" * 100_000, fin=False) + frame(b"x" * 100_000, Opcode.CONT), 1009),
        (frame(b"\x03\xe8bye", Opcode.CLOSE), 1000),
        (frame(b"", Opcode.CLOSE), 1000),
        (frame(b'{"action": "\xff"}', Opcode.TEXT), 1007),
        (frame(b"\xe2\x82", Opcode.TEXT, fin=False) + frame(b"\x80\x80", Opcode.CONT), 1007),
    ],
    ids=("huge", "unmasked", "huge-in-parts", "close", "close-without-words", "no-utf8", "no-utf8-in-parts"),
)
def test_what_ends_a_connection(sent: bytes, expected: int) -> None:
    """It is said why, and its peers are gone at once."""
    site = Site()
    line = site.line(announce("a"))

    line.talk.received(sent)

    assert (line.state, code(line), site.web.connections, site.web.swarms.peers) == ("ended", expected, 0, 0)


def test_offers_for_who_is_gone() -> None:
    """Whoever left hears nothing; neither does anybody else."""
    site = Site()
    first, second = site.line(announce("a")), site.line(announce("b", offers=[OFFER], numwant=1))
    second.abort()
    heard(first)

    site.say(first, announce("a", to_peer_id="b" * 20, offer_id="o" * 20, answer=ANSWER))
    site.say(first, announce("a", offers=[OFFER], numwant=1))

    assert [sorted(one) for one in heard(first)] == [["action", "complete", "incomplete", "info_hash", "interval"]]


def test_who_leaves_before_it_is_told() -> None:
    """Nothing is sent to a closed connection."""
    site = Site()
    first, second = site.line(announce("a")), site.line()
    heard(first)

    second.talk.received(frame(announce("b", offers=[OFFER], numwant=1)))
    first.abort()
    site.soon()

    assert first.sent == b""
    assert heard(second)[0]["incomplete"] == 2


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"426"),
        (b"POST" + head()[3:], b"426"),
        (b"nonsense\r\n\r\n", b"426"),
        (b"GET /" + b"x" * 20_000, b"431"),
        (b"GET /" + b"x" * 20_000 + b" HTTP/1.1\r\n\r\n", b"431"),
    ],
)
def test_what_is_no_handshake(sent: bytes, status: bytes) -> None:
    """It is answered as HTTP, and nobody is counted."""
    site = Site()
    line = FakeLine(site.lines, site.door)

    line.talk.received(sent)
    line.talk.received(frame(announce("a")))

    assert line.sent.split(b" ")[1] == status
    assert (line.state, site.web.connections) == ("ended", 0)


@pytest.mark.parametrize(("path", "enters"), [("/secret", True), ("/secret/announce?x=1", True), ("/", False),
                                              ("/other", False), ("/announce", False)])  # fmt: skip
def test_keys(path: str, enters: bool) -> None:  # noqa: FBT001
    """With keys, a browser names one in its path."""
    site = Site(keys=frozenset({"secret"}))
    line = FakeLine(site.lines, site.door)

    line.talk.received(head(path))

    assert line.sent.startswith(b"HTTP/1.1 101 " if enters else b"HTTP/1.1 403 ")


def test_k15_a_handshake_byte_by_byte() -> None:
    """It has its time, and then it is over; a whole one gives a browser all the time that it wants."""
    site = Site()
    slow, browser = FakeLine(site.lines, site.door), site.line()

    for at, byte in enumerate(head()[:40]):
        site.clock.now_s = at
        slow.talk.received(bytes((byte,)))
        site.lines.sweep()

    assert (slow.state, browser.state) == ("aborted", "open")


def test_who_answers_no_ping_is_gone() -> None:
    """Browsers answer by themselves; so a connection that says nothing for two minutes leads nowhere."""
    site = Site()
    dead, alive = site.line(announce("a")), site.line(announce("b"))
    heard(dead), heard(alive)

    for now_s in range(0, 200, 10):
        site.clock.now_s = now_s
        site.lines.sweep()
        if alive.sent == b"\x89\0":
            site.say(alive, b"", opcode=Opcode.PONG)
            alive.sent = b""

    assert (dead.state, alive.state, site.web.swarms.peers) == ("aborted", "open", 1)


def test_k15_too_many_behind_a_proxy() -> None:
    """Each browser has its own share there too."""
    site = Site(proxies=Networks.of(["127.0.0.1"]), of_one=2)
    lines = [FakeLine(site.lines, site.door) for _ in range(4)]

    for line, client in zip(lines, ("1.2.3.4", "1.2.3.4", "1.2.3.4", "5.6.7.8"), strict=True):
        line.talk.received(head("/", f"X-Forwarded-For: {client}"))

    assert [line.sent.split(b" ")[1] for line in lines] == [b"101", b"101", b"503", b"101"]
    lines[0].abort()
    more = FakeLine(site.lines, site.door)
    more.talk.received(head("/", "X-Forwarded-For: 1.2.3.4"))
    assert more.sent.startswith(b"HTTP/1.1 101 ")


def test_a_failure_ends_one_connection(caplog: pytest.LogCaptureFixture) -> None:
    """It is noted, and the others go on."""

    class Fails(WebTracker):
        def message(self, *_: object) -> Any:
            raise ZeroDivisionError

    site = Site()
    line = site.line()
    site.door.web = Fails(site.tracker, site.web.swarms)

    with caplog.at_level(logging.ERROR):
        line.talk.received(frame(announce("a")))

    assert "ZeroDivisionError" in caplog.text
    assert (line.state, code(line)) == ("ended", 1011)


def test_the_end() -> None:
    """All are told that we go away."""
    site = Site()
    line = site.line(announce("a"))
    heard(line)

    site.door.shut()

    assert (code(line), line.state) == (1001, "ended")
