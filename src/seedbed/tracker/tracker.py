# SPDX-License-Identifier: Apache-2.0
"""A tracker without sockets: requests in, answers out. Clock and chance are passed in.

The wires (:mod:`.udp_wire`, :mod:`.http_wire`, :mod:`.ws_wire`) know bytes, :mod:`.swarm` knows peers, and this knows
who is served.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from seedbed.tracker import addresses, http_wire, udp_wire
from seedbed.tracker.others import Others
from seedbed.tracker.swarm import Count

if TYPE_CHECKING:
    from seedbed.tracker.access import Access
    from seedbed.tracker.swarm import Answer, Swarms
    from seedbed.tracker.ws_swarm import WebSwarms

NOT_LISTED = "this tracker serves the datasets of its catalogue only, and this is none of them"
_MANY = 1 << 20
"""Peers that nobody is given; a number of C has an end."""
NO_KEY = "this tracker serves its members only: expected the address with your key, /KEY/announce"


@dataclass
class Totals:
    """What was done since the start, for the numbers page."""

    announces: int = 0
    scrapes: int = 0
    connects: int = 0
    refused: int = 0
    """Not listed, or a port or address that peers are not sent to."""
    dropped: int = 0
    """Datagrams that were no requests, or had no good connection id."""


@dataclass
class Tracker:
    """See the module's text. Not for several threads. Without slots, which compiled classes have anyway."""

    swarms: Swarms
    access: Access
    ids: udp_wire.ConnectionIds
    interval_s: int = 1_800
    allows_private: bool = False
    """Whether peers of private networks are served: a tracker of one's own network."""
    keys: frozenset[str] = frozenset()
    """Of those who may ask, at ``/KEY/announce``; empty for everybody, at ``/announce``. Over UDP announces alone name
    a path (BEP 41), so with keys nobody may scrape there."""
    web: WebSwarms | None = None
    """Browsers, where they are served: other peers do not hear of them, and they are counted."""
    totals: Totals = field(default_factory=Totals)
    others: Others = field(default_factory=Others)
    """What other workers have, where there are several."""

    def datagram(self, data: bytes, ip: bytes, now_s: int) -> bytes | None:
        """Answer a datagram; None for no answer.

        Args:
            data: What came.
            ip: From where: 4 or 16 bytes, as :func:`seedbed.tracker.addresses.packed` makes them.
            now_s: Seconds of a clock that never goes back.
        """
        kind = udp_wire.kind_of(data)
        if kind == udp_wire.CONNECT:
            self.totals.connects += 1
            return udp_wire.connected(udp_wire.transaction_of(data), self.ids.of(ip, now_s))
        if kind == udp_wire.NOTHING or not self.ids.is_good(udp_wire.connection_of(data), ip, now_s):
            self.totals.dropped += 1
            return None
        if self.keys and udp_wire.key_of(data if kind == udp_wire.ANNOUNCE else b"") not in self.keys:
            self.totals.refused += 1
            return udp_wire.refused(udp_wire.transaction_of(data), NO_KEY)
        if kind == udp_wire.ANNOUNCE:
            return self._announce_datagram(data, ip, now_s)
        self.totals.scrapes += 1
        counts = [self.count(one) for one in udp_wire.read_scrape(data)]
        return udp_wire.scraped(udp_wire.transaction_of(data), counts)

    def http(self, path: str, query: bytes, ip: bytes, now_s: int) -> bytes | None:
        """Answer a GET; None where there is no such page.

        Args:
            path: As it was sent, from the first slash on, without the query.
            query: As it was sent, without the question mark.
            ip: From where, packed.
            now_s: Seconds of a clock that never goes back.
        """
        key, _, page = path[1:].rpartition("/")
        if page not in ("announce", "scrape") or (key and not self.keys):
            return None
        if self.keys and key not in self.keys:
            self.totals.refused += 1
            return http_wire.failed(NO_KEY, for_good=True)
        return self._http_announce(query, ip, now_s) if page == "announce" else self._http_scrape(query)

    def is_announce(self, path: str) -> bool:
        """Whether a path is that of an announce, by somebody who may."""
        key, _, page = path[1:].rpartition("/")
        return page == "announce" and (key in self.keys if self.keys else not key)

    def announce(
        self, info_hash: bytes, ip: bytes, port: int, *, left: int, event: int, wanted: int, now_s: int
    ) -> Answer | str:
        """Note a peer; the answer, or why it is refused.

        Args:
            info_hash: 20 bytes.
            ip: Where it came from, packed.
            port: Where it says that it listens.
            left: Bytes that it lacks; 0 for a seed.
            event: See :class:`seedbed.tracker.swarm.Event`.
            wanted: Peers that it asks for; negative for as many as we give.
            now_s: Seconds.
        """
        why = self._why_not(info_hash, ip, port)
        if why:
            self.totals.refused += 1
            return why
        self.totals.announces += 1
        address = addresses.compact(ip, port)
        return self.swarms.announce(info_hash, address, is_seed=left == 0, event=event, wanted=wanted, now_s=now_s)

    def follow(self, access: Access) -> None:
        """Take over who is served from now on; swarms that are no longer listed are forgotten."""
        self.access = access
        for info_hash, _ in self.swarms.each():
            if not access.is_listed(info_hash):
                self.swarms.drop(info_hash)

    def count(self, info_hash: bytes) -> Count:
        """The numbers of one swarm, browsers included: what a scrape tells."""
        count = self.others.plus(info_hash, self.swarms.scrape(info_hash))
        if self.web is None:
            return count
        seeds, leechers = self.web.count(info_hash)
        return Count(count.seeds + seeds, count.completed, count.leechers + leechers)

    def completed(self, info_hash: bytes) -> int:
        """How often a swarm's peers said that they were done, of all workers."""
        return self.others.plus(info_hash, self.swarms.scrape(info_hash)).completed

    def _why_not(self, info_hash: bytes, ip: bytes, port: int) -> str:
        if not self.swarms.knows(info_hash) and not self.access.is_listed(info_hash):
            return NOT_LISTED
        if not addresses.is_good_port(port):
            return f"port {port}: expected one from {addresses.MIN_PORT} to 65535"
        if not self.allows_private and not addresses.is_public(ip):
            return "your address is one of a private network: other peers could not reach you"
        return ""

    def _http_announce(self, query: bytes, ip: bytes, now_s: int) -> bytes:
        request = http_wire.parse_announce(query)
        if isinstance(request, str):
            self.totals.refused += 1
            return http_wire.failed(request)
        info_hash, port, left, event, wanted, compact = request
        why = self._why_not(info_hash, ip, port)
        if why:
            self.totals.refused += 1
            return http_wire.failed(why)  # not for good: it may be published in a moment
        self.totals.announces += 1
        address = addresses.compact(ip, port)
        wanted = min(max(wanted, -1), _MANY)
        found = self.swarms.hear(info_hash, address, left == 0, event, wanted, now_s)
        completed = self.swarms.completed(info_hash)
        return http_wire.announced(found, self.interval_s, ip, compact, completed)

    def _http_scrape(self, query: bytes) -> bytes:
        """Numbers of what is listed; of what is not, nothing, and words when that is all."""
        request = http_wire.parse_scrape(query)
        if isinstance(request, str):
            self.totals.refused += 1
            return http_wire.failed(request)
        self.totals.scrapes += 1
        listed = [one for one in request if self.access.is_listed(one)]
        if not listed:
            return http_wire.failed(NOT_LISTED)
        return http_wire.scraped({one: self.count(one) for one in listed})

    def _announce_datagram(self, data: bytes, ip: bytes, now_s: int) -> bytes | None:
        """A hash that is not listed gets no answer (K7): a million of them cost nothing."""
        info_hash, is_seed, event, wanted, port = udp_wire.read_announce(data)
        why = self._why_not(info_hash, ip, port)
        if why:
            self.totals.refused += 1
            return None if why is NOT_LISTED else udp_wire.refused(udp_wire.transaction_of(data), why)
        self.totals.announces += 1
        address = ip + data[96:98]
        seeds, leechers, peers = self.swarms.hear(info_hash, address, is_seed, event, wanted, now_s)
        return udp_wire.announced(udp_wire.transaction_of(data), self.interval_s, leechers, seeds, peers)
