# SPDX-License-Identifier: Apache-2.0
"""A connection without a socket, for what is said on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from seedbed.tracker.lines import Line, Lines, Talk


class Clock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        """Seconds."""
        return self.now_s


class FakeLine:
    """Keeps what it is told."""

    def __init__(self, lines: Lines, begin: Callable[[Line], Talk], ip: bytes = b"\x7f\0\0\x01") -> None:
        self.ip, self.unsent_bytes = ip, 0
        self.sent, self.state = b"", "open"
        self.is_held = False
        self._lines = lines
        self.talk: Talk = begin(self)
        lines.add(self)

    def send(self, data: bytes) -> None:
        """Kept."""
        if self.state == "open":
            self.sent += data

    def last(self, data: bytes) -> None:
        """Both are noted."""
        self.send(data)
        self.close()

    def hold(self) -> None:
        """Noted."""
        self.is_held = True

    def go_on(self) -> None:
        """Noted."""
        self.is_held = False

    def close(self) -> None:
        """Noted."""
        self._leave("closed")

    def end(self) -> None:
        """Noted; what still comes is passed over."""
        if self.state == "open":
            self.state = "ended"

    def abort(self) -> None:
        """Noted."""
        self._leave("aborted")

    def _leave(self, how: str) -> None:
        if self.state in {"open", "ended"}:
            self.state = how
            self._lines.remove(self)
            self.talk.lost()
