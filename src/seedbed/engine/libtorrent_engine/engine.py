# SPDX-License-Identifier: Apache-2.0
"""The engine that talks to real peers: :class:`seedbed.engine.base.Engine` on libtorrent 2.1.1.

Rules: libtorrent's blocking calls (``status()`` costs 0.1 ms a torrent) are not used; what is asked comes back as an
alert. Statuses come for all changed torrents at once. Alerts arrive through a descriptor in the loop (``pump``).
"""

from __future__ import annotations

import asyncio
import socket
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import TYPE_CHECKING, Self

import libtorrent as lt

from seedbed.core.endpoints import Endpoint
from seedbed.core.magnet import Magnet
from seedbed.engine.base import Added, Removed, Resume
from seedbed.engine.libtorrent_engine import params, session, snapshot
from seedbed.engine.libtorrent_engine.alerts import AlertReader
from seedbed.engine.libtorrent_engine.core import Core
from seedbed.engine.libtorrent_engine.faults import translated
from seedbed.engine.libtorrent_engine.injection import fitted
from seedbed.engine.libtorrent_engine.metadata import Metadata
from seedbed.engine.libtorrent_engine.pump import AlertPump
from seedbed.engine.libtorrent_engine.records import Record, Registry
from seedbed.engine.libtorrent_engine.settle import Settler
from seedbed.engine.libtorrent_engine.waits import Waits
from seedbed.engine.pace import Pace
from seedbed.engine.stream import EventHub
from seedbed.errors import InputError, SeedbedError, StateError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Sequence
    from types import TracebackType

    from seedbed.engine.base import Addition, Peer, Status, TorrentId, Totals
    from seedbed.engine.settings import Settings
    from seedbed.engine.stream import EventStream

_LARGE_BYTES = 200_000
"""A .torrent of this size takes about a tick of the loop to read; larger ones are read in a thread."""
_IN_FLIGHT = 100
"""Additions handed to libtorrent before their answers are awaited: alerts of more would flood its queue."""
_COPY_POLL_S = 1.0


class LibtorrentEngine:
    """Peers, by libtorrent."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._stack = AsyncExitStack()
        self._hub = EventHub()
        self._registry = Registry()
        self._waits = Waits(settings.reply_timeout_s)
        self._pace = Pace(settings.adds_per_s)
        self._endpoints: tuple[Endpoint, ...] = ()
        self._open: Core | None = None
        self._metadata: Metadata | None = None
        self._stopping = asyncio.Event()

    async def __aenter__(self) -> Self:
        opened = await asyncio.to_thread(session.open_session, self._settings)
        try:
            self._endpoints = session.listening(opened)
            tasks = await self._stack.enter_async_context(asyncio.TaskGroup())
            self._start(opened, tasks)
        except BaseException:
            last = [opened]
            del opened
            await self._end(last)
            raise
        return self

    def _start(self, opened: lt.session, tasks: asyncio.TaskGroup) -> None:
        core = Core(self._settings, opened, self._registry, self._waits, self._hub, tasks)
        self._metadata = Metadata(core)
        self._alerts = AlertReader(core, Settler(core), self._metadata)
        self._pump = AlertPump(opened, self._alerts.handle)
        self._open = core
        if self._settings.report_copies:
            tasks.create_task(self._watch_copies(self._alerts))

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()  # the task group is not told of ``error``: it would wrap it in a group

    async def aclose(self) -> None:
        """Stop in bounded time; twice is harmless."""
        core, self._open = self._open, None
        if core is None:
            return
        self._stopping.set()
        await self._say_goodbye(core.session)
        self._pump.close()
        self._waits.fail_all(StateError("the engine is closing"))
        self._registry.records.clear()
        try:
            await self._stack.aclose()
        finally:
            self._hub.close()
            last = [core.session]  # the only reference: who drops it waits for the session's threads
            core.session = None  # type: ignore[assignment]  # nobody may use it any more
            await self._end(last)

    async def _say_goodbye(self, ending: lt.session) -> None:
        """Let trackers hear that we stop while the loop still runs: the session's own end holds Python's lock."""
        session.pause(ending)
        try:
            async with asyncio.timeout(self._settings.stop_timeout_s):
                self._pump.drain()
                await self._alerts.parted.wait()
        except TimeoutError:
            pass  # a tracker that does not answer is not waited for any longer
        session.silence(ending)

    async def _end(self, last: list[lt.session]) -> None:
        """Let the session go, in a thread."""
        try:
            async with asyncio.timeout(self._settings.stop_timeout_s + 1):
                await asyncio.to_thread(last.clear)
        except TimeoutError:
            pass  # the thread goes on and ends with the process

    @property
    def endpoints(self) -> tuple[Endpoint, ...]:
        """Where this engine listens."""
        return self._endpoints

    # -- torrents ---------------------------------------------------------------------------------------------------

    async def add(self, addition: Addition) -> TorrentId:
        """Add one torrent; see :meth:`Engine.add`."""
        core = self._core()
        addition = await _resolved(addition)
        record, what = await self._load(addition)
        if record.torrent in self._registry.records:
            raise InputError(f"{record.name}: added twice", torrent=record.torrent)
        if what.trackers:
            await self._pace.wait()
        self._registry.records[record.torrent] = record
        try:
            await core.put_in(record, what)
        except BaseException:
            self._registry.drop(record)
            raise
        self._hub.publish(Added(record.torrent))
        return record.torrent

    async def _load(self, addition: Addition) -> tuple[Record, lt.add_torrent_params]:
        if isinstance(addition.source, bytes) and len(addition.source) > _LARGE_BYTES:
            return await asyncio.to_thread(params.load, addition, self._settings)
        return params.load(addition, self._settings)

    async def add_many(self, additions: Iterable[Addition]) -> AsyncIterator[TorrentId | SeedbedError]:
        """Add many; see :meth:`Engine.add_many`."""
        batch: list[Addition] = []
        for addition in additions:
            batch.append(addition)
            if len(batch) == _IN_FLIGHT:
                for outcome in await self._add_batch(batch):
                    yield outcome
                batch = []
        for outcome in await self._add_batch(batch):
            yield outcome

    async def _add_batch(self, batch: list[Addition]) -> list[TorrentId | SeedbedError]:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(self._try_add(addition)) for addition in batch]
        return [task.result() for task in tasks]

    async def _try_add(self, addition: Addition) -> TorrentId | SeedbedError:
        try:
            return await self.add(addition)
        except SeedbedError as error:
            return error

    async def remove(self, torrent: TorrentId, *, delete_files: bool = False) -> None:
        """Forget a torrent."""
        core, record = self._core(), self._registry.get(torrent)
        record.doubt()
        await core.take_out(record, lt.session.delete_files if delete_files else 0)
        self._registry.drop(record)
        self._hub.publish(Removed(torrent))

    async def start(self, torrent: TorrentId, *, wanted_files: frozenset[int] | None = None) -> None:
        """Go on with a torrent that is held or paused."""
        record = self._registry.get(torrent)
        if record.magnet is not None and self._metadata:
            await self._metadata.go_on(record, wanted_files)
            return
        with translated(record.name):
            handle = record.live
            if wanted_files is not None:
                handle.prioritize_files(params.file_priorities(handle.torrent_file(), wanted_files))
            handle.resume()

    async def pause(self, torrent: TorrentId) -> None:
        """Disconnect and do nothing until :meth:`start`."""
        record = self._registry.get(torrent)
        with translated(record.name):
            record.live.pause()

    async def retry(self, torrent: TorrentId) -> None:
        """Hash what is on disk, then fetch what is missing."""
        record = self._registry.get(torrent)
        if record.magnet:
            raise StateError(f"{record.name}: its metadata is not here yet")
        await self._core().begin_anew(record)

    async def recheck(self, torrent: TorrentId) -> Sequence[bool]:
        """Hash everything on disk; returns the pieces that are good."""
        record = self._registry.get(torrent)
        await self._core().check(record)
        return await self.pieces(torrent)

    # -- peers and pieces --------------------------------------------------------------------------------------------

    async def connect_peer(self, torrent: TorrentId, peer: Endpoint) -> None:
        """Dial a peer."""
        record = self._registry.get(torrent)
        (found,) = await _resolve((peer,))
        with translated(record.name):
            record.live.connect_peer((found.host, found.port))

    async def find_peers(self, torrent: TorrentId) -> None:
        """Look in the distributed hash table again."""
        record = self._registry.get(torrent)
        with translated(record.name):
            record.live.force_dht_announce()

    async def peers(self, torrent: TorrentId) -> tuple[Peer, ...]:
        """Who is connected."""
        record = self._registry.get(torrent)
        with translated(record.name):
            return await asyncio.to_thread(snapshot.peers_of, record.live)  # the alert for it cannot be read in Python

    async def want_pieces(self, torrent: TorrentId, pieces: Iterable[int], *, wanted: bool) -> None:
        """Fetch these pieces, or do not."""
        record = self._registry.get(torrent)
        with translated(record.name):
            handle, chosen = record.live, list(pieces)
            if wanted and not all(handle.have_piece(piece) for piece in chosen):
                record.doubt()
            handle.prioritize_pieces([(piece, params.priority(wanted=wanted)) for piece in chosen])

    async def add_piece(self, torrent: TorrentId, piece: int, data: bytes) -> bool:
        """Inject a piece; False when its hash is wrong."""
        record = self._registry.get(torrent)
        self._require_pieces(record)
        with translated(record.name):
            handle = record.live
            data = fitted(handle, piece, data)
            if handle.have_piece(piece):
                return True
            record.is_dirty = True
            is_good: bool = await self._waits.ask(
                ("injected", torrent, piece), lambda: handle.add_piece(piece, data, 0)
            )
        return is_good

    def _require_pieces(self, record: Record) -> None:
        if not self._settings.report_pieces:
            raise InputError("pieces can only be added with report_pieces set")
        if record.magnet or record.is_checking:
            raise StateError(f"{record.name}: pieces can be added only after its check")

    async def read_piece(self, torrent: TorrentId, piece: int) -> bytes:
        """The bytes of a piece that is here."""
        record = self._registry.get(torrent)
        with translated(record.name):
            data: bytes = await self._waits.ask(("read", torrent, piece), lambda: record.live.read_piece(piece))
        return data

    async def pieces(self, torrent: TorrentId) -> Sequence[bool]:
        """Which pieces are here."""
        record = self._registry.get(torrent)
        with translated(record.name):
            have: list[bool] = await self._waits.ask(
                ("pieces", torrent), lambda: record.live.post_status(lt.torrent_handle.query_pieces)
            )
        return have

    async def torrent_file(self, torrent: TorrentId) -> bytes:
        """The whole .torrent, piece layers included."""
        record = self._registry.get(torrent)
        resume = lt.read_resume_data(await self._core().resume_data(record))
        if resume.ti is None:
            raise StateError(f"{record.name}: its metadata is not here yet")
        with translated(record.name):
            return bytes(lt.bencode(lt.write_torrent_file(resume)))  # type: ignore[arg-type]  # the stub's own type

    async def save_resume(self, torrent: TorrentId) -> Resume:
        """What is needed to go on later without hashing."""
        record = self._registry.get(torrent)
        if record.magnet:
            raise StateError(f"{record.name}: its metadata is not here yet")
        return Resume(await self._core().resume_data(record))

    # -- what is going on --------------------------------------------------------------------------------------------

    def status(self, torrent: TorrentId) -> Status:
        """The last snapshot of one torrent."""
        return snapshot.status_of(self._registry.get(torrent))

    def statuses(self) -> tuple[Status, ...]:
        """The last snapshots of all."""
        return tuple(snapshot.status_of(record) for record in self._registry.records.values())

    async def refresh(self) -> None:
        """Bring all snapshots up to date."""
        core = self._core()
        await self._waits.ask("statuses", core.session.post_torrent_updates)

    async def totals(self) -> Totals:
        """What went over the line."""
        return snapshot.totals_of(await self._waits.ask("totals", self._core().session.post_session_stats))

    async def limit(self, *, upload_bytes_per_s: int, download_bytes_per_s: int) -> None:
        """Other rates from now on; 0 is no limit."""
        session.limit(self._core().session, upload_bytes_per_s, download_bytes_per_s)

    def events(self, torrent: TorrentId | None = None) -> EventStream:
        """What happens from now on."""
        return self._hub.listen(torrent)

    async def _watch_copies(self, alerts: AlertReader) -> None:
        """Ask those who take copies whether they are complete; many go without a word."""
        while not self._stopping.is_set():
            for torrent in alerts.busy_with_copies():
                await self._ask_takers(torrent, alerts)
            try:
                async with asyncio.timeout(_COPY_POLL_S):
                    await self._stopping.wait()
            except TimeoutError:
                continue

    async def _ask_takers(self, torrent: TorrentId, alerts: AlertReader) -> None:
        try:
            for peer in await self.peers(torrent):
                if peer.is_seed:
                    alerts.completed(self._registry.get(torrent), peer.endpoint)
        except SeedbedError:
            return  # removed meanwhile

    def _core(self) -> Core:
        if self._open is None:
            raise StateError("the engine is not open")
        return self._open


async def _resolved(addition: Addition) -> Addition:
    """The addition with its peers, the magnet's too, as addresses."""
    if isinstance(addition.source, Magnet) and addition.source.peers:
        named = tuple(Endpoint(*peer) for peer in addition.source.peers)
        source = replace(addition.source, peers=())
        addition = replace(addition, source=source, peers=(*addition.peers, *named))
    return replace(addition, peers=await _resolve(addition.peers)) if addition.peers else addition


async def _resolve(peers: tuple[Endpoint, ...]) -> tuple[Endpoint, ...]:
    loop = asyncio.get_running_loop()
    found: list[Endpoint] = []
    for peer in peers:
        try:
            async with asyncio.timeout(10):
                rows = await loop.getaddrinfo(peer.host, peer.port, type=socket.SOCK_STREAM)
        except (OSError, TimeoutError) as error:
            raise InputError(f"peer {peer}: the name {peer.host!r} is not known") from error
        found.append(Endpoint(str(rows[0][4][0]), peer.port))
    return tuple(found)
