# SPDX-License-Identifier: Apache-2.0
"""The bytes of a run of pieces from one web seed, as one stream (BEP 19).

A run touches one file or many; each part is a request. Small ones are sent ahead on the kept connection, so that a
folder of small files costs bandwidth and not a round trip each. A part that is redirected is followed on a connection
of its own, each hop judged like the first.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple, TypeAlias
from urllib.parse import urljoin

from seedbed.fetching.faults import Fault, Kind
from seedbed.fetching.web.allowance import Allowance
from seedbed.fetching.web.http_connection import Connection, tls_context
from seedbed.fetching.web.http_wire import judge, split_url
from seedbed.fetching.web.proxies import render

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterable, Sequence

    from seedbed.fetching.proving.pieces import Stretch
    from seedbed.fetching.rules import Rules
    from seedbed.fetching.web.http_wire import Address, Head, Want
    from seedbed.fetching.web.throttle import Throttle

Origin: TypeAlias = tuple[str, str, int]
_MAX_KEPT = 4
"""Servers that a web seed may redirect to, with a connection kept to each."""
_MAX_MOVED = 1000
"""Redirects remembered by a connection."""
_CAREFUL_ANSWERS = 16
_MAX_REDIRECT_BODY_BYTES = 65_536
_AHEAD_BYTES = 1 << 20
"""Asked for ahead at most: what is thrown away when a run ends early."""


class Part(NamedTuple):
    """One request of a run."""

    address: Address
    want: Want
    file_index: int


@dataclass(slots=True)
class Line:
    """A thread's way to one web seed: its connection, kept from run to run, and what was learnt about it."""

    rules: Rules
    agent: str
    on_open: Callable[[Connection], None]
    """Told of each new connection, so that it can be aborted from outside."""
    on_close: Callable[[Connection], None]
    connection: Connection | None = None
    """The one in use."""
    tls: ssl.SSLContext | None = None
    ahead: int = 1
    """Requests that may be under way at once; 1 until the server has kept a connection."""
    careful_left: int = 0
    """Answers still to come one at a time, after requests sent ahead went wrong."""
    was_ahead: bool = False
    """Whether several requests have been under way at once since :meth:`one_at_a_time` or the beginning."""
    moved: dict[Address, Address] = field(default_factory=dict)
    """Where files were sent on to: one in many ranges is not looked up for each. Forgotten when it fails there: nodes
    rotate, and signed addresses end."""
    allowance: Allowance = field(default_factory=Allowance)
    """How many requests the servers still allow; shared with the other connections."""
    throttle: Throttle | None = None
    """How many bytes a second may come; shared with other fetches too."""
    _kept: dict[Origin, Connection] = field(default_factory=dict)
    """Connections by where they lead: an archive that redirects each file is two servers."""

    @property
    def origin(self) -> Origin | None:
        """Where the connection in use leads."""
        return next((origin for origin, kept in self._kept.items() if kept is self.connection), None)

    def ready(self, address: Address) -> Connection:
        """A connection to an address, the kept one if there is one."""
        kept = self._kept.get(address.origin)
        if kept is None:
            if len(self._kept) >= _MAX_KEPT:
                self._close(next(iter(self._kept)))
            is_tls = address.scheme == "https"
            if is_tls and self.tls is None:
                self.tls = tls_context()
            tls = self.tls if is_tls else None
            kept = self._kept[address.origin] = Connection(address, self.rules, tls=tls, throttle=self.throttle)
            self.on_open(kept)
        self.connection = kept
        return kept

    def drop(self) -> None:
        """Close the connection in use: what is left on it is of no use."""
        if (origin := self.origin) is not None:
            self._close(origin)
        self.connection = None

    def close(self) -> None:
        """Close all."""
        for origin in list(self._kept):
            self._close(origin)
        self.connection = None

    def _close(self, origin: Origin) -> None:
        connection = self._kept.pop(origin)
        connection.close()
        self.on_close(connection)

    def one_at_a_time(self) -> None:
        """Send nothing ahead for a while: some servers, or boxes on the way, do not bear it."""
        self.was_ahead = False
        self.ahead = 1
        self.careful_left = _CAREFUL_ANSWERS

    def went_well(self) -> None:
        """An answer came on a connection that stays open."""
        if self.careful_left:
            self.careful_left -= 1
        else:
            self.ahead = self.rules.requests_ahead

    def current(self, address: Address) -> Address:
        """Where an address leads by what was learnt."""
        return self.moved.get(address, address)

    def send_on(self, address: Address, there: Address) -> None:
        """Remember where a file was sent on to."""
        while len(self.moved) >= _MAX_MOVED:
            del self.moved[next(iter(self.moved))]
        self.moved[address] = there

    def forget(self, address: Address) -> bool:
        """Ask for a file at its own address again; False when that was so before."""
        return self.moved.pop(address, None) is not None


class RunReader:
    """Reads the parts of one run, in order.

    Args:
        line: The connection to use.
        parts: What the run consists of; consecutive.
        sends_whole_files: The server knows no ranges: whole files are asked for and their beginnings dropped.
    """

    def __init__(self, line: Line, parts: Iterable[Part], *, sends_whole_files: bool = False) -> None:
        self.line = line
        self._todo = deque(parts)
        self._sent: deque[Part] = deque()
        self._sends_whole = sends_whole_files
        self._left = 0
        self._cuts = False
        self._unanswered, self._host = 0, ""
        self.part: Part | None = None
        """The part being read, for whoever has to say what failed."""
        self.is_html = False
        """Whether the part being read calls itself a web page."""

    def read(self, view: memoryview) -> None:
        """Fill ``view`` with the run's next bytes.

        Raises:
            Fault: the source failed; the run is over.
        """
        at = 0
        while at < len(view):
            if not self._left:
                self._begin_part()
            step = min(self._left, len(view) - at)
            self._connection().read_exactly(view[at : at + step])
            at += step
            self._left -= step
            if not self._left:
                self._end_part()

    def read_piece(self, stretches: Sequence[Stretch], view: memoryview) -> None:
        """Fill ``view`` with a piece: bytes of files from the run, zeros where it is padding.

        Raises:
            Fault: as :meth:`read`.
        """
        at = 0
        for stretch in stretches:
            part = view[at : at + stretch.length]
            if stretch.file_index < 0:
                part[:] = bytes(stretch.length)
            else:
                self.read(part)
            at += stretch.length

    def close(self) -> None:
        """The run is over; a connection with unread answers is of no use any more."""
        if self._left or self._sent:
            self.line.drop()
        self._give_up_answers()

    def _connection(self) -> Connection:
        if self.line.connection is None:
            raise Fault(Kind.BROKEN, "the connection is closed")
        return self.line.connection

    def _begin_part(self) -> None:
        self.part = part = (self._sent or self._todo)[0]
        was_moved = part.address in self.line.moved
        try:
            self._open_part(part)
        except Fault:
            self.line.forget(part.address)
            if not was_moved:
                raise
            self._sent_again()
            self._open_part(part)

    def _open_part(self, part: Part) -> None:
        """Get as far as the part's first byte."""
        head = self._answer(part)
        hops = 0
        while head.is_redirect:
            hops += 1
            head = self._follow(part, head, hops)
        self.is_html = head.is_html
        want = part.want.whole if self._sends_whole else part.want
        judge(head, want)
        if hops == 0 and head.keeps_alive:
            self.line.went_well()
        self._sent.popleft()
        self._left = part.want.stop - part.want.start
        self._cuts = want.stop > part.want.stop or not head.keeps_alive
        if want.start < part.want.start:
            self._skip(part.want.start - want.start)

    def _end_part(self) -> None:
        if self._cuts or self._connection().has_more():
            self._sent_again()

    def _sent_again(self) -> None:
        """Drop the connection; what was sent on it and not answered will be asked for again."""
        self.line.drop()
        self._give_up_answers()
        self._todo.extendleft(reversed(self._sent))
        self._sent.clear()

    def _give_up_answers(self) -> None:
        """Nothing is heard any more of what was sent."""
        self.line.allowance.lost(self._host, self._unanswered)
        self._unanswered = 0

    def _answer(self, part: Part) -> Head:
        """Send what may be sent ahead and read the next head.

        A kept connection may turn out closed, or out of step when the last body was longer than announced: then once
        more on a new one.
        """
        try:
            self._send_ahead()
            return self._read_head(part)
        except Fault as fault:
            was_kept = bool(self.line.connection and self.line.connection.answers)
            self.line.drop()
            if fault.is_stall or fault.kind is not Kind.BROKEN or not was_kept:
                raise
        if len(self._sent) > 1:
            self.line.one_at_a_time()
        self._sent_again()
        self._send_ahead()
        if not self._sent or self._sent[0] is not part:
            raise Fault(Kind.BROKEN, "the run lost its place")
        return self._read_head(part)

    def _read_head(self, part: Part) -> Head:
        head = self._connection().read_head()
        self._unanswered -= 1
        self.line.allowance.heard(self.line.current(part.address).authority, head)
        return head

    def _send_ahead(self) -> None:
        if self._sent and len(self._sent) > self.line.ahead // 2:
            return  # enough is under way: the next ones are sent together
        under_way = sum(part.want.length for part in self._sent)
        lines: list[bytes] = []
        target: Connection | None = None
        while self._todo and (not self._sent or (len(self._sent) < self.line.ahead and under_way < _AHEAD_BYTES)):
            part = self._todo[0]
            address = self.line.current(part.address)
            if self._sent and (address.origin != self.line.origin or not self._may_send(address)):
                break
            self._require_allowed(address)
            target = self.line.ready(address)
            lines.append(self._request(address, part.want))
            self._sent.append(self._todo.popleft())
            under_way += part.want.length
        self.line.was_ahead |= len(self._sent) > 1
        if target:
            target.send(b"".join(lines))

    def _may_send(self, address: Address) -> bool:
        """Whether the server allows one more request beside those under way."""
        return len(self._sent) < self.line.allowance.ahead(address.authority, self.line.ahead)

    def _require_allowed(self, address: Address) -> None:
        """Take one of the requests that a server allows.

        Raises:
            Fault: they are used up; SPENT.
        """
        if (wait_s := self.line.allowance.wait_s(address.authority)) > 0:
            text = f"it allows no more requests for {wait_s:.0f} s"
            raise Fault(Kind.SPENT, text, retry_after_s=wait_s, name="busy")
        self.line.allowance.take(address.authority)
        self._unanswered, self._host = self._unanswered + 1, address.authority

    def _request(self, address: Address, want: Want) -> bytes:
        agent = self.line.agent
        if want.is_whole or self._sends_whole:
            return render(address, agent=agent)
        return render(address, agent=agent, start=want.start, stop=want.stop)

    def _follow(self, part: Part, head: Head, hops: int) -> Head:
        """Go where an answer sends us: to http or https only, a few times only."""
        rules = self.line.rules
        if hops > rules.max_redirects:
            raise Fault(Kind.REFUSED, f"it redirects more than {rules.max_redirects} times", name="redirects")
        here = self.line.current(part.address)
        there = split_url(urljoin(here.url, head.headers["location"]))
        if here.scheme == "https" and there.scheme == "http":
            raise Fault(Kind.REFUSED, "it redirects from https to plain http", name="redirects")
        self._leave(head)
        self.line.send_on(part.address, there)
        self.line.ahead = 1
        self._send_ahead()
        return self._read_head(part)

    def _leave(self, head: Head) -> None:
        """Turn from a connection; it is kept when nothing is left on it."""
        is_alone = len(self._sent) == 1 and head.keeps_alive
        if is_alone and (head.is_chunked or (head.length or 0) <= _MAX_REDIRECT_BODY_BYTES):
            self._connection().read_to_end(_MAX_REDIRECT_BODY_BYTES)
            self._todo.extendleft(reversed(self._sent))
            self._sent.clear()
        else:
            self._sent_again()

    def _skip(self, count: int) -> None:
        scratch = memoryview(bytearray(min(count, 1 << 18)))
        while count:
            step = scratch[: min(count, len(scratch))]
            self._connection().read_exactly(step)
            count -= len(step)
