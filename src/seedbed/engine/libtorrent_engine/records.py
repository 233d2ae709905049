# SPDX-License-Identifier: Apache-2.0
"""What the adapter remembers of each torrent. Small on purpose: a node holds 20,000 of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from seedbed.engine.base import State, Status, TorrentId
from seedbed.errors import NotFoundError

if TYPE_CHECKING:
    from pathlib import Path

    import libtorrent as lt

    from seedbed.core.endpoints import Endpoint
    from seedbed.engine.base import Addition


@dataclass(slots=True)
class Record:
    """One torrent. Only code that runs in the event loop's thread changes it."""

    torrent: TorrentId
    save_path: Path
    name: str
    handle: lt.torrent_handle | None = None
    peers: tuple[Endpoint, ...] = ()
    """Peers the caller named, to dial again after a retry."""
    magnet: Addition | None = None
    """Set until a magnet's metadata is here and it was started."""
    upload_only: bool = False
    root_name: str = ""
    """As ``Addition.root_name``."""
    is_held: bool = False
    is_checking: bool = True
    is_whole: bool = False
    """libtorrent says that every wanted byte has come."""
    is_settled: bool = False
    """It is on disk too, and may be claimed."""
    is_dirty: bool = False
    """Something was, or may have been, written since the last fsync."""
    is_suspect: bool = False
    """A read or write failed since the last full check: libtorrent's word is worth nothing (see ``settle``)."""
    error: str = ""
    checks: int = 0
    """Rechecks begun."""
    epoch: int = 0
    """Grows whenever what is on disk comes into question, so that a claim under way knows that it is outdated."""
    snapshot: Status | None = None
    said_checking: bool = False
    said_seeding: bool = False
    said_error: str = ""
    """What libtorrent said with the snapshot."""

    def doubt(self) -> None:
        """What was known of the disk no longer holds."""
        self.epoch += 1
        self.is_whole = self.is_settled = False

    @property
    def live(self) -> lt.torrent_handle:
        """The handle.

        Raises:
            NotFoundError: the torrent was removed, or is only just being added.
        """
        if self.handle is None or not self.handle.is_valid():
            raise _unknown(self.torrent)
        return self.handle

    def last_snapshot(self) -> Status:
        """The last snapshot; before the first one, that nothing is known."""
        if self.snapshot is not None:
            return self.snapshot
        return Status(self.torrent, self.name, State.CHECKING, False, 0, 0, 0, 0, 0, 0, 0, 0, 0)  # noqa: FBT003


@dataclass(slots=True)
class Registry:
    """All torrents, by every name that alerts call them."""

    records: dict[TorrentId, Record] = field(default_factory=dict)
    _aliases: dict[str, TorrentId] = field(default_factory=dict)
    """A magnet by its v2 info-hash may turn out to be a hybrid, whose alerts come under the v1 info-hash."""

    def get(self, torrent: TorrentId) -> Record:
        """A torrent's record.

        Raises:
            NotFoundError: there is none.
        """
        try:
            return self.records[torrent]
        except KeyError as error:
            raise _unknown(torrent) from error

    def find(self, hashes: lt.info_hash_t) -> Record | None:
        """The record that an alert speaks of; None for torrents that are gone."""
        for known, hash_ in ((hashes.has_v1(), hashes.v1), (hashes.has_v2(), hashes.v2)):
            name = str(hash_) if known else ""
            if name and (record := self.records.get(self._aliases.get(name, TorrentId(name)))):
                return record
        return None

    def learn(self, record: Record, hashes: lt.info_hash_t) -> None:
        """Remember all names of a torrent once its metadata is known."""
        for known, hash_ in ((hashes.has_v1(), hashes.v1), (hashes.has_v2(), hashes.v2)):
            if known and str(hash_) != record.torrent:
                self._aliases[str(hash_)] = record.torrent

    def drop(self, record: Record) -> None:
        """Forget a torrent."""
        self.records.pop(record.torrent, None)
        if self._aliases:
            self._aliases = {alias: name for alias, name in self._aliases.items() if name != record.torrent}


def _unknown(torrent: TorrentId) -> NotFoundError:
    return NotFoundError(f"torrent {torrent}: the engine does not have it", torrent=torrent)
