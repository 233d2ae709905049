# SPDX-License-Identifier: Apache-2.0
"""All peers of a torrent as one source of the plan, through the engine.

The engine writes into the same work folder as the web seeds do, but other pieces: it wants only what the plan has
given it. It proves each piece before it says so, and puts all on disk before it calls itself complete; pieces that both
have touched, or that it never vouched for, are proved again by us before anything gets its final name.
"""

from __future__ import annotations

import asyncio
import logging
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from seedbed.core import metainfo_reader
from seedbed.engine import base
from seedbed.engine.base import Addition
from seedbed.errors import NoSpaceError, SeedbedError, StateError

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager

    from seedbed.core.endpoints import Endpoint
    from seedbed.core.metainfo import Metainfo
    from seedbed.engine.base import Engine, TorrentId
    from seedbed.engine.stream import EventStream
    from seedbed.fetching.disk.store import Store
    from seedbed.fetching.planning.desk import Desk
    from seedbed.fetching.planning.plan import Source
    from seedbed.fetching.proving.proof import Prover

log = logging.getLogger(__name__)

NAME = "peers"
"""What the source is called in results."""
MAX_CLAIMS = 4
"""Runs that the peers have at once, so that the engine never runs dry: it hangs up when it wants nothing."""
_TICK_S = 0.2
_SETTLE_TIMEOUT_S = 120.0
"""For flushing what the engine has written: a slow disk takes 10 MB/s."""
_MAX_NOTES = 5
_SPARE_PIECES = 16


@dataclass(slots=True)
class Swarm:
    """The peers of one fetch. :meth:`run` is one task's whole work; nobody else changes what is here."""

    desk: Desk
    source: Source
    store: Store
    prover: Prover
    open_engine: Callable[[], AbstractAsyncContextManager[Engine]]
    peers: tuple[Endpoint, ...]
    uses_trackers: bool
    silent_s: float = 18.0
    """Peers that sent nothing for so long are dialled anew."""
    given: set[int] = field(default_factory=set)
    """Pieces that the engine was ever asked for: it may have written to them."""
    good: set[int] = field(default_factory=set)
    """Pieces that it vouched for."""
    is_settled: bool = False
    """Whether it has put on disk all that it vouched for."""
    full: Metainfo | None = None
    """The torrent with the piece layers that peers sent, where we had none."""
    peer_count: int = 0
    """Connected now."""
    _wanted: set[int] = field(default_factory=set)
    _downloaded_bytes: int = 0
    _known: set[Endpoint] = field(default_factory=set)
    """Peers that were connected."""
    _have: set[int] = field(default_factory=set)
    _unflushed: set[int] = field(default_factory=set)
    """Pieces that it vouched for, but was removed before it put them on disk."""
    _alone_since_s: float = 0.0
    _renew_after_s: float = 1.0

    async def run(self, have: set[int]) -> None:
        """Fetch until the fetch is over, then settle.

        Args:
            have: Pieces that are in the work folder, proved.
        """
        try:
            async with self.open_engine() as engine:
                with engine.events() as events:  # before the first piece can come
                    torrent = await self._add(engine, have)
                    async with asyncio.TaskGroup() as group:
                        reader = group.create_task(self._read(events))
                        await self._tend(engine, torrent)
                        reader.cancel()
                await self._settle(engine, torrent)
        except SeedbedError as error:
            log.debug("peers failed: %s", error)
            self.desk.note(self.source, error.message)
            self.source.banned = error.message
            self.desk.release(self.source)

    async def _add(self, engine: Engine, have: set[int]) -> TorrentId:
        store = self.store
        count = store.map.layout.piece_count
        await asyncio.to_thread(store.stretch)
        torrent = await engine.add(
            Addition(
                store.metainfo,
                store.data_folder,
                have_pieces=[piece in have for piece in range(count)],
                wanted_files=frozenset(store.growing),
                peers=tuple(dict.fromkeys((*self.peers, *self._known))),
                trackers=tuple(url for tier in store.metainfo.trackers for url in tier),  # a magnet's are in no file
                use_trackers=self.uses_trackers,
                paused=True,
            )
        )
        await engine.want_pieces(torrent, range(count), wanted=False)
        self._have, self._wanted = have, set()
        await self._share_out(engine, torrent)
        await engine.start(torrent)
        return torrent

    async def _tend(self, engine: Engine, torrent: TorrentId) -> None:
        while not self.desk.is_over():
            await self._share_out(engine, torrent)
            await engine.refresh()
            status = engine.status(torrent)
            if status.downloaded_bytes > self._downloaded_bytes:
                self._downloaded_bytes = status.downloaded_bytes
                self.desk.touch(self.source)
            if status.is_complete and self._wanted - self.good:
                await self._catch_up(engine, torrent)
            connected = [peer.endpoint for peer in await engine.peers(torrent) if not peer.is_connecting]
            self.peer_count = len(connected)
            self._known.update(connected)
            await self._renew(engine, torrent)
            await asyncio.to_thread(self.desk.wait_for_end, _TICK_S)
        self.peer_count = 0

    async def _share_out(self, engine: Engine, torrent: TorrentId) -> None:
        """Take work from the plan, and tell the engine what is its to fetch now.

        Spare pieces are wanted on top, unclaimed: so the engine looks for peers before there are any, and does not hang
        up on them between two shares of the work. Without peers nothing is claimed from others who could do it.
        """
        if self.peer_count or self.desk.is_alone(self.source):
            while self.desk.next_claim(self.source, waits=False):
                pass
        else:
            self.desk.release(self.source)
        ours = self.desk.open_pieces(self.source) | self.desk.spare(_SPARE_PIECES)
        if dropped := self._wanted - ours - self.good:
            await engine.want_pieces(torrent, sorted(dropped), wanted=False)
        if new := ours - self._wanted - self.good:
            self.given |= new
            await engine.want_pieces(torrent, sorted(new), wanted=True)
        self._wanted = ours

    async def _renew(self, engine: Engine, torrent: TorrentId) -> None:
        """Add the torrent anew when all who had something are gone, or were silent for long.

        An own address that changed kills connections without a word: the engine would wait for minutes.

        The engine hangs up when it wants nothing for a moment: every time that a share of the work is done before the
        next one is given. libtorrent 2.1.1 then dials the same peers again after a second, but about one time in twenty
        never, not even on request.
        """
        now_s = time.monotonic()
        is_heard = self.peer_count and self.desk.silent_s() < self.silent_s
        if is_heard or not self._wanted - self.good:
            self._alone_since_s = now_s
        if now_s - self._alone_since_s < self._renew_after_s or not self.good:
            return
        self._renew_after_s *= 2  # trackers hear of it: not too often
        log.debug("peers are gone, the torrent is added anew")
        self._alone_since_s = now_s
        self._unflushed |= self.good
        await engine.remove(torrent)
        await self._add(engine, self._have | self.good)

    async def _catch_up(self, engine: Engine, torrent: TorrentId) -> None:
        """Ask which pieces are here, where events were lost."""
        for piece, is_here in enumerate(await engine.pieces(torrent)):
            if is_here and piece in self._wanted:
                self._came(piece)

    def _came(self, piece: int) -> None:
        self.good.add(piece)
        self.desk.came(self.source, piece, self.prover.map.data_size(piece))

    async def _read(self, events: EventStream) -> None:
        async for event in events:
            if isinstance(event, base.PieceFinished):
                self._came(event.piece)
            elif isinstance(event, base.FileError):
                self.desk.stop(_disk_trouble(event, self.store))
            else:
                self._note(event)

    def _note(self, event: base.Event) -> None:
        """Remember why there are no peers, for the error that says so."""
        text = ""
        if isinstance(event, base.TrackerFailed):
            text = f"tracker {event.url}: {event.reason}"
        elif isinstance(event, base.PieceRefused):
            text = "pieces with wrong bytes came and were thrown away"
        elif isinstance(event, base.PeerDisconnected) and event.peer in self.peers:
            text = f"peer {event.peer}: {event.reason}"
        if text and len(self.source.faults) < _MAX_NOTES:
            self.desk.note(self.source, text)

    async def _settle(self, engine: Engine, torrent: TorrentId) -> None:
        """Wait until what the engine vouched for is on disk; what it was still fetching is no longer wanted."""
        if not self.good or self.desk.missing():
            return  # nothing to vouch for, or the fetch failed: the next one proves what is there
        if left := self.given - self.good:
            await engine.want_pieces(torrent, sorted(left), wanted=False)
        with suppress(TimeoutError):
            async with asyncio.timeout(_SETTLE_TIMEOUT_S):
                await engine.refresh()  # the last snapshot may be of an earlier share of the work
                while not (engine.status(torrent).is_complete or engine.status(torrent).error):
                    await asyncio.sleep(0.02)
                    await engine.refresh()
                self.is_settled = not engine.status(torrent).error
                if self.prover.is_blind:
                    self.full = metainfo_reader.parse(await engine.torrent_file(torrent))

    @property
    def doubtful(self) -> set[int]:
        """Pieces to prove again: others may have been written over by the engine, or not been flushed."""
        is_sure = self.is_settled and not self.full
        return (self.given - self.good) | self._unflushed if is_sure else set(self.given)


def _disk_trouble(event: base.FileError, store: Store) -> StateError:
    if event.is_no_space:
        return NoSpaceError(
            f"{store.folder}: the disk is full",
            hint="Free some space and run the same command again: what was fetched is kept and not fetched again.",
        )
    return StateError(f"{event.path}: {event.reason}")
