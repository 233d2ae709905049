# SPDX-License-Identifier: Apache-2.0
"""Serving offers until told to stop, or until enough copies were fetched.

A copy counts when a peer that took data from us now has everything (``CopyTaken``); each peer counts once for each
torrent. What happens is reported as values; how it looks is the caller's affair.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from seedbed.engine import base
from seedbed.errors import SeedbedError, StateError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from seedbed.core.endpoints import Endpoint
    from seedbed.engine.base import Engine, Event, Status, TorrentId
    from seedbed.engine.stream import EventStream
    from seedbed.seeding.offers import Offer

LINGER_S = 3.0
"""How long the last peer may still read what was sent to it: to close at once would cut off its last block."""
DIAL_S = 12.0
"""Between two calls to a peer. libtorrent tries uTP (3 s), then encrypted TCP, then plain TCP, a second apart; a call
begins that from the start, so one that comes too soon never gets to plain TCP, the only way that WebTorrent speaks."""
ANNOUNCE_AGAIN_S = (3.0, 8.0, 20.0)
"""The engine announces when a torrent is added, often before it knows anybody in the distributed hash table, and then
not for a quarter of an hour. So it is told again, a little later each time."""
ANNOUNCED_AT_MOST = 500
"""Torrents that are announced again: with more, the table's own rounds are quick enough and bursts would be rude."""
_COUNTED_TICKS = 1.2
"""An engine adds up once a second."""
_READY_S = 120.0


@dataclass(frozen=True, slots=True)
class Ready:
    """All offers are served from now on."""

    endpoints: tuple[Endpoint, ...]
    offers: tuple[Offer, ...]


@dataclass(frozen=True, slots=True)
class Copied:
    """A peer has a whole copy."""

    offer: Offer
    peer: Endpoint
    copies: int
    """Of this torrent so far."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something goes wrong with one torrent while others are served."""

    offer: Offer
    what: str
    is_lost: bool
    """Its data cannot be read any more."""


@dataclass(frozen=True, slots=True)
class Tick:
    """How it goes, about once a second."""

    peer_count: int
    upload_bytes_per_s: int
    uploaded_bytes: int
    copies: int


Report = Ready | Copied | Trouble | Tick


@dataclass(slots=True)
class Served:
    """What came of it."""

    copies: dict[TorrentId, int] = field(default_factory=dict)
    lost: list[Trouble] = field(default_factory=list)
    uploaded_bytes: int = 0

    def is_enough(self, copies_wanted: int) -> bool:
        """Whether every torrent was fetched often enough."""
        return bool(copies_wanted) and all(count >= copies_wanted for count in self.copies.values())


async def serve(
    engine: Engine,
    offers: Sequence[Offer],
    *,
    stop: asyncio.Event,
    report: Callable[[Report], object] = lambda _: None,
    peers: Sequence[Endpoint] = (),
    copies_wanted: int = 0,
    use_trackers: bool = True,
    tick_s: float = 1.0,
) -> Served:
    """Serve offers.

    Args:
        engine: Open; with ``report_copies`` if copies are to be counted.
        offers: What to serve; no two of the same torrent.
        stop: Ends the serving when set.
        report: Hears of everything.
        peers: To be dialled for each torrent: some programs never dial this machine themselves.
        copies_wanted: Stop when each torrent was fetched by so many peers; 0 is never.
        use_trackers: Announce to the torrents' trackers.
        tick_s: Between two ticks.

    Raises:
        StateError: the engine does not take an offer, or finds that its files are not there.
    """
    watch = _Watch({offer.torrent: offer for offer in offers}, Served(), report, copies_wanted)
    watch.served.copies = dict.fromkeys(watch.offers, 0)
    with engine.events() as events:
        await _add_all(engine, offers, use_trackers=use_trackers)
        await _until_ready(engine, events, set(watch.offers))
        report(Ready(engine.endpoints, tuple(offers)))
        async with asyncio.TaskGroup() as group:
            going_on = (
                watch.follow(events), _tick(engine, watch, tick_s), _dial(engine, offers, peers),
                _announce_again(engine, offers),
            )  # fmt: skip
            tasks = [group.create_task(work) for work in going_on]
            await _first(group, stop, watch.enough)
            for task in tasks:
                task.cancel()
        if watch.enough.is_set() and not stop.is_set():
            await _linger(engine, events, tick_s)
    await engine.refresh()
    watch.served.uploaded_bytes = sum(status.uploaded_bytes for status in engine.statuses())
    return watch.served


async def _add_all(engine: Engine, offers: Sequence[Offer], *, use_trackers: bool) -> None:
    async for outcome in engine.add_many(offer.addition(use_trackers=use_trackers) for offer in offers):
        if isinstance(outcome, SeedbedError):
            raise outcome


async def _until_ready(engine: Engine, events: EventStream, waiting: set[TorrentId]) -> None:
    try:
        async with asyncio.timeout(_READY_S):
            async for event in events:
                if isinstance(event, base.EventsLost):
                    await engine.refresh()
                    waiting -= {status.torrent for status in engine.statuses() if status.is_complete}
                elif isinstance(event, base.Finished):
                    waiting.discard(event.torrent)
                if not waiting:
                    return
    except TimeoutError as error:
        name = engine.status(next(iter(waiting))).name
        raise StateError(f"{name}: the engine does not find the data that was verified; did it change?") from error


async def _dial(engine: Engine, offers: Sequence[Offer], peers: Sequence[Endpoint]) -> None:
    """Dial again and again: a peer may start after us. One that is connected is left alone."""
    while peers:
        for offer in offers:
            for peer in peers:
                await engine.connect_peer(offer.torrent, peer)
        await asyncio.sleep(DIAL_S)


async def _announce_again(engine: Engine, offers: Sequence[Offer]) -> None:
    for pause_s in ANNOUNCE_AGAIN_S:
        await asyncio.sleep(pause_s)
        for offer in offers[:ANNOUNCED_AT_MOST]:
            await engine.find_peers(offer.torrent)


async def _first(group: asyncio.TaskGroup, *events: asyncio.Event) -> None:
    waits = [group.create_task(event.wait()) for event in events]
    await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    for wait in waits:
        wait.cancel()


@dataclass(slots=True)
class _Watch:
    """Follows the events until each torrent was fetched often enough."""

    offers: dict[TorrentId, Offer]
    served: Served
    report: Callable[[Report], object]
    copies_wanted: int
    enough: asyncio.Event = field(default_factory=asyncio.Event)

    async def follow(self, events: EventStream) -> None:
        async for event in events:
            if event.torrent and (offer := self.offers.get(event.torrent)):
                self._take(offer, event)

    def _take(self, offer: Offer, event: Event) -> None:
        served = self.served
        if isinstance(event, base.CopyTaken):
            served.copies[offer.torrent] += 1
            self.report(Copied(offer, event.peer, served.copies[offer.torrent]))
            if served.is_enough(self.copies_wanted):
                self.enough.set()
        elif trouble := _trouble(offer, event):
            served.lost += [trouble] if trouble.is_lost else []
            self.report(trouble)


def _trouble(offer: Offer, event: Event) -> Trouble | None:
    if isinstance(event, base.FileError):
        return Trouble(offer, f"{event.path}: {event.reason}", is_lost=True)
    if isinstance(event, base.TrackerFailed):
        return Trouble(offer, f"tracker {event.url}: {event.reason}", is_lost=False)
    return None


async def _tick(engine: Engine, watch: _Watch, tick_s: float) -> None:
    while True:
        await asyncio.sleep(tick_s)
        await engine.refresh()
        watch.report(_summary(engine.statuses(), sum(watch.served.copies.values())))


def _summary(statuses: Sequence[Status], copies: int) -> Tick:
    return Tick(
        sum(status.peer_count for status in statuses),
        sum(status.upload_bytes_per_s for status in statuses),
        sum(status.uploaded_bytes for status in statuses),
        copies,
    )


async def _linger(engine: Engine, events: EventStream, tick_s: float) -> None:
    """Let the peers that are still connected read to the end and leave; and the engine count what it sent."""
    await asyncio.sleep(_COUNTED_TICKS * tick_s)
    try:
        async with asyncio.timeout(LINGER_S):
            while any([await engine.peers(status.torrent) for status in engine.statuses()]):
                await anext(events, None)
    except TimeoutError:
        return
