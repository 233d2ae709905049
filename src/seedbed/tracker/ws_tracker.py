# SPDX-License-Identifier: Apache-2.0
"""A tracker for browsers without sockets: messages in, messages for whom they concern out.

Browsers reach browsers only: an announce tells them how many of these there are. A scrape tells of all peers of a
dataset, over whatever wire it is asked (:meth:`seedbed.tracker.tracker.Tracker.count`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from seedbed.tracker import ws_wire
from seedbed.tracker.swarm import Event
from seedbed.tracker.tracker import NOT_LISTED
from seedbed.tracker.ws_swarm import Connection

if TYPE_CHECKING:
    from seedbed.tracker.tracker import Tracker
    from seedbed.tracker.ws_swarm import WebSwarms

Told: TypeAlias = "list[tuple[Connection, bytes]]"
"""What is to be sent to whom, in this order."""


@dataclass
class WebTracker:
    """See the module's text. Not for several threads. Without slots, which compiled classes have anyway."""

    tracker: Tracker
    """Decides who is served, counts completions, and has the numbers; its ``web`` are these swarms."""
    swarms: WebSwarms
    interval_s: int = 120
    """Shorter than other peers': browsers come and go, and offers are good for a minute."""
    connections: int = 0
    """That are open."""

    def connected(self) -> Connection:
        """A WebSocket was opened."""
        self.connections += 1
        return Connection()

    def closed(self, connection: Connection) -> None:
        """A WebSocket is gone, and its peers with it; may be told twice."""
        if connection.is_open:
            self.connections -= 1
        self.swarms.close(connection)

    def message(self, connection: Connection, text: bytes | str, now_s: int) -> Told:
        """Answer a message. Never raises.

        Args:
            connection: From which it came.
            text: One message, in UTF-8.
            now_s: Seconds of a clock that never goes back.
        """
        if not connection.is_open:
            return []
        request = ws_wire.parse(text)
        if isinstance(request, ws_wire.Malformed):
            return self._refuse(connection, *request)
        if isinstance(request, ws_wire.WsScrape):
            return self._scrape(connection, request)
        info_hash = request.info_hash
        if not self.swarms.knows(info_hash) and not self.tracker.access.is_listed(info_hash):
            return self._refuse(connection, NOT_LISTED, "announce", info_hash)
        if isinstance(request, ws_wire.WsAnswer):
            return self._answer(connection, request)
        return self._announce(connection, request, now_s)

    def _announce(self, connection: Connection, request: ws_wire.WsAnnounce, now_s: int) -> Told:
        info_hash = request.info_hash
        self.tracker.totals.announces += 1
        if request.event == Event.STOPPED:
            self.swarms.leave(connection, info_hash)
            return [(connection, self._numbers(info_hash))]
        before = connection.members.get(info_hash)
        was_leecher = before is not None and not before.is_seed
        is_done = request.event == Event.COMPLETED
        is_seed = True if is_done else request.is_seed
        member = self.swarms.join(connection, info_hash, request.peer_id, is_seed, now_s)
        if isinstance(member, str):
            return self._refuse(connection, member, "announce", info_hash)
        if is_done and was_leecher:
            swarms = self.tracker.swarms
            swarms.restore({info_hash: swarms.scrape(info_hash).completed + 1})
        to = self.swarms.offer(info_hash, member, [one.offer_id for one in request.offers], now_s)
        offered = zip(to, ws_wire.offered(info_hash, request.peer_id, request.offers[: len(to)]), strict=True)
        return [(connection, self._numbers(info_hash)), *offered]

    def _answer(self, connection: Connection, request: ws_wire.WsAnswer) -> Told:
        """An answer to nobody's offer is passed over: whoever offered may have left."""
        to = self.swarms.answer(connection, request.info_hash, request.to_peer_id, request.offer_id)
        return [(to, ws_wire.answered(request))] if to else []

    def _scrape(self, connection: Connection, request: ws_wire.WsScrape) -> Told:
        self.tracker.totals.scrapes += 1
        counts = {one: self.tracker.count(one) for one in request.info_hashes if self.tracker.access.is_listed(one)}
        return [(connection, ws_wire.scraped(counts))] if counts else self._refuse(connection, NOT_LISTED, "scrape")

    def _numbers(self, info_hash: bytes) -> bytes:
        return ws_wire.announced(info_hash, self.interval_s, *self.swarms.count(info_hash))

    def _refuse(self, connection: Connection, why: str, action: str, info_hash: bytes | None = None) -> Told:
        self.tracker.totals.refused += 1
        return [(connection, ws_wire.failed(why, action, info_hash))]
