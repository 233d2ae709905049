# SPDX-License-Identifier: Apache-2.0
"""Alerts become events, answers, and changes of records.

Every field is copied here: an alert is dead after the next ``pop_alerts`` (see ``pump``).
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

import libtorrent as lt

from seedbed.core.endpoints import Endpoint
from seedbed.engine import base
from seedbed.engine.libtorrent_engine import faults, snapshot
from seedbed.engine.libtorrent_engine.copies import CopyCounter
from seedbed.errors import StateError

if TYPE_CHECKING:
    from collections.abc import Callable

    from seedbed.engine.base import TorrentId
    from seedbed.engine.libtorrent_engine.core import Core
    from seedbed.engine.libtorrent_engine.metadata import Metadata
    from seedbed.engine.libtorrent_engine.records import Record
    from seedbed.engine.libtorrent_engine.settle import Settler

_log = logging.getLogger(__name__)
_NOTHING_TO_OFFER = {37, 98}
"""libtorrent's codes for "upload to upload connection" and "torrent finished": both sides have all they want."""
_HASHES_DISAGREE = 217
"""libtorrent's code for "v1 and v2 hashes do not describe the same data"."""
_RESTARTED_CHECK = int(lt.torrent_status.states.checking_resume_data)
_FETCHING = int(lt.torrent_status.states.downloading)


class AlertReader:
    """Knows what each alert means."""

    def __init__(self, core: Core, settler: Settler, metadata: Metadata) -> None:
        self._core = core
        self._settler = settler
        self._metadata = metadata
        self._copies: dict[TorrentId, CopyCounter] = {}
        self.parted = asyncio.Event()
        """No tracker owes us an answer to our goodbye."""
        self.parted.set()
        self._goodbyes = 0
        self._session_alerts: dict[type, Callable[..., None]] = {
            lt.add_torrent_alert: self._added,
            lt.torrent_removed_alert: self._removed,
            lt.state_update_alert: self._statuses,
            lt.session_stats_alert: self._totals,
            lt.alerts_dropped_alert: self._dropped,
        }
        self._torrent_alerts: dict[type, Callable[..., None]] = {
            lt.state_changed_alert: self._state_changed,
            lt.torrent_checked_alert: self._checked,
            lt.torrent_finished_alert: self._finished,
            lt.cache_flushed_alert: self._flushed,
            lt.metadata_received_alert: self._metadata_received,
            lt.piece_finished_alert: self._piece_finished,
            lt.hash_failed_alert: self._piece_refused,
            lt.file_error_alert: self._file_error,
            lt.torrent_error_alert: self._torrent_error,
            lt.save_resume_data_alert: self._resume_data,
            lt.save_resume_data_failed_alert: self._no_resume_data,
            lt.read_piece_alert: self._piece_read,
            lt.peer_connect_alert: self._peer_connected,
            lt.peer_disconnected_alert: self._peer_disconnected,
            lt.block_uploaded_alert: self._block_sent,
            lt.tracker_announce_alert: self._announcing,
            lt.tracker_reply_alert: self._tracker_replied,
            lt.tracker_error_alert: self._tracker_failed,
            lt.url_seed_alert: self._web_seed_failed,
        }

    def handle(self, alert: lt.alert) -> None:
        """Act on one alert; those that nobody needs are passed over."""
        kind = type(alert)
        if act := self._session_alerts.get(kind):
            act(alert)
        elif (act := self._torrent_alerts.get(kind)) and isinstance(alert, lt.torrent_alert):
            handle = alert.handle
            if handle.is_valid() and (record := self._core.registry.find(handle.info_hashes())):
                act(record, alert)

    def busy_with_copies(self) -> tuple[TorrentId, ...]:
        """Torrents of which somebody is taking a copy now."""
        return tuple(torrent for torrent, counter in self._copies.items() if counter.is_busy)

    def completed(self, record: Record, peer: Endpoint) -> None:
        """A peer says that it has all it wants."""
        if (counter := self._copies.get(record.torrent)) and counter.says_complete(peer):
            self._core.hub.publish(base.CopyTaken(record.torrent, peer))

    # -- the session ------------------------------------------------------------------------------------------------

    def _added(self, alert: lt.add_torrent_alert) -> None:
        failed = bool(alert.error.value())
        hashes = alert.params.info_hashes if failed else alert.handle.info_hashes()
        record = self._core.registry.find(hashes)
        if record is None:
            return
        answer = faults.from_code(alert.error, record.name) if failed else alert.handle
        self._core.waits.answer(("added", record.torrent), answer)

    def _removed(self, alert: lt.torrent_removed_alert) -> None:
        if record := self._core.registry.find(alert.info_hashes):
            self._copies.pop(record.torrent, None)
            self._core.waits.answer(("removed", record.torrent))

    def _statuses(self, alert: lt.state_update_alert) -> None:
        pieces: dict[TorrentId, list[bool]] = {}
        wanted = self._core.waits
        for said in alert.status:
            if record := self._core.registry.find(said.info_hashes):
                snapshot.take_status(record, said)
                if wanted.is_waiting(("pieces", record.torrent)):
                    pieces[record.torrent] = list(said.pieces)
        wanted.answer_next("statuses")
        for torrent, have in pieces.items():
            wanted.answer(("pieces", torrent), have)

    def _totals(self, alert: lt.session_stats_alert) -> None:
        self._core.waits.answer_next("totals", dict(alert.values))

    def _dropped(self, _: lt.alerts_dropped_alert) -> None:
        _log.warning("the engine's queue of messages overflowed: alert_queue_length is too small")
        self._core.hub.publish(base.EventsLost(None, 1))

    # -- one torrent's life ---------------------------------------------------------------------------------------

    def _state_changed(self, record: Record, alert: lt.state_changed_alert) -> None:
        state = int(alert.state)
        if state == _RESTARTED_CHECK:
            record.checks += 1
            record.is_checking = True
            record.doubt()
        elif state == _FETCHING:
            record.is_dirty = True
            record.doubt()

    def _checked(self, record: Record, _: lt.torrent_checked_alert) -> None:
        if record.magnet:
            return
        record.is_checking = False
        self._core.hub.publish(base.Checked(record.torrent))
        self._core.waits.answer(("checked", record.torrent, record.checks))
        if record.is_whole:
            self._settler.whole(record)

    def _finished(self, record: Record, _: lt.torrent_finished_alert) -> None:
        if record.magnet:  # held: it wants nothing, so libtorrent calls it finished
            return
        record.is_whole = True
        if not record.is_checking:
            self._settler.whole(record)

    def _flushed(self, record: Record, _: lt.cache_flushed_alert) -> None:
        self._core.waits.answer(("flushed", record.torrent))

    def _metadata_received(self, record: Record, alert: lt.metadata_received_alert) -> None:
        self._metadata.received(record, alert.handle)

    def _file_error(self, record: Record, alert: lt.file_error_alert) -> None:
        record.is_suspect = True
        code = alert.error
        no_space = faults.is_no_space(code.category().name(), code.value())
        self._fail(record, alert.filename(), code.message(), is_no_space=no_space)

    def _torrent_error(self, record: Record, alert: lt.torrent_error_alert) -> None:
        if alert.error.value() == _HASHES_DISAGREE and (record.is_suspect or record.is_checking):
            # A full disk makes libtorrent hash what it wrote (v1) against what it received (v2) and blame the torrent.
            # It then stops the torrent, even in the middle of the check that would tell the truth.
            record.is_suspect = True
            alert.handle.clear_error()
            alert.handle.resume()
            return
        self._fail(record, "", alert.error.message(), is_no_space=False)

    def _fail(self, record: Record, path: str, reason: str, *, is_no_space: bool) -> None:
        if record.error:  # one for each block that waits to be written: say it once
            return
        record.error = f"{path}: {reason}" if path else reason
        self._core.hub.publish(base.FileError(record.torrent, path, reason, is_no_space=is_no_space))

    def _resume_data(self, record: Record, alert: lt.save_resume_data_alert) -> None:
        self._core.waits.answer(("resume", record.torrent), bytes(lt.write_resume_data_buf(alert.params)))

    def _no_resume_data(self, record: Record, alert: lt.save_resume_data_failed_alert) -> None:
        self._core.waits.answer(("resume", record.torrent), faults.from_code(alert.error, record.name))

    # -- pieces ------------------------------------------------------------------------------------------------------

    def _piece_finished(self, record: Record, alert: lt.piece_finished_alert) -> None:
        if record.is_checking:  # found on disk, not come
            return
        piece = alert.piece_index
        self._core.waits.answer(("injected", record.torrent, piece), value=True)
        self._core.hub.publish(base.PieceFinished(record.torrent, piece))

    def _piece_refused(self, record: Record, alert: lt.hash_failed_alert) -> None:
        piece = alert.piece_index
        self._core.waits.answer(("injected", record.torrent, piece), value=False)
        self._core.hub.publish(base.PieceRefused(record.torrent, piece))

    def _piece_read(self, record: Record, alert: lt.read_piece_alert) -> None:
        code = alert.error
        failed = StateError(f"{record.name}: piece {alert.piece} cannot be read: {code.message()}")
        answer = failed if code.value() else bytes(alert.buffer)
        self._core.waits.answer(("read", record.torrent, alert.piece), answer)

    # -- others ------------------------------------------------------------------------------------------------------

    def _peer_connected(self, record: Record, alert: lt.peer_connect_alert) -> None:
        self._core.hub.publish(base.PeerConnected(record.torrent, Endpoint(*alert.endpoint)))

    def _peer_disconnected(self, record: Record, alert: lt.peer_disconnected_alert) -> None:
        peer, code = Endpoint(*alert.endpoint), alert.error
        if self._copies:
            says_so = code.category().name() == "libtorrent" and code.value() in _NOTHING_TO_OFFER
            if says_so or alert.reason == lt.close_reason_t.upload_to_upload:
                self.completed(record, peer)
            if counter := self._copies.get(record.torrent):
                counter.forget(peer)
        self._core.hub.publish(base.PeerDisconnected(record.torrent, peer, code.message()))

    def _block_sent(self, record: Record, alert: lt.block_uploaded_alert) -> None:
        counter = self._copies.get(record.torrent)
        if counter is None:
            info = alert.handle.torrent_file()
            if info is None:
                return
            counter = self._copies[record.torrent] = CopyCounter.of(info)
        peer = Endpoint(*alert.endpoint)
        if counter.sent(peer, alert.piece_index, alert.block_index):
            self._core.hub.publish(base.CopyTaken(record.torrent, peer))

    def _announcing(self, _: Record, alert: lt.tracker_announce_alert) -> None:
        if alert.event == lt.event_t.stopped:
            self._goodbyes += 1
            self.parted.clear()

    def _heard_goodbye(self) -> None:
        self._goodbyes = max(0, self._goodbyes - 1)
        if not self._goodbyes:
            self.parted.set()

    def _tracker_replied(self, record: Record, alert: lt.tracker_reply_alert) -> None:
        self._heard_goodbye()
        self._core.hub.publish(base.TrackerReplied(record.torrent, alert.url, alert.num_peers))

    def _tracker_failed(self, record: Record, alert: lt.tracker_error_alert) -> None:
        self._heard_goodbye()
        reason = alert.failure_reason() or alert.error.message()
        self._core.hub.publish(base.TrackerFailed(record.torrent, alert.url, reason))

    def _web_seed_failed(self, record: Record, alert: lt.url_seed_alert) -> None:
        reason = alert.error_message() or alert.error.message()
        self._core.hub.publish(base.WebSeedFailed(record.torrent, alert.server_url(), reason))
