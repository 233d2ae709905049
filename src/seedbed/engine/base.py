# SPDX-License-Identifier: Apache-2.0
"""What seedbed asks of a BitTorrent engine, and the values it speaks in.

Rules of every engine:

- A torrent is read by ``core`` first; what ``core`` refuses never reaches an engine's own parser.
- ``Finished`` and the states ``finished`` and ``seeding`` are said only after every wanted byte has its right hash and
  is on disk: written, flushed, files and folders fsynced. After a write error the data is hashed again first.
- Pieces are numbered as in :mod:`seedbed.core.layout`, files as in ``Metainfo.files`` (no pad files).
- Every call answers within ``Settings.reply_timeout_s`` or raises ``StateError``.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple, NewType, Protocol, Self

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Sequence
    from pathlib import Path
    from types import TracebackType

    from seedbed.core.endpoints import Endpoint
    from seedbed.core.magnet import Magnet
    from seedbed.core.metainfo import Metainfo
    from seedbed.engine.stream import EventStream
    from seedbed.errors import SeedbedError

TorrentId = NewType("TorrentId", str)
"""``InfoHashes.best_hex`` of what was added: 40 hex digits (v1, hybrid) or 64 (v2-only)."""


@dataclass(frozen=True, slots=True)
class Resume:
    """What :meth:`Engine.save_resume` gave, unchanged: the torrent, its pieces and settings in one."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Addition:
    """A torrent to add, and how."""

    source: bytes | Metainfo | Magnet | Resume
    """The bytes of a .torrent file, or what ``core`` read from them; a magnet link; an engine's own earlier record."""
    save_path: Path
    """The folder that holds, or will hold, the torrent's root folder or single file."""
    root_name: str = ""
    """What the root folder or single file is called there, if not by the torrent's name. Not for magnets."""
    have_pieces: Sequence[bool] | None = None
    """Pieces that the caller has verified on disk, one each; the engine does not hash them again.
    None: nothing is known, and what lies there is hashed. Ignored for magnets."""
    wanted_files: frozenset[int] | None = None
    """Indices of the files to fetch; None is all. For a magnet give them to :meth:`Engine.start`."""
    peers: tuple[Endpoint, ...] = ()
    """Peers to try first."""
    trackers: tuple[str, ...] = ()
    """More trackers than the torrent names."""
    web_seeds: tuple[str, ...] = ()
    """More web seeds than the torrent names."""
    use_trackers: bool = True
    use_web_seeds: bool = False
    """Whether the engine itself fetches by HTTP (BEP 19). Off where our own downloader does it."""
    hold_at_metadata: bool = False
    """Magnets: stop when the metadata is known, before anything is written, until :meth:`Engine.start`."""
    upload_only: bool = False
    """Serve what is there and fetch nothing."""
    paused: bool = False


class State(Enum):
    """What a torrent is doing."""

    METADATA = "metadata"
    """A magnet whose metadata no peer has sent yet."""
    HELD = "held"
    """The metadata is here; waiting for :meth:`Engine.start`."""
    CHECKING = "checking"
    """Hashing what is on disk."""
    FETCHING = "fetching"
    SETTLING = "settling"
    """Every wanted byte has come; it is being flushed, or hashed again after an error. Not yet to be relied on."""
    FINISHED = "finished"
    """Every wanted file is verified and on disk; others were not wanted."""
    SEEDING = "seeding"
    """Every file is verified and on disk."""
    FAILED = "failed"
    """Stopped by a disk or other error; see ``Status.error``, and :meth:`Engine.retry`."""


@dataclass(frozen=True, slots=True)
class Status:
    """How far a torrent is. A snapshot; see :meth:`Engine.refresh`."""

    torrent: TorrentId
    name: str
    state: State
    is_paused: bool
    pieces_have: int
    pieces_total: int
    """0 until the metadata is known."""
    bytes_wanted: int
    """Bytes of the wanted files, padding not counted; in v1 torrents rounded out to whole pieces."""
    bytes_done: int
    """Bytes of the wanted files that are here and have their right hash."""
    downloaded_bytes: int
    """Received since added, from peers and from the engine's own web seeds; padding that peers send is counted,
    injected pieces are not."""
    uploaded_bytes: int
    """File bytes sent to peers since added."""
    download_bytes_per_s: int
    upload_bytes_per_s: int
    peer_count: int
    """Connected now, web seeds included."""
    error: str = ""
    """Why it failed; empty when it did not."""

    @property
    def is_complete(self) -> bool:
        """Whether every wanted file is verified and on disk."""
        return self.state in {State.FINISHED, State.SEEDING}


class Totals(NamedTuple):
    """Bytes on the line since the engine was opened, of torrents that are gone too: data, protocol, trackers, DHT."""

    sent_bytes: int
    received_bytes: int


@dataclass(frozen=True, slots=True)
class Peer:
    """Somebody a torrent is connected to."""

    endpoint: Endpoint
    client: str
    """What it calls itself; from outside, unchecked."""
    is_web_seed: bool
    is_seed: bool
    """It says it has every piece."""
    is_connecting: bool
    downloaded_bytes: int
    """File bytes received from it."""
    uploaded_bytes: int
    """File bytes sent to it."""
    download_bytes_per_s: int
    upload_bytes_per_s: int


@dataclass(frozen=True, slots=True)
class Added:
    """A torrent is known to the engine."""

    torrent: TorrentId


@dataclass(frozen=True, slots=True)
class Removed:
    """A torrent is gone from the engine; its files are where they were unless deletion was asked for."""

    torrent: TorrentId


@dataclass(frozen=True, slots=True)
class Checked:
    """What was on disk has been hashed, or was taken from ``have_pieces``."""

    torrent: TorrentId


@dataclass(frozen=True, slots=True)
class MetadataReceived:
    """A magnet's metadata came from a peer, has the right hash, and ``core`` accepts it."""

    torrent: TorrentId
    info: bytes
    """The info dictionary (BEP 9). For the whole .torrent, with piece layers, see :meth:`Engine.torrent_file`."""


@dataclass(frozen=True, slots=True)
class MetadataRefused:
    """A magnet's metadata is not a torrent that ``core`` accepts; the torrent was removed, nothing was written."""

    torrent: TorrentId
    error: SeedbedError


@dataclass(frozen=True, slots=True)
class PieceFinished:
    """A piece came and has its right hash; not yet a promise that it is on disk."""

    torrent: TorrentId
    piece: int


@dataclass(frozen=True, slots=True)
class PieceRefused:
    """A piece came with a wrong hash and was thrown away."""

    torrent: TorrentId
    piece: int


@dataclass(frozen=True, slots=True)
class Finished:
    """Every wanted byte is verified and on disk, fsynced. Said again after each recheck that finds so."""

    torrent: TorrentId


@dataclass(frozen=True, slots=True)
class FileError:
    """Reading or writing failed. The torrent stops fetching until :meth:`Engine.retry`; said once, not per block."""

    torrent: TorrentId
    path: str
    reason: str
    is_no_space: bool


@dataclass(frozen=True, slots=True)
class TrackerReplied:
    """A tracker answered an announce."""

    torrent: TorrentId
    url: str
    peer_count: int


@dataclass(frozen=True, slots=True)
class TrackerFailed:
    """A tracker did not answer, or refused."""

    torrent: TorrentId
    url: str
    reason: str


@dataclass(frozen=True, slots=True)
class PeerConnected:
    """A peer or web seed is connected."""

    torrent: TorrentId
    peer: Endpoint


@dataclass(frozen=True, slots=True)
class PeerDisconnected:
    """A connection ended, or never came about."""

    torrent: TorrentId
    peer: Endpoint
    reason: str


@dataclass(frozen=True, slots=True)
class WebSeedFailed:
    """A web seed answered wrongly or not at all (the engine's own web seeds only)."""

    torrent: TorrentId
    url: str
    reason: str


@dataclass(frozen=True, slots=True)
class CopyTaken:
    """A peer that took data from us now has all it wants; once per peer (``Settings.report_copies``).

    Either every block of the torrent was sent to it, or it was sent at least one and then said that it is complete.
    """

    torrent: TorrentId
    peer: Endpoint


@dataclass(frozen=True, slots=True)
class EventsLost:
    """The reader was too slow: so many events were dropped. Ask :meth:`Engine.status` for the truth."""

    torrent: TorrentId | None
    count: int


Event = (
    Added
    | Removed
    | Checked
    | MetadataReceived
    | MetadataRefused
    | PieceFinished
    | PieceRefused
    | Finished
    | FileError
    | TrackerReplied
    | TrackerFailed
    | PeerConnected
    | PeerDisconnected
    | WebSeedFailed
    | CopyTaken
    | EventsLost
)


class Engine(Protocol):
    """Peers. ``async with`` opens and closes it."""

    async def __aenter__(self) -> Self: ...

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None: ...

    @property
    def endpoints(self) -> tuple[Endpoint, ...]:
        """Where this engine listens."""

    async def add(self, addition: Addition) -> TorrentId:
        """Add one torrent; returns when the engine has it, not when it is checked.

        Raises:
            BencodeError: or TorrentError, NameRefusedError: ``core`` refuses the torrent.
            InputError: it is there already, or ``addition`` contradicts itself.
            StateError: the engine cannot take it.
        """

    def add_many(self, additions: Iterable[Addition]) -> AsyncIterator[TorrentId | SeedbedError]:
        """Add many, in order, many in flight and paced; one that is refused does not stop the others."""

    async def remove(self, torrent: TorrentId, *, delete_files: bool = False) -> None:
        """Forget a torrent."""

    async def start(self, torrent: TorrentId, *, wanted_files: frozenset[int] | None = None) -> None:
        """Go on with a torrent that is held at its metadata or paused."""

    async def pause(self, torrent: TorrentId) -> None:
        """Disconnect and do nothing until :meth:`start`."""

    async def retry(self, torrent: TorrentId) -> None:
        """Try again after a :class:`FileError`; hashes what is on disk first."""

    async def recheck(self, torrent: TorrentId) -> Sequence[bool]:
        """Hash everything on disk; returns the pieces that are good."""

    async def connect_peer(self, torrent: TorrentId, peer: Endpoint) -> None:
        """Dial a peer; whether it answers comes as an event."""

    async def find_peers(self, torrent: TorrentId) -> None:
        """Look in the distributed hash table again, now and not in a quarter of an hour."""

    async def peers(self, torrent: TorrentId) -> tuple[Peer, ...]:
        """Who is connected."""

    async def want_pieces(self, torrent: TorrentId, pieces: Iterable[int], *, wanted: bool) -> None:
        """Fetch these pieces, or do not; at first all pieces of the wanted files are wanted.

        For a caller that fetches other pieces another way. ``Finished`` then means the wanted pieces.
        """

    async def add_piece(self, torrent: TorrentId, piece: int, data: bytes) -> bool:
        """Inject a piece that came another way; padding at its end may be left out. False when its hash is wrong."""

    async def read_piece(self, torrent: TorrentId, piece: int) -> bytes:
        """The bytes of a piece that is here, padding included.

        Raises:
            StateError: it is not here, or cannot be read.
        """

    async def pieces(self, torrent: TorrentId) -> Sequence[bool]:
        """Which pieces are here with their right hash."""

    async def torrent_file(self, torrent: TorrentId) -> bytes:
        """The whole .torrent, piece layers included.

        Raises:
            StateError: metadata or piece layers are not known yet.
        """

    async def save_resume(self, torrent: TorrentId) -> Resume:
        """What is needed to go on later without hashing; worth nothing after an unclean stop."""

    def status(self, torrent: TorrentId) -> Status:
        """The last snapshot, at once."""

    def statuses(self) -> tuple[Status, ...]:
        """The last snapshots of all torrents, at once."""

    async def refresh(self) -> None:
        """Bring all snapshots up to date."""

    async def totals(self) -> Totals:
        """What went over the line."""

    def events(self, torrent: TorrentId | None = None) -> EventStream:
        """What happens from now on, to one torrent or to all; close it after use (``with``)."""

    async def aclose(self) -> None:
        """Stop in bounded time; ends all event streams. Twice is harmless."""
