# SPDX-License-Identifier: Apache-2.0
"""What the memory engine knows of each torrent."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from seedbed.core import bencode
from seedbed.core.magnet import Magnet
from seedbed.core.metainfo import Metainfo
from seedbed.core.metainfo_reader import parse
from seedbed.engine.base import Resume, State, Status, TorrentId

if TYPE_CHECKING:
    from seedbed.core.endpoints import Endpoint
    from seedbed.core.ids import InfoHashes
    from seedbed.engine.base import Addition
    from seedbed.engine.memory_disk import Disk


@dataclass(slots=True)
class MemoryTorrent:
    """One torrent of one engine."""

    torrent: TorrentId
    addition: Addition
    info_hashes: InfoHashes
    name: str
    disk: Disk | None = None
    """None until the metadata is known."""
    have: list[bool] = field(default_factory=list)
    peers: dict[Endpoint, int] = field(default_factory=dict)
    """Connected peers and the bytes sent to each."""
    taken: set[Endpoint] = field(default_factory=set)
    unwanted: set[int] = field(default_factory=set)
    """Pieces that the caller gets another way."""
    is_held: bool = False
    is_paused: bool = False
    is_finished: bool = False
    downloaded_bytes: int = 0
    uploaded_bytes: int = 0
    error: str = ""

    def wants(self, piece: int) -> bool:
        """Whether a piece is wanted and not here."""
        if self.disk is None or self.have[piece] or self.addition.upload_only or piece in self.unwanted:
            return False
        wanted = self.addition.wanted_files
        spans = self.disk.layout.piece_spans(piece)
        return wanted is None or any(span.file_index in wanted for span in spans)

    @property
    def missing(self) -> list[int]:
        """All pieces that are wanted and not here."""
        return [piece for piece in range(len(self.have)) if self.wants(piece)]

    @property
    def trackers(self) -> list[str]:
        """All that are announced to."""
        source = self.addition.source
        named = source.trackers if isinstance(source, Magnet) else ()
        if self.disk:
            named = tuple(url for tier in self.disk.metainfo.trackers for url in tier)
        return list(dict.fromkeys((*named, *self.addition.trackers)))


def read_source(addition: Addition) -> tuple[Metainfo | None, InfoHashes, str]:
    """What is known of an addition: its metainfo unless it is a magnet, its info-hashes, its name."""
    source = addition.source
    if isinstance(source, Magnet):
        return None, source.info_hashes, source.name or source.info_hashes.best_hex
    if isinstance(source, Resume):
        said = bencode.decode(source.data)
        blob = said[b"torrent"] if isinstance(said, dict) else b""
        metainfo = parse(blob if isinstance(blob, bytes) else b"")
    else:
        metainfo = source if isinstance(source, Metainfo) else parse(source)
    return metainfo, metainfo.info_hashes, metainfo.name


def status_of(record: MemoryTorrent) -> Status:
    """How far a torrent is."""
    wanted_bytes, done_bytes = _bytes(record)
    return Status(
        torrent=record.torrent,
        name=record.name,
        state=_state(record),
        is_paused=record.is_paused,
        pieces_have=sum(record.have),
        pieces_total=len(record.have),
        bytes_wanted=wanted_bytes,
        bytes_done=done_bytes,
        downloaded_bytes=record.downloaded_bytes,
        uploaded_bytes=record.uploaded_bytes,
        download_bytes_per_s=0,
        upload_bytes_per_s=0,
        peer_count=len(record.peers),
        error=record.error,
    )


def _state(record: MemoryTorrent) -> State:
    if record.error:
        return State.FAILED
    if record.disk is None:
        return State.METADATA
    if record.is_held:
        return State.HELD
    if not record.is_finished:
        return State.FETCHING
    return State.SEEDING if all(record.have) else State.FINISHED


def _bytes(record: MemoryTorrent) -> tuple[int, int]:
    if record.disk is None or record.is_held:
        return 0, 0
    wanted, done = 0, 0
    for piece, is_here in enumerate(record.have):
        for span in record.disk.layout.piece_spans(piece):
            chosen = record.addition.wanted_files
            if span.file_index is not None and (chosen is None or span.file_index in chosen):
                wanted += span.length
                done += span.length if is_here else 0
    return wanted, done
