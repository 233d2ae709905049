# SPDX-License-Identifier: Apache-2.0
"""Connections of clients, whatever carries them: how many there may be, and how long one may be silent.

Who attacks: whoever opens connections and says nothing, or a byte now and then (slow loris), from one machine or many.
One address may have so many; when all places are taken, whoever is idle for longest makes room for who is new; and
every connection has so long for each whole question. One sweep a second looks at those whose time is over, not a timer
for each: they stand in the order in which they last said something whole.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

    from seedbed.tracker.proxies import Networks


class Talk(Protocol):
    """What is said on one connection. Its methods never raise."""

    may_make_room: bool
    """Whether it may be ended for somebody new."""

    def received(self, data: bytes) -> None:
        """So much has come; never empty."""
        ...

    def ended(self) -> None:
        """The client will say no more; it may still listen."""
        ...

    def flushed(self) -> None:
        """All that waited for the client to read is sent."""
        ...

    def silent(self) -> None:
        """Nothing whole has come for so long: ask, or end it."""
        ...

    def lost(self) -> None:
        """The connection is gone; called once, whoever ended it."""
        ...


class Line(Protocol):
    """One connection."""

    ip: bytes
    """Packed: 4 or 16 bytes. Of the proxy, where there is one."""
    talk: Talk

    @property
    def unsent_bytes(self) -> int:
        """What waits for the client to read."""
        ...

    def send(self, data: bytes) -> None:
        """Send, or keep until it can be sent; a line that is closed takes nothing."""
        ...

    def last(self, data: bytes) -> None:
        """Send, and end; in one packet where that can be."""
        ...

    def hold(self) -> None:
        """Read no more for now."""
        ...

    def go_on(self) -> None:
        """Read again."""
        ...

    def close(self) -> None:
        """Send what waits, and end."""
        ...

    def end(self) -> None:
        """Send what waits, say that no more comes, and pass over what still arrives.

        To close with something unread would tear up the answer on its way (RFC 1122, 4.2.2.13).
        """
        ...

    def abort(self) -> None:
        """End at once."""
        ...


@dataclass(frozen=True, slots=True)
class LineLimits:
    """What clients may take."""

    connections: int = 20_000
    of_one: int = 256
    """Of one address (of IPv6 one /64): a school behind one router has as many."""
    idle_s: float = 20.0
    """Without anything whole."""
    unsent_bytes: int = 1 << 30
    """For one client that does not read, and asks on: over HTTP it is not heard before it has read."""


class Lines:
    """All connections of one kind.

    Args:
        limits: What clients may take.
        proxies: From these all come; the limit of one address is not theirs.
        clock: Seconds that never go back.
    """

    def __init__(
        self, limits: LineLimits, proxies: Networks | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.limits = limits
        self.clock = clock
        self._proxies = proxies
        self._lines: dict[Line, float] = {}
        """Each with the time at which it last said something whole, or took what waited for it: in this order."""
        self._of_one: dict[bytes, int] = {}
        self.turned_away = 0

    def __len__(self) -> int:
        return len(self._lines)

    def admits(self, ip: bytes) -> bool:
        """Whether one more may come from an address; makes room where it can."""
        if self._of_one.get(_one(ip), 0) >= self.limits.of_one and not (self._proxies and ip in self._proxies):
            self.turned_away += 1
            return False
        if len(self._lines) < self.limits.connections or self._make_room():
            return True
        self.turned_away += 1
        return False

    def add(self, line: Line) -> None:
        """It stays."""
        self._lines[line] = self.clock()
        one = _one(line.ip)
        self._of_one[one] = self._of_one.get(one, 0) + 1

    def remove(self, line: Line) -> None:
        """It is gone; may be told of lines that never were added."""
        if self._lines.pop(line, None) is not None:
            self._leave(line.ip)

    def speaks_for(self, line: Line, ip: bytes) -> bool:
        """It came through a proxy: it is one of this address from now on, if that may have one more."""
        if self._of_one.get(_one(ip), 0) >= self.limits.of_one:
            self.turned_away += 1
            return False
        if line in self._lines:
            self._leave(line.ip)
            self._of_one[_one(ip)] = self._of_one.get(_one(ip), 0) + 1
        line.ip = ip
        return True

    def touch(self, line: Line) -> None:
        """It said something whole."""
        if self._lines.pop(line, None) is not None:
            self._lines[line] = self.clock()

    def sweep(self) -> None:
        """Tell those who were silent for too long; each has its whole time again then."""
        before_s = self.clock() - self.limits.idle_s
        late = []
        for line, since_s in self._lines.items():
            if since_s > before_s:
                break
            late.append(line)
        for line in late:
            self.touch(line)
            line.talk.silent()

    def shut(self) -> None:
        """Close all; answers that were given are sent."""
        for line in list(self._lines):
            line.close()

    def _leave(self, ip: bytes) -> None:
        one = _one(ip)
        left = self._of_one[one] - 1
        if left:
            self._of_one[one] = left
        else:
            del self._of_one[one]

    def _make_room(self) -> bool:
        oldest = next(iter(self._lines), None)
        if oldest is None or not oldest.talk.may_make_room:
            return False
        oldest.abort()
        return True


def _one(ip: bytes) -> bytes:
    """What one household has: an address of IPv4, a /64 of IPv6."""
    return ip if len(ip) == 4 else ip[:8]
