# SPDX-License-Identifier: Apache-2.0
"""The registry's door: what it takes, from whom and how often, and what it tells without telling of anybody."""

from __future__ import annotations

import asyncio
import ipaddress
import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from seedbed.health.leases import desk as desks
from seedbed.health.leases.book import Book, Table
from seedbed.health.leases.desk import Desk
from seedbed.health.leases.lease import Lease
from seedbed.health.leases.rates import Rates
from seedbed.health.leases.report import Answer, Report
from seedbed.node.trusting.identity import Identity

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from seedbed.tracker.http_door import Page

NOW_S = 1_800_000_000
US, REGISTRY = Identity.new(), Identity.new()


class Idle:
    """Proves nobody."""

    async def work(self) -> None:
        """Nothing."""


class Room:
    """A desk and its clocks."""

    def __init__(self, *, allows_private: bool = False) -> None:
        self.passed_s = 0.0
        book = Book(b"k" * 32, lambda: self.passed_s, {5: 100, 6: 100})
        self.desk = Desk(book, REGISTRY, Idle(), lambda: NOW_S + int(self.passed_s), allows_private=allows_private)
        self.serial = 0

    async def post(self, body: bytes | None = None, ip: str = "11.22.33.44", identity: Identity = US) -> Page:
        """A lease comes."""
        return await soon(self.desk.posted("lease", body or self.lease(identity), ipaddress.ip_address(ip).packed))

    def lease(self, identity: Identity = US) -> bytes:
        """Of one unit that is held."""
        self.serial += 1
        held, until_s = np.array([5], np.uint64), NOW_S + int(self.passed_s) + 3_600
        lease = Lease(identity.public, self.serial, until_s, held, held[:0], 10**12, 0.5, 6881, "Us", "IS")
        return lease.sealed(identity)

    async def health(self) -> Page:
        """What is told."""
        return await soon(self.desk.page("health"))


async def soon(answer: Any) -> Page:
    """Now or later."""
    found: Page = await answer if asyncio.isfuture(answer) else answer
    return found


def play(story: Coroutine[Any, Any, None]) -> None:
    """Run a story."""
    asyncio.run(story)


def test_nodes_are_told_by_country_and_never_by_address() -> None:
    """Proved ones only; a name is what the node says itself."""

    async def story() -> None:
        room = Room()
        await room.post()
        page = await soon(room.desk.page("nodes.json"))
        assert json.loads(page.body) == {"nodes": 1, "proved": 0, "countries": {}}
        next(iter(room.desk.book.nodes.values())).is_proved = True
        page = await soon(room.desk.page("nodes.json"))
        assert json.loads(page.body) == {"nodes": 1, "proved": 1, "countries": {"IS": 1}}
        assert b"11.22" not in page.body

    play(story())


def test_a_lease_is_taken_and_told_of() -> None:
    """Signed by the registry; the node hears what others have."""

    async def story() -> None:
        room = Room()
        posted, told = await room.post(), await room.health()
        answer = Answer.unsealed(posted.body, 1)
        assert (posted.status, answer.serial, answer.is_proved) == (200, 1, False)
        registry, report = Report.unsealed(told.body)
        assert registry == REGISTRY.public
        assert (report.units.tolist(), report.holders.tolist(), report.proved.tolist()) == ([5], [1], [0])
        assert (report.at_s, report.since_s, report.nodes) == (NOW_S, NOW_S, 1)

    play(story())


def test_what_is_told_names_nobody() -> None:
    """No address, key, operator or country."""

    async def story() -> None:
        room = Room()
        posted, told = await room.post(), await room.health()
        for secret in (bytes((11, 22, 33)), US.public, b"Us", b"IS", b"11.22"):
            assert secret not in posted.body + told.body + told.fields

    play(story())


def test_health_has_a_tag() -> None:
    """The same while nothing changes, and made anew when it does, or when it is old."""

    async def story() -> None:
        room = Room()
        first = await room.health()
        assert (await room.health()).tag == first.tag
        await room.post()
        second = await room.health()
        assert second.tag != first.tag
        room.passed_s += desks.FRESH_S
        assert Report.unsealed((await room.health()).body)[1].at_s == NOW_S + desks.FRESH_S

    play(story())


def test_a_lease_that_ends_is_told_of() -> None:
    """By itself."""

    async def story() -> None:
        room = Room()
        await room.post()
        room.passed_s += 3_600
        assert Report.unsealed((await room.health()).body)[1].nodes == 0

    play(story())


def test_what_is_no_lease() -> None:
    """Refused in words."""

    async def story() -> None:
        page = await Room().post(b"hello")
        assert (page.status, page.body.startswith(b"lease:")) == (400, True)

    play(story())


def test_an_old_lease() -> None:
    """Refused in words."""

    async def story() -> None:
        room = Room()
        body = room.lease()
        assert [(await room.post(body)).status for _ in range(2)] == [200, 409]

    play(story())


def test_private_networks() -> None:
    """Where they are served only."""

    async def story() -> None:
        assert (await Room().post(ip="192.168.1.4")).status == 403
        assert (await Room().post(ip="fd00::4")).status == 403
        assert (await Room(allows_private=True).post(ip="127.0.0.1")).status == 200

    play(story())


def test_too_many_of_one_network() -> None:
    """Others are not held up by it, and it may come again later."""

    async def story() -> None:
        room = Room()
        for _ in range(int(desks.LEASES_AT_ONCE)):
            assert (await room.post()).status == 200
        assert (await room.post(ip="11.22.33.99")).status == 429
        assert (await room.post(ip="11.22.34.1", identity=Identity.new())).status == 200
        room.passed_s += 1
        assert (await room.post()).status == 200

    play(story())


def test_too_many_bytes_of_one_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same."""
    monkeypatch.setattr(desks, "BYTES_AT_ONCE", 400)

    async def story() -> None:
        room = Room()
        assert [(await room.post()).status for _ in range(2)] == [200, 429]

    play(story())


@pytest.mark.parametrize(("page", "limit"), [("lease", desks.MAX_POST_BYTES), ("health", 0), ("announce", 0), ("", 0)])
def test_where_something_is_posted(page: str, limit: int) -> None:
    """At one place."""
    assert Room().desk.limit_bytes(page) == limit


def test_other_pages_are_not_here() -> None:
    """They are the tracker's."""
    assert Room().desk.page("stats") is None


def test_a_slow_table_is_not_made_for_each_lease(monkeypatch: pytest.MonkeyPatch) -> None:
    """Many leases come while one is reckoned."""

    async def story() -> None:
        room, made = Room(), []
        real = Table.of

        def slow(nodes: Any) -> Any:
            made.append(len(nodes))
            room.passed_s += 1
            return real(nodes)

        monkeypatch.setattr(Table, "of", slow)
        for _ in range(5):
            await room.post(identity=Identity.new())
        room.passed_s += desks.REST
        await room.post(identity=Identity.new())
        assert made == [1, 6]

    play(story())


def test_rates_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    """A bucket that is full again takes no room; nor do too many of them."""
    monkeypatch.setattr("seedbed.health.leases.rates.MAX_KNOWN", 3)
    now = [0.0]
    rates = Rates(lambda: now[0], 2, 1)
    assert [rates.allows(b"a", 1) for _ in range(3)] == [True, True, False]
    for name in (b"b", b"c", b"d"):
        rates.allows(name, 1)
    assert list(rates._taken) == [b"b", b"c", b"d"]
    now[0] = 2.0
    rates.allows(b"e", 1)
    assert list(rates._taken) == [b"e"]
