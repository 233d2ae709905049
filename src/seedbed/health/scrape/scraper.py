# SPDX-License-Identifier: Apache-2.0
"""Asks the trackers of many torrents, gently: each is asked for a torrent every half hour at most, few at a time.

What is not due is answered from the record. A tracker that fails is left alone for longer each time
(:mod:`.patience`). One that says in words that it does not serve a torrent is well: only that torrent waits.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, ParamSpec, Protocol, TypeVar

from seedbed.health.scrape import over_http, over_udp, patience
from seedbed.health.scrape.counted import DHT, Asked, Counted, Numbers, Report, Trouble, Unanswered
from seedbed.health.scrape.http_wire import scrape_url
from seedbed.health.scrape.record import Known

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterable, Sequence

    from seedbed.health.scrape.counted import Subject
    from seedbed.health.scrape.record import ScrapeRecord

P = ParamSpec("P")
T = TypeVar("T")
AT_ONCE = 24
"""Trackers asked side by side."""
DHT_AT_ONCE = 4
"""Look-ups side by side; each asks some 40 nodes."""
MAX_DHT = 200
"""Hashes looked up in one run; the others have their turn in the next."""


class Asks(Protocol):
    """What asks one tracker."""

    async def __call__(self, announce: str, info_hashes: Sequence[bytes], way: str, /) -> Asked:
        """Ask; raises Unanswered."""
        ...


class AsksDht(Protocol):
    """What looks one hash up in the distributed hash table."""

    async def __call__(self, info_hash: bytes, /) -> Numbers:
        """Look it up; raises Unanswered."""
        ...


@dataclass(frozen=True, slots=True)
class OverTheNet:
    """Asks a real tracker."""

    allows_private: bool = False

    async def __call__(self, announce: str, info_hashes: Sequence[bytes], way: str, /) -> Asked:
        """See :class:`Asks`."""
        scheme = announce.partition(":")[0].lower()
        if scheme == "udp":
            return await over_udp.ask(announce, info_hashes, allows_private=self.allows_private)
        if scheme not in {"http", "https"}:
            raise Unanswered("no-scrape", "only http, https and udp are asked; a tracker for browsers counts over both")
        scrape = scrape_url(announce)
        if scrape is None:
            raise Unanswered("no-scrape", "its address has no announce behind the last slash (BEP 48)")
        limits = over_http.rules(allows_private=self.allows_private)
        return await over_http.OverHttp(scrape, lambda url: over_http.get(url, limits)).ask(info_hashes, way)


@dataclass(slots=True)
class Scraper:
    """See the module's text."""

    record: ScrapeRecord
    asks: Asks
    now: Callable[[], dt.datetime]
    asks_dht: AsksDht | None = None
    every: dt.timedelta = patience.EVERY
    _found: dict[str, dict[bytes, tuple[dt.datetime, Numbers]]] = field(default_factory=dict)
    _troubles: dict[str, Trouble] = field(default_factory=dict)
    _disk: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def scrape(self, subjects: Sequence[Subject]) -> Report:
        """Ask all trackers of all subjects, and the distributed hash table where it is to be asked.

        Raises:
            StateError: the record cannot be used.
        """
        at_once, wanted = asyncio.Semaphore(AT_ONCE), _by_tracker(subjects)
        async with asyncio.TaskGroup() as group:
            for url, info_hashes in wanted.items():
                group.create_task(self._one_tracker(url, info_hashes, at_once))
            if self.asks_dht:
                hashes = dict.fromkeys(one for subject in subjects for one in subject.info_hashes)
                group.create_task(self._dht(list(hashes), self.asks_dht))
        counted = {subject.id: self._counted(subject) for subject in subjects}
        return Report(counted, tuple(self._troubles[name] for name in sorted(self._troubles)))

    async def _one_tracker(self, url: str, info_hashes: Sequence[bytes], at_once: asyncio.Semaphore) -> None:
        async with at_once:
            name, now = shown(url), self.now()
            known = await self._kept(self.record.known, name)
            every = max(self.every, patience.EVERY_ALL) if known.way == "all" else self.every
            due = await self._due(name, info_hashes, now, every)
            if known.next_at and now < known.next_at <= now + patience.LONGEST:
                self._troubles[name] = Trouble(name, known.kind, known.why, known.next_at)
            elif due:
                await self._ask(url, due, known, now)

    async def _ask(self, url: str, due: Sequence[bytes], known: Known, now: dt.datetime) -> None:
        name = shown(url)
        try:
            done = await self.asks(url, due, known.way)
        except Unanswered as fault:
            if fault.kind != "failure":
                await self._rest(name, known, fault, now)
                return
            done = Asked({}, due, known.way, fault.text)
        await self._kept(self.record.know, name, Known(done.way))
        await self._note(name, done.asked, done.found, now)
        if done.failure:
            self._troubles[name] = Trouble(name, "failure", done.failure, now + self.every)

    async def _rest(self, name: str, known: Known, fault: Unanswered, now: dt.datetime) -> None:
        errors = known.errors + 1
        until = now + patience.rest(fault.kind, errors, self.every)
        rests = replace(known, errors=errors, kind=fault.kind, why=fault.text, next_at=until)
        await self._kept(self.record.know, name, rests)
        self._troubles[name] = Trouble(name, fault.kind, fault.text, until)

    async def _dht(self, info_hashes: Sequence[bytes], asks: AsksDht) -> None:
        now = self.now()
        due = (await self._due(DHT, info_hashes, now, self.every))[:MAX_DHT]
        at_once = asyncio.Semaphore(DHT_AT_ONCE)

        async def look_up(info_hash: bytes) -> None:
            async with at_once:
                try:
                    numbers = await asks(info_hash)
                except Unanswered as fault:
                    self._troubles[DHT] = Trouble(DHT, fault.kind, fault.text, now)
                    return
                await self._note(DHT, [info_hash], {info_hash: numbers}, now)

        async with asyncio.TaskGroup() as group:
            for one in due:
                group.create_task(look_up(one))

    async def _due(self, name: str, info_hashes: Iterable[bytes], now: dt.datetime, every: dt.timedelta) -> list[bytes]:
        """What may be asked now, that which has waited longest first."""
        last = self._found[name] = await self._kept(self.record.last, name)
        never = now - patience.LONGEST
        due = [one for one in info_hashes if one not in last or patience.is_due(last[one][0], now, every)]
        return sorted(due, key=lambda one: last[one][0] if one in last else never)

    async def _note(self, name: str, asked: Sequence[bytes], found: dict[bytes, Numbers], now: dt.datetime) -> None:
        nothing = Numbers(None, None)
        self._found[name] |= {one: (now, found.get(one, nothing)) for one in asked}
        await self._kept(self.record.note, name, asked, found, now)

    def _counted(self, subject: Subject) -> tuple[Counted, ...]:
        sources = [*dict.fromkeys(map(shown, subject.trackers)), *([DHT] if self.asks_dht else [])]
        told = [one for source in sources if (one := self._of_source(source, subject))]
        return tuple(sorted(told, key=lambda one: -one.numbers.peers))

    def _of_source(self, source: str, subject: Subject) -> Counted | None:
        """The larger of a hybrid's swarms: most of its peers are in both, and nobody tells how many."""
        found = self._found.get(source, {})
        told = [found[one] for one in subject.info_hashes if one in found and found[one][1] != Numbers(None, None)]
        if not told:
            return None
        at, numbers = max(told, key=lambda one: one[1].peers)
        return Counted(source, numbers, at)

    async def _kept(self, do: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """The record, in a thread, one at a time."""
        async with self._disk:
            return await asyncio.to_thread(do, *args, **kwargs)


def shown(url: str) -> str:
    """A tracker's name: its URL without what may be somebody's key."""
    return url.partition("#")[0].partition("?")[0]


def _by_tracker(subjects: Iterable[Subject]) -> dict[str, list[bytes]]:
    found: dict[str, dict[bytes, None]] = {}
    for subject in subjects:
        for url in subject.trackers:
            found.setdefault(url, {}).update(dict.fromkeys(subject.info_hashes))
    return {url: list(info_hashes) for url, info_hashes in found.items()}
