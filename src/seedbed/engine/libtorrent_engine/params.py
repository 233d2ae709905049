# SPDX-License-Identifier: Apache-2.0
"""From an :class:`Addition` to libtorrent's ``add_torrent_params``.

Everything from outside passes ``core`` before libtorrent reads it: libtorrent repairs hostile paths silently, accepts
duplicate keys and trailing bytes, and would write under names that we refuse. List members of the parameters are
copies: they are assigned whole, never changed in place.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import libtorrent as lt

from seedbed.core import bencode
from seedbed.core import magnet as magnets
from seedbed.core.layout import Layout
from seedbed.core.magnet import Magnet
from seedbed.core.metainfo import Metainfo
from seedbed.core.metainfo_reader import parse
from seedbed.engine.base import Resume, TorrentId
from seedbed.engine.libtorrent_engine.faults import translated
from seedbed.engine.libtorrent_engine.records import Record
from seedbed.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seedbed.engine.base import Addition
    from seedbed.engine.settings import Settings

_FLAGS = lt.torrent_flags
_BASE_FLAGS = _FLAGS.update_subscribe | _FLAGS.apply_ip_filter | _FLAGS.duplicate_is_error
_HOLD_FLAGS = _FLAGS.upload_mode | _FLAGS.default_dont_download
"""A magnet with these takes its metadata and writes nothing, not even empty files."""
DISABLE_V1_HASHES = 1 << 25
"""Not named in the Python binding. A hybrid torrent is checked by its v2 hashes alone: a third less CPU, a fifth to a
quarter faster from peers. It still talks to both swarms."""
_WANTED, _UNWANTED = 4, 0
PAD_FLAG = 1
_LOAD_LIMITS = {"max_buffer_size": 10_000_000, "max_pieces": 100_000, "max_decode_tokens": 1_000_000}
_WEBTORRENT = ("ws://", "wss://")


def load(addition: Addition, settings: Settings) -> tuple[Record, lt.add_torrent_params]:
    """Read and prepare a torrent; takes seconds for the largest, so it may run in a thread.

    Raises:
        BencodeError: or TorrentError, NameRefusedError: ``core`` refuses it.
        InputError: ``addition`` contradicts itself.
    """
    source = addition.source
    if isinstance(source, Magnet):
        record, params = _from_magnet(source, addition)
    elif isinstance(source, Resume):
        record, params = _from_resume(source, addition)
    elif isinstance(source, Metainfo):
        record, params = _from_torrent(source, bencode.encode(dict(source.outer)), addition)
    else:
        record, params = _from_torrent(parse(source), source, addition)
    params.save_path = str(addition.save_path)
    if params.ti is not None and not can_use_web_seeds(params.ti):
        addition = _without_web_seeds(addition)
    _set_sources(params, addition, webtorrent=settings.enable_webtorrent)
    if settings.skip_v1_hashes and _can_skip_v1(addition, params):
        params.flags |= DISABLE_V1_HASHES
    return record, params


def _can_skip_v1(addition: Addition, params: lt.add_torrent_params) -> bool:
    """Whether the v2 hashes of a hybrid torrent are enough.

    They must all be known (a magnet's and a resume record's may not be), and not be used for what web seeds send,
    see :func:`can_use_web_seeds`.
    """
    if isinstance(addition.source, Magnet | Resume) or params.ti is None or params.url_seeds:
        return False
    hashes = params.ti.info_hashes()
    return bool(hashes.has_v1() and hashes.has_v2())


def can_use_web_seeds(info: lt.torrent_info) -> bool:
    """Whether libtorrent can check what web seeds send.

    libtorrent 2.1.1 fails its own check of v2-only torrents of several files from web seeds, 19 of 19 times, and bans
    the honest server.
    """
    layout = info.layout()
    files = sum(not layout.file_flags(at) & PAD_FLAG for at in range(layout.num_files()))
    return info.info_hashes().has_v1() or files == 1


def _from_torrent(metainfo: Metainfo, data: bytes, addition: Addition) -> tuple[Record, lt.add_torrent_params]:
    with translated(metainfo.name):
        params = lt.load_torrent_buffer(data, _LOAD_LIMITS)  # type: ignore[call-overload]  # the stub is wrong
    if addition.have_pieces is not None:
        params.have_pieces = _checked_pieces(addition.have_pieces, metainfo)
    params.flags = _flags(addition)
    params.file_priorities = file_priorities(params.ti, addition.wanted_files)
    if addition.root_name and params.ti is not None:
        params.renamed_files = _renamed(params.ti, addition.root_name)
    return _record(addition, TorrentId(metainfo.info_hashes.best_hex), metainfo.name), params


def _from_magnet(magnet: Magnet, addition: Addition) -> tuple[Record, lt.add_torrent_params]:
    name = magnet.name or magnet.info_hashes.best_hex
    with translated(name):
        params = lt.parse_magnet_uri(magnets.render(magnet))
    params.flags = _flags(addition) | _HOLD_FLAGS
    record = _record(addition, TorrentId(magnet.info_hashes.best_hex), name)
    record.magnet = addition
    return record, params


def _from_resume(resume: Resume, addition: Addition) -> tuple[Record, lt.add_torrent_params]:
    with translated("resume record"):
        params = lt.read_resume_data(resume.data)
    if params.ti is None:
        raise InputError("resume record: it has no info dictionary", hint="Add the torrent from its .torrent file.")
    hashes = params.ti.info_hashes()
    if addition.have_pieces is not None:
        params.have_pieces = list(addition.have_pieces)
    if addition.wanted_files is not None:
        params.file_priorities = file_priorities(params.ti, addition.wanted_files)
        params.piece_priorities = []
    params.flags = _flags(addition)
    name = str(hashes.v1 if hashes.has_v1() else hashes.v2)
    return _record(addition, TorrentId(name), params.ti.name()), params


def going_on(record: Record, resume: bytes, settings: Settings) -> lt.add_torrent_params:
    """The parameters to add a magnet again, now that its metadata is known and was accepted.

    Removed and added again, not just released: the peers that sent the metadata have been disconnected
    (neither side had anything to offer), and libtorrent would not dial them for ``reconnect_s``.
    """
    addition = record.magnet
    if addition is None:
        raise InputError(f"torrent {record.torrent}: it is not held")
    params = lt.read_resume_data(resume)
    params.flags = _flags(addition)
    params.save_path = str(record.save_path)
    params.have_pieces, params.piece_priorities = [], []
    params.file_priorities = file_priorities(params.ti, addition.wanted_files)
    if params.ti is not None and not can_use_web_seeds(params.ti):
        addition = _without_web_seeds(addition)
    _set_sources(params, addition, webtorrent=settings.enable_webtorrent)
    return params


def beginning_anew(record: Record, resume: bytes) -> lt.add_torrent_params:
    """The parameters to add a torrent again as if nothing were known of what is on disk."""
    params = lt.read_resume_data(resume)
    params.flags = _BASE_FLAGS | (_FLAGS.upload_mode if record.upload_only else 0)
    params.save_path = str(record.save_path)
    params.have_pieces, params.verified_pieces, params.unfinished_pieces = [], [], {}
    params.peers = list(dict.fromkeys([*params.peers, *((peer.host, peer.port) for peer in record.peers)]))
    return params


def file_priorities(info: lt.torrent_info | None, wanted: frozenset[int] | None) -> list[int]:
    """The priorities for the files wanted; libtorrent counts pad files, we do not.

    Padding is never wanted: it shares a piece with the file before it, which would be fetched for its sake.
    """
    if info is None or wanted is None:
        return []
    layout = info.layout()
    is_pad = [bool(layout.file_flags(at) & PAD_FLAG) for at in range(layout.num_files())]
    if wanted and max(wanted) >= is_pad.count(False):
        raise InputError(f"{info.name()}: there is no file {max(wanted)}: it has {is_pad.count(False)}")
    ours = iter(range(len(is_pad)))
    return [_UNWANTED if pad or next(ours) not in wanted else _WANTED for pad in is_pad]


def priority(*, wanted: bool) -> int:
    """Libtorrent's number for a piece that is wanted, or not."""
    return _WANTED if wanted else _UNWANTED


def _set_sources(params: lt.add_torrent_params, addition: Addition, *, webtorrent: bool) -> None:
    trackers = list(dict.fromkeys([*params.trackers, *addition.trackers])) if addition.use_trackers else []
    if not webtorrent:
        trackers = [url for url in trackers if not url.startswith(_WEBTORRENT)]
    tiers = dict(zip(params.trackers, params.tracker_tiers, strict=False))
    params.trackers, params.tracker_tiers = trackers, [tiers.get(url, 0) for url in trackers]
    params.url_seeds = [*params.url_seeds, *addition.web_seeds] if addition.use_web_seeds else []
    params.peers = list(dict.fromkeys([*params.peers, *((peer.host, peer.port) for peer in addition.peers)]))


def _without_web_seeds(addition: Addition) -> Addition:
    return replace(addition, use_web_seeds=False, web_seeds=())


def _flags(addition: Addition) -> int:
    flags = _BASE_FLAGS
    flags |= _FLAGS.paused if addition.paused else 0
    return flags | (_FLAGS.upload_mode if addition.upload_only else 0)


def _renamed(info: lt.torrent_info, root_name: str) -> dict[int, str]:
    """The files' paths below another root."""
    layout, cut = info.layout(), len(info.name())
    kept = (at for at in range(layout.num_files()) if not layout.file_flags(at) & PAD_FLAG)
    return {at: root_name + layout.file_path(at)[cut:] for at in kept}


def _checked_pieces(have: Sequence[bool], metainfo: Metainfo) -> list[bool]:
    count = Layout.of(metainfo).piece_count
    if len(have) != count:
        raise InputError(f"{metainfo.name}: have_pieces: expected {count} values, got {len(have)}")
    return list(have)


def _record(addition: Addition, torrent: TorrentId, name: str) -> Record:
    return Record(
        torrent,
        addition.save_path,
        name,
        peers=addition.peers,
        upload_only=addition.upload_only,
        root_name=addition.root_name,
    )
