# SPDX-License-Identifier: Apache-2.0
"""libtorrent's statuses and peers as our values, copied at once."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import libtorrent as lt

from seedbed.core.endpoints import Endpoint
from seedbed.engine.base import Peer, State, Status, Totals

if TYPE_CHECKING:
    from collections.abc import Mapping

    from seedbed.engine.libtorrent_engine.records import Record

_STATES = lt.torrent_status.states
_CHECKING_STATES = {_STATES.queued_for_checking, _STATES.checking_files, _STATES.checking_resume_data}


def take_status(record: Record, said: lt.torrent_status) -> None:
    """Keep what libtorrent says of a torrent."""
    info = record.handle.torrent_file() if record.handle else None
    record.said_checking = said.state in _CHECKING_STATES
    record.said_seeding = said.is_seeding
    record.said_error = said.errc.message() if said.errc.value() else ""
    record.snapshot = Status(
        torrent=record.torrent,
        name=record.name,
        state=State.CHECKING,
        is_paused=bool(said.flags & lt.torrent_flags.paused),
        pieces_have=said.num_pieces,
        pieces_total=info.num_pieces() if info else 0,
        bytes_wanted=said.total_wanted,
        bytes_done=said.total_wanted_done,
        downloaded_bytes=said.total_payload_download,
        uploaded_bytes=said.total_payload_upload,
        download_bytes_per_s=said.download_payload_rate,
        upload_bytes_per_s=said.upload_payload_rate,
        peer_count=said.num_peers,
    )


def status_of(record: Record) -> Status:
    """The last snapshot, with the state as alerts have told since: libtorrent repeats only what has changed for it."""
    error = record.error or record.said_error
    return replace(record.last_snapshot(), name=record.name, state=_state(record, error), error=error)


def _state(record: Record, error: str) -> State:
    if error:
        return State.FAILED
    if record.magnet:
        return State.HELD if record.is_held else State.METADATA
    if record.is_checking or record.said_checking:
        return State.CHECKING
    if not record.is_whole:
        return State.FETCHING
    done = State.SEEDING if record.said_seeding else State.FINISHED
    return done if record.is_settled else State.SETTLING


def totals_of(values: Mapping[str, int]) -> Totals:
    """From libtorrent's own counters; those of a torrent end with it, these do not."""
    sent = ("net.sent_bytes", "net.sent_tracker_bytes", "dht.dht_bytes_out")
    received = ("net.recv_bytes", "net.recv_tracker_bytes", "dht.dht_bytes_in")
    return Totals(sum(values[name] for name in sent), sum(values[name] for name in received))


def peers_of(handle: lt.torrent_handle) -> tuple[Peer, ...]:
    """The peers of a torrent. Blocks until libtorrent's thread answers."""
    return tuple(_peer(peer) for peer in handle.get_peer_info())


def _peer(peer: lt.peer_info) -> Peer:
    flags = int(peer.flags)
    return Peer(
        endpoint=Endpoint(*peer.ip),
        client=bytes(peer.client).decode("utf-8", "replace"),
        is_web_seed=int(peer.connection_type) != int(lt.peer_info.standard_bittorrent),
        is_seed=bool(flags & lt.peer_info.seed),
        is_connecting=bool(flags & (lt.peer_info.connecting | lt.peer_info.handshake)),
        downloaded_bytes=peer.total_download,
        uploaded_bytes=peer.total_upload,
        download_bytes_per_s=peer.payload_down_speed,
        upload_bytes_per_s=peer.payload_up_speed,
    )
