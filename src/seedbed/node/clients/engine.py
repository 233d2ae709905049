# SPDX-License-Identifier: Apache-2.0
"""A client in the engine's place: what is claimed runs there, what is claimed no longer is stopped there.

The client is looked at every few seconds, and believed only as far as it can be seen: its own "complete" claims nothing
(:mod:`.fetching` proves), and a torrent that people removed, stopped or broke in the client's own window is claimed no
longer at the next look. What the node has given up is removed from the client once its data lies in the trash. Torrents
of others are looked at, and never touched.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, Self

from seedbed.core.endpoints import Endpoint
from seedbed.core.metainfo import Metainfo
from seedbed.engine import base
from seedbed.engine.stream import EventHub
from seedbed.errors import SeedbedError, SourceError, StateError
from seedbed.node.clients import probing
from seedbed.node.clients.base import LABEL
from seedbed.node.clients.calls import Calls

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable
    from pathlib import Path

    from seedbed.core.ids import InfoHashes
    from seedbed.engine.stream import EventStream
    from seedbed.node.clients.base import Client, Seen
    from seedbed.node.clients.paths import PathMap
    from seedbed.node.disk.places import Places
    from seedbed.node.disk.store import Place

log = logging.getLogger(__name__)
EVERY_S = 2.0
_EACH_S = 0.005
"""More between two looks for each torrent that the client has: with 10,000 of them it is nearly a minute."""
_APPEARS_S = 30.0
_IDLE_S = 60.0
"""So long a torrent runs for nobody before it is stopped: what was fetched is claimed a moment later."""
GONE_LOOKS, MANY_GONE_LOOKS = 10, 300
"""So often a torrent is missed before it is believed to be gone: a client that was just started lists them one by one,
and where many are missed at once, that is what it does."""
_MANY = 0.1
_SETTLED_S = 60.0
"""After a start all that was held is claimed anew first."""


class ClientEngine:
    """See :class:`seedbed.node.holding.serving.Serving`; ``async with`` opens and closes it.

    Args:
        client: Not open yet.
        place: Where the node's data lies.
        paths: How the client names it.
        now_s: The clock that nobody sets.
        every_s: Between two looks at the client.
    """

    def __init__(
        self, client: Client, place: Place | Places, paths: PathMap, now_s: Callable[[], float], *,
        every_s: float = EVERY_S,
    ) -> None:  # fmt: skip
        self.client, self.place, self.paths = client, place, paths
        self.calls = Calls(now_s)
        self._now_s, self._every_s = now_s, every_s
        self._hub = EventHub()
        self._seen: tuple[Seen, ...] = ()
        self._by_hash: dict[str, Seen] = {}
        self._looked = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._claimed: dict[base.TorrentId, InfoHashes] = {}
        self._used: set[str] = set()
        """Ids of what is fetched now."""
        self._idle: dict[str, float] = {}
        """Ids of what runs there for nobody -> since when."""
        self._stopped: set[str] = set()
        """Ids of what the node itself has stopped."""
        self._ran: set[str] = set()
        """Ids of what was seen at work since our start."""
        self._fresh: set[base.TorrentId] = set()
        """Claims that were given to the client since the last look: thousands, when a node gets its first client."""
        self._missed: dict[base.TorrentId, int] = {}
        """Claims that the client did not list -> how often in a row."""
        self._counted: dict[str, tuple[int, int]] = {}
        self._sent = self._received = 0
        self._began_s = 0.0

    async def __aenter__(self) -> Self:
        """Open the client, and see that it and we mean the same folder.

        Raises:
            InputError: it lets us not in, or does not see our folder.
            SourceError: it is not there.
        """
        await self.calls.call(self.client.open)
        await self._list()
        self._counted = {one.id: (one.uploaded_bytes, one.downloaded_bytes) for one in self._seen if self.is_ours(one)}
        for place in self.place.present:
            await probing.probe(self.client, self.calls, place.folder, self.paths, now_s=self._now_s)
        self._began_s = self._now_s()
        self.calls.tells = True
        self._task = asyncio.create_task(self._look_on())
        log.info("torrents are served by %s", self.client.name)
        return self

    async def __aexit__(self, *_: object) -> None:
        """What is claimed is served on: the client is there without the node."""
        if self._task:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        self._hub.close()
        self.client.close()

    # -- as an engine ------------------------------------------------------------------------------------------------

    @property
    def endpoints(self) -> tuple[Endpoint, ...]:
        """Where the client accepts peers; it may have more addresses than it tells."""
        return (Endpoint("0.0.0.0", self.client.port),) if self.client.port else ()  # noqa: S104  # nothing is bound

    async def add_many(self, additions: Iterable[base.Addition]) -> AsyncIterator[base.TorrentId | SeedbedError]:
        """Have the client serve what was proved; it checks what it has not seen before."""
        for addition in additions:
            try:
                yield await self._add(addition)
            except SeedbedError as error:
                yield error

    async def remove(self, torrent: base.TorrentId) -> None:
        """Stop it there; a torrent of others runs on."""
        hashes = self._claimed.pop(torrent, None)
        if (seen := self.find(hashes)) and self.is_ours(seen):
            with contextlib.suppress(SeedbedError):  # it is away: what runs there for nobody is stopped when it is back
                await self._stop(seen)

    def statuses(self) -> tuple[base.Status, ...]:
        """Of what is claimed."""
        pairs = [(name, self.find(hashes)) for name, hashes in self._claimed.items()]
        return tuple(_status(name, seen) for name, seen in pairs if seen)

    async def refresh(self) -> None:
        """It is looked at every few seconds anyway.

        Raises:
            StateError: it does not answer.
        """
        if self.calls.trouble:
            raise StateError(self.calls.trouble)

    async def totals(self) -> base.Totals:
        """Data of our torrents, as the client counts it."""
        return base.Totals(self._sent, self._received)

    def events(self) -> EventStream:
        """What was found at a look."""
        return self._hub.listen()

    # -- for fetches -------------------------------------------------------------------------------------------------

    def find(self, hashes: InfoHashes | None) -> Seen | None:
        """A torrent, at the last look."""
        names = (hashes.v1_hex, hashes.v2_hex) if hashes else ()
        return next((self._by_hash[name] for name in names if name in self._by_hash), None)

    def is_ours(self, seen: Seen) -> bool:
        """Whether the node added it: it lies where only we put anything, and nobody gave it another label.

        Transmission 3 forgets labels when it is restarted, and other nodes in the same client have the same one.
        """
        place = self.paths.from_client(seen.folder)
        is_here = any(place.is_relative_to(one.folder / "snapshots") for one in self.place.present)
        return seen.label in {LABEL, ""} and is_here

    async def run(self, torrent: bytes, hashes: InfoHashes, folder: Path) -> Seen:
        """Have a torrent of ours run there, added if need be; it is not stopped until :meth:`done_with`.

        Raises:
            SourceError: the client does not answer, or refuses it.
            InputError: it lets us not in.
        """
        seen = self.find(hashes)
        if seen is None:
            await self.calls.call(lambda: self.client.add(torrent, self.paths.to_client(folder)))
            seen = await self._appeared(hashes)
        self._used.add(seen.id)  # before it is asked to start: a look must not stop it behind that
        try:
            await self._start(seen)
        except BaseException:
            self._used.discard(seen.id)
            raise
        return seen

    async def done_with(self, seen: Seen, *, stops: bool) -> None:
        """A fetch has come to its end; one that failed is stopped, and can be gone on with."""
        self._used.discard(seen.id)
        if stops and self.is_ours(seen):
            with contextlib.suppress(SeedbedError):
                await self._stop(seen)

    async def looked(self) -> None:
        """Wait for the next look."""
        self._looked.clear()
        await self._looked.wait()

    # -- inside ------------------------------------------------------------------------------------------------------

    async def _add(self, addition: base.Addition) -> base.TorrentId:
        metainfo = addition.source
        if not isinstance(metainfo, Metainfo) or addition.wanted_files is not None:
            raise StateError("a client serves whole versions only")
        name = base.TorrentId(metainfo.info_hashes.best_hex)
        seen = self.find(metainfo.info_hashes)
        if seen is None:
            torrent = await asyncio.to_thread(self._torrent, metainfo)
            await self.calls.call(lambda: self.client.add(torrent, self.paths.to_client(addition.save_path)))
            self._fresh.add(name)
        elif not self.is_ours(seen):
            _require_serving(seen, self.client.name)
        elif seen.is_stopped or seen.id in self._stopped:
            await self._start_again(seen)
        self._claimed[name] = metainfo.info_hashes
        return name

    async def _start_again(self, seen: Seen) -> None:
        """What was stopped by us, or before our start, goes on; what a person stopped is left so."""
        if seen.id in self._ran and seen.id not in self._stopped:
            raise StateError(f"{seen.name}: somebody stopped it in the client's own window: it is started there only")
        await self._start(seen)

    async def _start(self, seen: Seen) -> None:
        await self.calls.call(partial(self.client.start, seen.id))
        self._stopped.discard(seen.id)
        self._know(replace(seen, is_stopped=False))

    async def _stop(self, seen: Seen) -> None:
        self._stopped.add(seen.id)
        await self.calls.call(partial(self.client.stop, seen.id))
        self._know(replace(seen, is_stopped=True))

    def _know(self, seen: Seen) -> None:
        """What we did ourselves is known before the next look."""
        self._by_hash |= dict.fromkeys(seen.hashes, seen)

    def _torrent(self, metainfo: Metainfo) -> bytes:
        for place in self.place.present:
            with contextlib.suppress(OSError):
                return place.cache.torrent(metainfo.info_hashes.best_hex).read_bytes()
        return b"d4:info" + metainfo.info + b"e"

    async def _appeared(self, hashes: InfoHashes) -> Seen:
        """Some clients say yes first, and take it a moment later."""
        until_s = self._now_s() + _APPEARS_S
        while self._now_s() < until_s:
            await self._list()
            if seen := self.find(hashes):
                return seen
            await asyncio.sleep(min(self._every_s, 0.3))
        raise SourceError(f"{self.client.name}: it took the torrent, and does not list it")

    async def _look_on(self) -> None:
        while True:
            try:
                await self.look()
            except SeedbedError as error:
                log.debug("the client could not be looked at: %s", error.message)
            except Exception:  # one strange answer must not leave the node blind
                log.exception("the client could not be looked at")
            self._looked.set()
            await asyncio.sleep(self._every_s + _EACH_S * len(self._seen))

    async def look(self) -> None:
        """Look at the client, and put right what is not as it should be there.

        Raises:
            SourceError: it does not answer.
            InputError: it lets us not in.
        """
        await self._list()
        self._count()
        for name in list(self._fresh):
            await self._start_fresh(name)
        claims = {name: self.find(hashes) for name, hashes in self._claimed.items()}
        self._missed = {name: self._missed.get(name, 0) + 1 for name, seen in claims.items() if seen is None}
        is_loading = len(self._missed) > max(_MANY * len(claims), 2)
        for name, seen in claims.items():
            if seen and seen.is_stopped and seen.id in self._stopped:  # it was claimed while it was being stopped
                await self._start(seen)
            elif seen or self._missed[name] >= (MANY_GONE_LOOKS if is_loading else GONE_LOOKS):
                self._judge(name, seen)
        for one in [one for one in self._seen if one.id in self._used & self._stopped]:
            await self._start(one)  # a fetch began while it was being stopped
        await self._tidy()

    async def _list(self) -> None:
        self._seen = tuple(await self.calls.call(self.client.torrents))
        self._by_hash = {name: one for one in self._seen for name in one.hashes}
        self._ran |= {one.id for one in self._seen if not one.is_stopped}

    async def _start_fresh(self, name: base.TorrentId) -> None:
        """Whatever is in the client's queue: what was claimed shall be served."""
        if (seen := self.find(self._claimed.get(name))) or name not in self._claimed:
            self._fresh.discard(name)
        if seen and self.is_ours(seen):
            await self._start(seen)

    def _count(self) -> None:
        for one in self._seen:
            if self.is_ours(one):
                sent, received = self._counted.get(one.id, (0, 0))
                self._sent += max(one.uploaded_bytes - sent, 0)
                self._received += max(one.downloaded_bytes - received, 0)
                self._counted[one.id] = one.uploaded_bytes, one.downloaded_bytes

    def _judge(self, name: base.TorrentId, seen: Seen | None) -> None:
        """Whether a claim still stands; a reason that it does not ends it."""
        if seen and seen.is_stopped and seen.is_complete and seen.id not in self._stopped:
            self._claimed.pop(name, None)
            log.warning("%s: somebody stopped it in the client's own window: claimed no longer", seen.name)
            self._hub.publish(base.Removed(name))
            return
        why = "it was removed in the client's own window" if seen is None else seen.error
        if seen and not why and not (seen.is_complete or seen.is_checking):
            why = "the client says that it is not complete"
        if why:
            self._claimed.pop(name, None)
            self._hub.publish(base.FileError(name, "", why, is_no_space=False))

    def _wanted(self) -> set[str]:
        """Ids of what is claimed or fetched now."""
        return self._used | {seen.id for seen in map(self.find, self._claimed.values()) if seen}

    def _is_idle(self, one: str) -> bool:
        return self._now_s() - self._idle.setdefault(one, self._now_s()) > _IDLE_S

    async def _tidy(self) -> None:
        """What runs there for nobody is stopped; what the node has no more is removed there."""
        wanted = self._wanted()
        self._idle = {one.id: self._idle[one.id] for one in self._seen if one.id in self._idle}
        is_settled = self._now_s() - self._began_s > _SETTLED_S
        for one in filter(self.is_ours, self._seen):
            if one.id in wanted:
                self._idle.pop(one.id, None)
                continue
            is_here = await asyncio.to_thread(self.paths.from_client(one.folder).exists)
            may_stop = is_here and is_settled and not one.is_stopped
            if not may_stop:
                self._idle.pop(one.id, None)
            is_due = not is_here or (may_stop and self._is_idle(one.id))
            if not is_due or one.id in self._wanted():  # a fetch or a claim may have begun since
                continue
            if is_here:
                await self._stop(one)
            else:
                await self.calls.call(partial(self.client.forget, one.id))


def _require_serving(seen: Seen, client: str) -> None:
    """A torrent of others is a copy, as long as it is served.

    Raises:
        StateError: it is not.
    """
    if seen.is_stopped or not seen.is_complete:
        raise StateError(f"{seen.name}: {client} has it for somebody else, and does not serve it now")


def _status(name: base.TorrentId, seen: Seen) -> base.Status:
    state = base.State.SEEDING if seen.is_complete else base.State.CHECKING if seen.is_checking else base.State.FETCHING
    facts: dict[str, Any] = {
        "downloaded_bytes": seen.downloaded_bytes, "uploaded_bytes": seen.uploaded_bytes,
        "download_bytes_per_s": seen.download_bytes_per_s, "upload_bytes_per_s": seen.upload_bytes_per_s,
    }  # fmt: skip
    return base.Status(
        name, seen.name, base.State.FAILED if seen.error else state, seen.is_stopped, 0, 0, seen.total_bytes,
        seen.done_bytes, peer_count=seen.peers, error=seen.error, **facts,
    )  # fmt: skip
