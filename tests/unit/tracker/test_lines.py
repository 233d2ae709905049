# SPDX-License-Identifier: Apache-2.0
"""How many connections there may be, and how long one may say nothing: with a clock that is moved by hand."""

from __future__ import annotations

import pytest

from seedbed.tracker.http_door import HttpDoor, HttpTalk, Page
from seedbed.tracker.lines import LineLimits, Lines
from seedbed.tracker.proxies import Networks
from tests.tracker_lines import Clock, FakeLine

HOME, AWAY = bytes((11, 22, 33, 44)), bytes((55, 66, 77, 88))


def place(**limits: float) -> tuple[Clock, Lines, HttpDoor]:
    """Where HTTP is spoken."""
    clock = Clock()
    lines = Lines(LineLimits(**limits), Networks.of(["10.0.0.0/8"]), clock)  # type: ignore[arg-type]  # whole numbers
    return clock, lines, HttpDoor(lambda *_: Page(200, "text/plain", b"here"), lines)


def test_k15_slow_loris() -> None:
    """A byte now and then does not help: the time is for the whole question."""
    clock, lines, door = place(idle_s=20)
    line = FakeLine(lines, door)

    for at in range(19):
        clock.now_s = at
        line.talk.received(b"GET /announce?info_hash=x"[at : at + 1])
        lines.sweep()
    assert line.state == "open"
    clock.now_s = 20
    lines.sweep()

    assert (line.state, len(lines)) == ("aborted", 0)


def test_who_asks_stays() -> None:
    """Each whole question gives the whole time again; who went silent in between is ended alone."""
    clock, lines, door = place(idle_s=20)
    asks, silent = FakeLine(lines, door), FakeLine(lines, door, AWAY)

    for at in range(0, 60, 15):
        clock.now_s = at
        asks.talk.received(b"GET / HTTP/1.1\r\n\r\n")
        lines.sweep()

    assert (asks.state, silent.state) == ("open", "aborted")


def test_k15_too_many_of_one_address() -> None:
    """One address has its share, others theirs; when some are gone, others may come."""
    _, lines, door = place(of_one=2)
    first = FakeLine(lines, door, HOME)
    FakeLine(lines, door, HOME)

    assert not lines.admits(HOME)
    assert lines.admits(AWAY)
    assert lines.turned_away == 1
    first.close()
    assert lines.admits(HOME)


def test_an_ipv6_household_is_one() -> None:
    """Somebody has all of a /64."""
    _, lines, door = place(of_one=2)
    for last in range(2):
        FakeLine(lines, door, bytes((0x2A, 1)) + bytes(6) + bytes(7) + bytes((last,)))

    assert not lines.admits(bytes((0x2A, 1)) + bytes(6) + b"anywhere")
    assert lines.admits(bytes((0x2A, 2)) + bytes(14))


def test_a_proxy_is_many() -> None:
    """All come from it."""
    _, lines, door = place(of_one=2)
    for _ in range(9):
        FakeLine(lines, door, bytes((10, 1, 1, 1)))

    assert lines.admits(bytes((10, 1, 1, 1)))


def test_k15_whoever_is_idle_for_longest_makes_room() -> None:
    """All places are taken by idle connections: new ones are served."""
    clock, lines, door = place(connections=3)
    held = [FakeLine(lines, door, bytes((1, 1, 1, last))) for last in range(3)]
    clock.now_s = 1
    held[0].talk.received(b"GET / HTTP/1.1\r\n\r\n")

    assert lines.admits(HOME)

    assert [line.state for line in held] == ["open", "aborted", "open"]


def test_where_nobody_makes_room() -> None:
    """Browsers are not ended for others."""

    class Stays(HttpTalk):
        may_make_room = False

    _, lines, door = place(connections=1)
    FakeLine(lines, lambda line: Stays(door, line))

    assert not lines.admits(AWAY)


@pytest.mark.parametrize("how", ["close", "abort"])
def test_the_end(how: str) -> None:
    """All are closed; one that is closed twice is counted once."""
    _, lines, door = place()
    line = FakeLine(lines, door)
    FakeLine(lines, door)

    getattr(line, how)()
    getattr(line, how)()
    lines.remove(line)
    lines.touch(line)
    lines.shut()

    assert len(lines) == 0
