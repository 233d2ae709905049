# SPDX-License-Identifier: Apache-2.0
"""An engine for tests: the same Protocol without sockets. Peers are the other engines on one ``MemoryNetwork``.

Rules: pieces move in ascending order, from the peer connected first; nothing depends on time or chance. One worker
owns the transfers of an engine; other engines send it the names of torrents to look after.
"""

from __future__ import annotations

import asyncio
import errno
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import TYPE_CHECKING, Self

from seedbed.core import bencode
from seedbed.core.endpoints import Endpoint
from seedbed.core.layout import Layout
from seedbed.core.magnet import Magnet
from seedbed.engine import base
from seedbed.engine.base import Peer, Resume, TorrentId
from seedbed.engine.memory_disk import Disk, is_good
from seedbed.engine.memory_torrent import MemoryTorrent, read_source, status_of
from seedbed.engine.settings import Settings
from seedbed.engine.stream import EventHub
from seedbed.errors import InputError, NotFoundError, SeedbedError, StateError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Sequence
    from types import TracebackType

    from seedbed.core.metainfo import Metainfo
    from seedbed.engine.base import Addition, Status
    from seedbed.engine.memory_network import MemoryNetwork
    from seedbed.engine.stream import EventStream


class MemoryEngine:
    """Peers, pretended."""

    def __init__(
        self, network: MemoryNetwork, settings: Settings | None = None, *, space_bytes: int | None = None
    ) -> None:
        self._network = network
        self._settings = settings or Settings.loopback()
        self.space_bytes = space_bytes
        """As ``Disk.space_bytes``; a test may change it, then ``retry``."""
        self._hub = EventHub()
        self._torrents: dict[TorrentId, MemoryTorrent] = {}
        self._work: asyncio.Queue[TorrentId | None] = asyncio.Queue()
        self._stack = AsyncExitStack()
        self._endpoint: Endpoint | None = None

    async def __aenter__(self) -> Self:
        tasks = await self._stack.enter_async_context(asyncio.TaskGroup())
        tasks.create_task(self._look_after_all())
        self._endpoint = self._network.join(self)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Stop; twice is harmless."""
        if self._endpoint is None:
            return
        self._network.leave(self._endpoint)
        self._endpoint = None
        self._work.put_nowait(None)
        try:
            await self._stack.aclose()
        finally:
            self._torrents.clear()
            self._hub.close()

    @property
    def endpoints(self) -> tuple[Endpoint, ...]:
        """Where other engines on the network find this one."""
        return (self._endpoint,) if self._endpoint else ()

    # -- torrents ---------------------------------------------------------------------------------------------------

    async def add(self, addition: Addition) -> TorrentId:
        """Add one torrent."""
        if self._endpoint is None:
            raise StateError("the engine is not open")
        metainfo, hashes, name = read_source(addition)
        torrent = TorrentId(hashes.best_hex)
        if torrent in self._torrents:
            raise InputError(f"{name}: added twice", torrent=torrent)
        record = MemoryTorrent(torrent, addition, hashes, name, is_paused=addition.paused)
        if metainfo is not None:
            await self._set_metainfo(record, metainfo, addition.have_pieces)
        self._torrents[torrent] = record
        self._hub.publish(base.Added(torrent))
        if metainfo is not None:
            self._hub.publish(base.Checked(torrent))
        self._join_swarm(record)
        self._work.put_nowait(torrent)
        return torrent

    async def add_many(self, additions: Iterable[Addition]) -> AsyncIterator[TorrentId | SeedbedError]:
        """Add many, in order."""
        for addition in additions:
            try:
                yield await self.add(addition)
            except SeedbedError as error:
                yield error

    async def remove(self, torrent: TorrentId, *, delete_files: bool = False) -> None:
        """Forget a torrent."""
        record = self._get(torrent)
        del self._torrents[torrent]
        if delete_files and record.disk:
            await asyncio.to_thread(record.disk.delete)
        self._hub.publish(base.Removed(torrent))

    async def start(self, torrent: TorrentId, *, wanted_files: frozenset[int] | None = None) -> None:
        """Go on with a torrent that is held or paused."""
        record = self._get(torrent)
        if record.disk is None and not record.is_paused:
            raise StateError(f"torrent {torrent}: its metadata is not here yet")
        if wanted_files is not None:
            record.addition = replace(record.addition, wanted_files=wanted_files)
        if record.is_held:
            record.is_held = False
            self._hub.publish(base.Checked(torrent))
        record.is_paused = False
        record.is_finished = False
        self._work.put_nowait(torrent)

    async def pause(self, torrent: TorrentId) -> None:
        """Do nothing until :meth:`start`."""
        self._get(torrent).is_paused = True

    async def retry(self, torrent: TorrentId) -> None:
        """Hash what is on disk, then fetch what is missing."""
        record = self._get(torrent)
        record.error = ""
        if record.disk:
            record.disk = replace(record.disk, space_bytes=self.space_bytes)
        await self.recheck(torrent)

    async def recheck(self, torrent: TorrentId) -> Sequence[bool]:
        """Hash everything on disk."""
        record = self._get(torrent)
        if record.disk is None:
            raise StateError(f"torrent {torrent}: its metadata is not here yet")
        record.is_finished = False
        record.have = await asyncio.to_thread(record.disk.good_pieces)
        self._hub.publish(base.Checked(torrent))
        self._work.put_nowait(torrent)
        return list(record.have)

    # -- peers and pieces --------------------------------------------------------------------------------------------

    async def connect_peer(self, torrent: TorrentId, peer: Endpoint) -> None:
        """Connect to another engine on the network."""
        self._connect(self._get(torrent), peer)
        self._work.put_nowait(torrent)

    async def find_peers(self, torrent: TorrentId) -> None:
        """There is no table here; a torrent that is not ours is an error as everywhere."""
        self._get(torrent)

    async def peers(self, torrent: TorrentId) -> tuple[Peer, ...]:
        """Who is connected."""
        found: list[Peer] = []
        for endpoint, sent_bytes in self._get(torrent).peers.items():
            other = self._other(endpoint, self._get(torrent))
            is_seed = other is not None and other.disk is not None and all(other.have)
            found.append(Peer(endpoint, "memory", False, is_seed, False, 0, sent_bytes, 0, 0))  # noqa: FBT003
        return tuple(found)

    async def want_pieces(self, torrent: TorrentId, pieces: Iterable[int], *, wanted: bool) -> None:
        """Fetch these pieces, or do not."""
        record = self._get(torrent)
        if wanted:
            record.unwanted.difference_update(pieces)
            record.is_finished = False
        else:
            record.unwanted.update(pieces)
        self._work.put_nowait(torrent)

    async def add_piece(self, torrent: TorrentId, piece: int, data: bytes) -> bool:
        """Inject a piece."""
        record = self._get(torrent)
        if record.disk is None:
            raise StateError(f"torrent {torrent}: its metadata is not here yet")
        if not 0 <= piece < len(record.have) or len(data) > record.disk.layout.piece_size(piece):
            raise InputError(f"{record.name}: there is no piece {piece} of {len(data)} bytes")
        if record.have[piece]:
            return True
        is_kept = await self._keep(record, piece, data.ljust(record.disk.layout.piece_size(piece), b"\0"))
        self._work.put_nowait(torrent)
        return is_kept

    async def read_piece(self, torrent: TorrentId, piece: int) -> bytes:
        """The bytes of a piece that is here."""
        record = self._get(torrent)
        if record.disk is None or not 0 <= piece < len(record.have) or not record.have[piece]:
            raise StateError(f"{record.name}: piece {piece} is not here")
        return await asyncio.to_thread(record.disk.read, piece)

    async def pieces(self, torrent: TorrentId) -> Sequence[bool]:
        """Which pieces are here."""
        return list(self._get(torrent).have)

    async def torrent_file(self, torrent: TorrentId) -> bytes:
        """The whole .torrent."""
        record = self._get(torrent)
        if record.disk is None:
            raise StateError(f"torrent {torrent}: its metadata is not here yet")
        return bencode.encode(dict(record.disk.metainfo.outer))

    async def save_resume(self, torrent: TorrentId) -> Resume:
        """The torrent and its pieces."""
        have = bytes(self._get(torrent).have)
        return Resume(bencode.encode({b"have": have, b"torrent": await self.torrent_file(torrent)}))

    # -- what is going on --------------------------------------------------------------------------------------------

    def status(self, torrent: TorrentId) -> Status:
        """How far a torrent is."""
        return status_of(self._get(torrent))

    def statuses(self) -> tuple[Status, ...]:
        """How far all are."""
        return tuple(status_of(record) for record in self._torrents.values())

    async def refresh(self) -> None:
        """Nothing to do: snapshots are always up to date."""

    async def totals(self) -> base.Totals:
        """What went from and to other engines."""
        return self._network.totals(self._endpoint)

    def events(self, torrent: TorrentId | None = None) -> EventStream:
        """What happens from now on."""
        return self._hub.listen(torrent)

    # -- transfers ---------------------------------------------------------------------------------------------------

    async def _look_after_all(self) -> None:
        while (torrent := await self._work.get()) is not None:
            record = self._torrents.get(torrent)
            if record and not record.is_paused and not record.is_held and not record.error:
                await self._look_after(record)

    async def _look_after(self, record: MemoryTorrent) -> None:
        if record.disk is None:
            await self._take_metadata(record)
        while not record.is_held and record.disk and not record.error:
            offer = next(
                ((piece, peer, theirs) for piece in record.missing for peer, theirs in self._offers(record, piece)),
                None,
            )
            if offer is None:
                break
            await self._fetch(record, *offer)
        await self._finish(record)

    def _offers(self, record: MemoryTorrent, piece: int) -> list[tuple[Endpoint, MemoryTorrent]]:
        found = ((peer, self._other(peer, record)) for peer in record.peers)
        return [
            (peer, theirs)
            for peer, theirs in found
            if theirs and theirs.disk and not theirs.is_paused and theirs.have[piece]
        ]

    async def _fetch(self, record: MemoryTorrent, piece: int, peer: Endpoint, theirs: MemoryTorrent) -> None:
        if theirs.disk is None or self._endpoint is None:
            return
        data = await asyncio.to_thread(theirs.disk.read, piece)
        theirs.peers[self._endpoint] = theirs.peers.get(self._endpoint, 0) + len(data)
        theirs.uploaded_bytes += len(data)
        record.downloaded_bytes += len(data)
        self._network.count(peer, self._endpoint, len(data))
        if not await self._keep(record, piece, data) and not record.error:
            del record.peers[peer]  # it lies
            self._hub.publish(base.PeerDisconnected(record.torrent, peer, "a piece with a wrong hash"))

    async def _keep(self, record: MemoryTorrent, piece: int, data: bytes) -> bool:
        disk = record.disk
        if disk is None or not is_good(disk.metainfo, disk.layout, piece, data):
            self._hub.publish(base.PieceRefused(record.torrent, piece))
            return False
        try:
            await asyncio.to_thread(disk.write, piece, data)
        except OSError as error:
            record.error = f"{error.filename}: {error.strerror}"
            no_space = error.errno == errno.ENOSPC
            event = base.FileError(record.torrent, str(error.filename), str(error.strerror), is_no_space=no_space)
            self._hub.publish(event)
            return False
        record.have[piece] = True
        self._hub.publish(base.PieceFinished(record.torrent, piece))
        self._tell_peers(record)
        return True

    async def _finish(self, record: MemoryTorrent) -> None:
        if record.disk is None or record.is_held or record.is_finished or record.missing or record.error:
            return
        if record.addition.upload_only and not all(record.have):
            return
        if not record.addition.upload_only:
            await asyncio.to_thread(record.disk.create_empty, record.addition.wanted_files)
        record.is_finished = True
        self._hub.publish(base.Finished(record.torrent))
        for peer in record.peers:
            engine, theirs = self._network.engines.get(peer), self._other(peer, record)
            if engine and theirs and self._endpoint and theirs.peers.get(self._endpoint):
                engine.copy_taken(theirs.torrent, self._endpoint)

    def copy_taken(self, torrent: TorrentId, peer: Endpoint) -> None:
        """Another engine tells that it has all it wants."""
        record = self._torrents.get(torrent)
        if record and self._settings.report_copies and peer not in record.taken:
            record.taken.add(peer)
            self._hub.publish(base.CopyTaken(torrent, peer))

    async def _take_metadata(self, record: MemoryTorrent) -> None:
        for peer in tuple(record.peers):
            theirs = self._other(peer, record)
            if theirs is None or theirs.disk is None:
                continue
            metainfo = theirs.disk.metainfo
            record.name = metainfo.name
            record.is_held = record.addition.hold_at_metadata
            await self._set_metainfo(record, metainfo, None)
            self._hub.publish(base.MetadataReceived(record.torrent, metainfo.info))
            if not record.is_held:
                self._hub.publish(base.Checked(record.torrent))
            return

    async def _set_metainfo(self, record: MemoryTorrent, metainfo: Metainfo, have: Sequence[bool] | None) -> None:
        layout = Layout.of(metainfo)
        if have is not None and len(have) != layout.piece_count:
            raise InputError(f"{metainfo.name}: have_pieces: expected {layout.piece_count} values, got {len(have)}")
        disk = Disk(metainfo, layout, record.addition.save_path, record.addition.root_name, self.space_bytes)
        record.have = list(have) if have is not None else await asyncio.to_thread(disk.good_pieces)
        record.disk = disk

    def _join_swarm(self, record: MemoryTorrent) -> None:
        magnet = record.addition.source if isinstance(record.addition.source, Magnet) else None
        for peer in (*record.addition.peers, *(Endpoint(*peer) for peer in (magnet.peers if magnet else ()))):
            self._connect(record, peer)
        for url in record.trackers if record.addition.use_trackers and self._endpoint else ():
            found: list[Endpoint] = []
            for info_hash in record.info_hashes.announced:
                found += self._network.announce(url, info_hash, self._endpoint or Endpoint("", 0))
            self._hub.publish(base.TrackerReplied(record.torrent, url, len(found)))
            for peer in dict.fromkeys(found):
                self._connect(record, peer)

    def _connect(self, record: MemoryTorrent, peer: Endpoint) -> None:
        theirs = self._other(peer, record)
        if theirs is None or self._endpoint is None:
            self._hub.publish(base.PeerDisconnected(record.torrent, peer, "nobody is there"))
            return
        if peer not in record.peers:
            record.peers[peer] = 0
            self._hub.publish(base.PeerConnected(record.torrent, peer))
        self._network.engines[peer].greet(theirs.torrent, self._endpoint)

    def greet(self, torrent: TorrentId, peer: Endpoint) -> None:
        """Another engine has connected, or has something new."""
        record = self._torrents.get(torrent)
        if record and peer not in record.peers:
            record.peers[peer] = 0
            self._hub.publish(base.PeerConnected(torrent, peer))
        self._work.put_nowait(torrent)

    def lose(self, peer: Endpoint) -> None:
        """Another engine is gone."""
        for record in self._torrents.values():
            if record.peers.pop(peer, None) is not None:
                self._hub.publish(base.PeerDisconnected(record.torrent, peer, "it went"))

    def _tell_peers(self, record: MemoryTorrent) -> None:
        for peer in record.peers:
            engine, theirs = self._network.engines.get(peer), self._other(peer, record)
            if engine and theirs and theirs.missing and self._endpoint:
                engine.greet(theirs.torrent, self._endpoint)

    def _other(self, peer: Endpoint, record: MemoryTorrent) -> MemoryTorrent | None:
        engine = self._network.engines.get(peer)
        if engine is None or engine is self:
            return None
        return next((t for t in engine._torrents.values() if t.info_hashes.agrees_with(record.info_hashes)), None)  # noqa: SLF001  # its own kind

    def _get(self, torrent: TorrentId) -> MemoryTorrent:
        try:
            return self._torrents[torrent]
        except KeyError as error:
            raise NotFoundError(f"torrent {torrent}: the engine does not have it", torrent=torrent) from error
