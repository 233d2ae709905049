# SPDX-License-Identifier: Apache-2.0
"""The tracker's WebSocket: browsers hand each other their offers through it."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

from seedbed.tracker import ws_frames
from seedbed.tracker.http_door import MAX_HEAD_BYTES, Page, forwarded, written
from seedbed.tracker.lines import LineLimits
from seedbed.tracker.tracker import NO_KEY

if TYPE_CHECKING:
    from collections.abc import Callable

    from seedbed.tracker.lines import Line, Lines
    from seedbed.tracker.proxies import Networks
    from seedbed.tracker.ws_swarm import Connection
    from seedbed.tracker.ws_tracker import WebTracker

LIMITS = LineLimits(idle_s=30.0, unsent_bytes=1 << 20)
"""A handshake has 30 seconds. Who is silent for longer is asked each minute, and ended when nothing comes back."""
_ASK_AFTER, _END_AFTER = 2, 4
"""Silences, one after another."""
_END = b"\r\n\r\n"
_NO_KEY = Page(403, "text/plain", NO_KEY.encode() + b"\n")
_NO_SOCKET = Page(426, "text/plain", b"here is a WebSocket, for browsers: expected an upgrade\n")
_TOO_LONG = Page(431, "text/plain", b"the request is too long\n")
_TOO_MANY = Page(503, "text/plain", b"too many connections\n")
log = logging.getLogger(__name__)


class WsDoor:
    """Begins what is said on a connection, and carries what one is told through another.

    Args:
        web: What answers.
        lines: All connections.
        proxies: Whose ``X-Forwarded-For`` is believed.
        soon: Calls something once all that has come is read, such as an event loop's ``call_soon``.
    """

    def __init__(
        self, web: WebTracker, lines: Lines, proxies: Networks, soon: Callable[[Callable[[], None]], object]
    ) -> None:
        self._soon = soon
        self.web = web
        self.lines = lines
        self.proxies = proxies
        self.talks: dict[Connection, WsTalk] = {}
        self._told: dict[WsTalk, list[bytes]] = {}
        """What is to be sent, once all that came meanwhile is read: before each message the head of its frame."""

    def __call__(self, line: Line) -> WsTalk:
        """A new connection."""
        return WsTalk(self, line)

    def tell(self, to: Connection, text: bytes) -> None:
        """Send soon, without waiting: one slow client must not hold up whoever speaks to it.

        The five answers to the offers of one announce often come in one turn of the loop, and go out as one then.
        """
        talk = self.talks.get(to)
        if talk is None:
            return
        if not self._told:
            self._soon(self._send_told)
        waits = self._told.get(talk)
        if waits is None:
            waits = self._told[talk] = []
        waits.append(ws_frames.text_head(len(text)))
        waits.append(text)

    def _send_told(self) -> None:
        told, self._told = self._told, {}
        for talk, frames in told.items():
            talk.line.send(b"".join(frames))

    def shut(self) -> None:
        """Say that we go away."""
        for talk in list(self.talks.values()):
            talk.end(1001, "going away")


class WsTalk:
    """What is said on one connection."""

    __slots__ = ("_connection", "_door", "_head", "_reader", "_silences", "line", "may_make_room")

    def __init__(self, door: WsDoor, line: Line) -> None:
        self._door = door
        self.line = line
        self._head: bytes | None = b""
        """Of the handshake; None once it is done."""
        self._reader = ws_frames.Reader()
        self._connection: Connection | None = None
        self._silences = 0
        self.may_make_room = True
        """Until it is a WebSocket: nobody's peers are ended for somebody new."""

    def received(self, data: bytes) -> None:
        """Answer every message that is whole."""
        if self._head is not None:
            data = self._shake(self._head + data)
        if not data or self._connection is None:
            return
        try:
            messages = self._reader.read(data)
        except ws_frames.BrokenError as error:
            self.end(error.code, str(error))
            return
        for kind, said in messages:
            self._heard(kind, said)

    def flushed(self) -> None:
        """Nothing waits for it: it is heard all the time."""

    def ended(self) -> None:
        """A browser that says no more is gone."""
        self.line.close()

    def silent(self) -> None:
        """Ask whether anybody is there, and then believe that nobody is."""
        self._silences += 1
        if self._head is not None or self._silences >= _END_AFTER:
            self.line.abort()
        elif self._silences == _ASK_AFTER:
            self.line.send(ws_frames.ping())

    def lost(self) -> None:
        """Its peers are gone with it."""
        if self._connection is not None:
            self._door.talks.pop(self._connection, None)
            self._door.web.closed(self._connection)
            self._connection = None

    def end(self, code: int, why: str) -> None:
        """Say why, and end."""
        self.lost()
        self.line.send(ws_frames.close(code, why))
        self.line.end()

    def _shake(self, head: bytes) -> bytes:
        """Begin as HTTP does; what came behind the handshake."""
        end = head.find(_END)
        if end < 0 or end > MAX_HEAD_BYTES:
            self._head = head
            if len(head) > MAX_HEAD_BYTES:
                self._refuse(_TOO_LONG)
            return b""
        line, _, rest = head[:end].partition(b"\r\n")
        words, fields = line.split(b" "), _fields(rest)
        answer = ws_frames.welcome(fields)
        if len(words) != 3 or words[0] != b"GET" or answer is None:
            self._refuse(_NO_SOCKET)
        elif not self._has_key(words[1]):
            self._refuse(_NO_KEY)
        elif not self._is_one_of_few(rest):
            self._refuse(_TOO_MANY)
        else:
            self._begin(answer)
        return head[end + 4 :]

    def _begin(self, answer: bytes) -> None:
        self._head = None
        self.may_make_room = False
        self._connection = self._door.web.connected()
        self._door.talks[self._connection] = self
        self._door.lines.touch(self.line)
        self.line.send(answer)

    def _has_key(self, target: bytes) -> bool:
        """At ``/KEY`` or ``/KEY/announce``."""
        keys = self._door.web.tracker.keys
        return not keys or target.partition(b"?")[0].decode("latin-1").split("/")[1] in keys

    def _is_one_of_few(self, rest: bytes) -> bool:
        """Behind a proxy each browser has its own share."""
        line, proxies = self.line, self._door.proxies
        ip = proxies.client(line.ip, forwarded(rest)) if proxies else line.ip
        return ip == line.ip or self._door.lines.speaks_for(line, ip)

    def _refuse(self, page: Page) -> None:
        self._head = b""
        self.line.send(written(page, goes_on=False))
        self.line.end()

    def _heard(self, kind: int, said: bytes) -> None:
        if self._connection is None:
            return
        self._silences = 0
        self._door.lines.touch(self.line)
        if kind == ws_frames.TEXT and not ws_frames.is_text(said):
            self.end(ws_frames.BAD_DATA, "expected UTF-8")
        elif kind <= ws_frames.BINARY:
            self._message(self._connection, said)
        elif kind == ws_frames.PING:
            self.line.send(ws_frames.pong(said))
        elif kind == ws_frames.CLOSE:
            self.end(int.from_bytes(said[:2], "big") if len(said) >= 2 else 1000, "")

    def _message(self, connection: Connection, said: bytes) -> None:
        try:
            told = self._door.web.message(connection, said, int(time.monotonic()))
        except Exception:  # one message must not end the service
            log.exception("tracker websocket failed")
            self.end(ws_frames.FAILED, "the tracker has failed; it is noted")
            return
        for to, text in told:
            self._door.tell(to, text)


def _fields(rest: bytes) -> dict[bytes, bytes]:
    """Of a head, names in lower case."""
    named = (line.partition(b":") for line in rest.split(b"\r\n"))
    return {name.strip().lower(): value.strip() for name, _, value in named}
