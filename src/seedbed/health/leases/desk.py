# SPDX-License-Identifier: Apache-2.0
"""The registry's door: leases come in by ``POST /lease``, and what follows from them goes out by ``GET /health``."""

from __future__ import annotations

import asyncio
import hashlib
import ipaddress
import json
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from seedbed.core.hosts import is_private_address
from seedbed.errors import FormatError
from seedbed.health.leases import lease as leases
from seedbed.health.leases.book import Book, Refused, Table
from seedbed.health.leases.lease import Lease
from seedbed.health.leases.networks import network_of
from seedbed.health.leases.rates import Rates
from seedbed.tracker.http_door import Page

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from seedbed.health.leases.signed import Signs

LEASE, HEALTH, NODES = "lease", "health", "nodes.json"
MEDIA_TYPE = "application/octet-stream"
MAX_POST_BYTES = leases.MAX_BYTES + 1_000
LEASES_AT_ONCE, LEASES_PER_S = 300.0, 1.0
"""Of one network: a university has many nodes behind one, and each refreshes at most once a minute."""
BYTES_AT_ONCE, BYTES_PER_S = 128e6, 1e6
REST = 20
"""Times as long as it took, a table is not made again."""
FRESH_S = 300
"""What is told is not older than this."""
_FAR = b"Cache-Control: public, max-age=60\r\n"


class Works(Protocol):
    """Proves nodes: :class:`seedbed.health.probes.turns.Turns`."""

    async def work(self) -> None:
        """Until cancelled."""
        ...


@dataclass(slots=True)
class Desk:
    """See :class:`seedbed.tracker.server.Beside`.

    Args:
        book: What is known.
        signs: The registry's key.
        works: Proves nodes.
        now_s: Seconds since 1970.
        allows_private: Whether nodes of private networks are listed.
    """

    book: Book
    signs: Signs
    works: Works
    now_s: Callable[[], int]
    allows_private: bool = False
    since_s: int = field(init=False)
    _leases: Rates = field(init=False)
    _bytes: Rates = field(init=False)
    _making: asyncio.Lock = field(default_factory=asyncio.Lock)
    _table: Table | None = None
    _table_of: int = -1
    _until_s: float = 0.0
    _told: Page | None = None
    _told_of: Table | None = None
    _told_at_s: int = 0

    def __post_init__(self) -> None:
        clock_s = self.book.clock_s
        self.since_s = self.now_s()
        self._leases = Rates(clock_s, LEASES_AT_ONCE, LEASES_PER_S)
        self._bytes = Rates(clock_s, BYTES_AT_ONCE, BYTES_PER_S)

    @property
    def public(self) -> bytes:
        """The registry's public key: 32 bytes."""
        return self.signs.public

    def follow(self, sizes: Mapping[int, int]) -> None:
        """The catalogue has these units now: key -> bytes."""
        self.book.sizes = sizes

    def limit_bytes(self, page: str, /) -> int:
        """See :class:`seedbed.tracker.server.Beside`."""
        return MAX_POST_BYTES if page == LEASE else 0

    def page(self, page: str, /) -> Page | asyncio.Future[Page] | None:
        """See :class:`seedbed.tracker.server.Beside`."""
        if page == NODES:
            return self._nodes()
        return asyncio.ensure_future(self._health()) if page == HEALTH else None

    def posted(self, _page: str, body: bytes, ip: bytes, /) -> Page | asyncio.Future[Page]:
        """See :class:`seedbed.tracker.server.Beside`."""
        if not self.allows_private and is_private_address(ipaddress.ip_address(ip)):
            return _refused(403, "your address is one of a private network: nobody could prove you there")
        network = network_of(ip, self.book.key)
        if not self._leases.allows(network, 1) or not self._bytes.allows(network, len(body)):
            return _refused(429, "too many leases come from your network; try again later")
        return asyncio.ensure_future(self._take(body, ip))

    async def work(self) -> None:
        """See :class:`seedbed.tracker.server.Beside`."""
        await self.works.work()

    async def _take(self, body: bytes, ip: bytes) -> Page:
        try:
            lease = await asyncio.to_thread(Lease.unsealed, body)
        except FormatError as error:
            return _refused(400, error.message)
        node = self.book.take(lease, ip, self.now_s())
        if isinstance(node, Refused):
            return _refused(node.status, node.why)
        table, now_s, is_proved = await self._fresh(), self.now_s(), node.is_proved
        answer = await asyncio.to_thread(lambda: table.answer(lease, now_s, is_proved=is_proved).sealed(self.signs))
        return Page(200, MEDIA_TYPE, answer)

    def _nodes(self) -> Page:
        """How many nodes there are, and in which countries those stand that were proved, as they say themselves."""
        self.book.expire()
        proved = [one for one in self.book.nodes.values() if one.is_proved]
        countries = Counter(one.lease.country for one in proved if one.lease.country)
        told = {"nodes": len(self.book.nodes), "proved": len(proved), "countries": dict(sorted(countries.items()))}
        return Page(200, "application/json", json.dumps(told).encode(), _FAR)

    async def _health(self) -> Page:
        table, now_s = await self._fresh(), self.now_s()
        if self._told is None or self._told_of is not table or not 0 <= now_s - self._told_at_s < FRESH_S:
            sizes, since_s, began_s = self.book.sizes, self.since_s, self.book.clock_s()
            body = await asyncio.to_thread(lambda: table.report(sizes, now_s, since_s).sealed(self.signs))
            tag = b'"%b"' % hashlib.sha256(body).hexdigest()[:32].encode()
            self._told, self._told_of, self._told_at_s = Page(200, MEDIA_TYPE, body, _FAR, tag), table, now_s
            done_s = self.book.clock_s()
            self._until_s = max(self._until_s, done_s + (done_s - began_s) * REST)
        return self._told

    async def _fresh(self) -> Table:
        """The newest table; it is not made again for each lease where that takes long."""
        async with self._making:
            self.book.expire()
            began_s = self.book.clock_s()
            if self._table is None or (self._table_of != self.book.changes and began_s >= self._until_s):
                self._table_of, nodes = self.book.changes, tuple(self.book.nodes.values())
                self._table = await asyncio.to_thread(Table.of, nodes)
                done_s = self.book.clock_s()
                self._until_s = done_s + (done_s - began_s) * REST
            return self._table


def _refused(status: int, why: str) -> Page:
    return Page(status, "text/plain", why.encode() + b"\n")
