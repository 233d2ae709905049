# SPDX-License-Identifier: Apache-2.0
"""A release's torrent, from wherever it can be had: the catalogue names its hash, so the place does not matter."""

from __future__ import annotations

import hashlib
import logging
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from seedbed.catalog import paths
from seedbed.core import metainfo_reader
from seedbed.core.metainfo import Rules as TorrentRules
from seedbed.errors import DataError, SeedbedError
from seedbed.fetching.faults import Fault
from seedbed.fetching.web.http_document import get_document

if TYPE_CHECKING:
    from collections.abc import Iterable

    from seedbed.catalog.model import Release
    from seedbed.core.metainfo import Metainfo
    from seedbed.fetching.rules import Rules
    from seedbed.library.cache import Cache

log = logging.getLogger(__name__)

_FROM_PEERS = TorrentRules(require_piece_layers=False)


def obtain(
    release: Release, cache: Cache, places: Iterable[str], rules: Rules, said: list[str] | None = None
) -> Path | None:
    """The .torrent file in the cache, got from the first place that has the right one; None when none has.

    Args:
        release: Whose torrent.
        cache: Where it is kept.
        places: Addresses or paths of published catalogues, each ending in ``/``; empty looks on this disk only.
        rules: Time-outs, and whether private addresses may be asked.
        said: Takes why each place gave none, for people.

    Raises:
        StateError: or NoSpaceError: our disk.
    """
    kept = cache.torrent(release.torrent.best_hex)
    if _read_kept(kept, release):
        return kept
    for place in places:
        where = place + paths.torrent(release.torrent.best_hex)
        data, why = _read(where, rules)
        if data is not None and _is_right(data, release, place):
            return cache.put_torrent(release.torrent.best_hex, data)
        if said is not None:
            said.append(f"{where}: {why or 'it is another torrent than the catalogue names'}")
    return None


def found(
    release: Release, cache: Cache, places: Iterable[str], rules: Rules, said: list[str] | None = None
) -> Metainfo | None:
    """What a release's torrent says, wherever :func:`obtain` finds it; None when nobody has it.

    Raises:
        StateError: or NoSpaceError: our disk.
        DataError: or TorrentError, BencodeError, NameRefusedError: see :func:`read`.
    """
    path = obtain(release, cache, places, rules, said)
    return read(path, release) if path else None


def read(path: Path, release: Release) -> Metainfo:
    """What a release's torrent says, if it is the one that the catalogue means.

    Raises:
        DataError: it is another one.
        TorrentError: or BencodeError, NameRefusedError: it is refused.
    """
    metainfo = metainfo_reader.parse(path.read_bytes())
    require_same(metainfo, release, str(path))
    return metainfo


def kept_metainfo(cache: Cache, info_hash: str) -> Metainfo | None:
    """What the cache knows of a torrent, from the .torrent file or what peers gave of it; None when nothing.

    Raises:
        TorrentError: or BencodeError, NameRefusedError: what is there is refused.
    """
    for path, parse in ((cache.torrent(info_hash), metainfo_reader.parse), (cache.info(info_hash), _parse_info)):
        try:
            return parse(path.read_bytes())
        except OSError:
            continue
    return None


def kept_info(cache: Cache, release: Release) -> Metainfo | None:
    """What peers gave of a release's torrent before; None when nothing, or when it is damaged."""
    try:
        metainfo = _parse_info(cache.info(release.torrent.best_hex).read_bytes())
        require_same(metainfo, release, "the cache")
    except (OSError, SeedbedError):
        return None
    return metainfo


def _parse_info(data: bytes) -> Metainfo:
    return metainfo_reader.parse_info(data, rules=_FROM_PEERS)


def require_same(metainfo: Metainfo, release: Release, where: str) -> None:
    """Do nothing when a torrent is the one that the catalogue means.

    Raises:
        DataError: it is another one.
    """
    facts, found = release.torrent, metainfo.info_hashes
    if (found.v1_hex, found.v2_hex) != (facts.info_hash_v1, facts.info_hash_v2):
        raise DataError(f"{where}: it is another torrent: expected {facts.best_hex}, got {found}")


def _read_kept(path: Path, release: Release) -> bool:
    try:
        return _is_right(path.read_bytes(), release, str(path))
    except OSError:
        return False


def _read(where: str, rules: Rules) -> tuple[bytes | None, str]:
    """What is there; or None, and why."""
    try:
        if where.startswith(("http://", "https://")):
            return get_document(where, rules, max_bytes=rules.max_torrent_bytes), ""
        path = Path(unquote(urlsplit(where).path)) if where.startswith("file://") else Path(where)
        return path.read_bytes(), ""
    except (Fault, OSError) as error:
        log.info("no torrent from %s: %s", where, error)
        return None, error.text if isinstance(error, Fault) else str(error.strerror)


def _is_right(data: bytes, release: Release, place: str) -> bool:
    """Whether it is what the signed catalogue names; whoever sends another one is passed by."""
    facts = release.torrent
    try:
        if facts.sha256:
            is_right = hashlib.sha256(data).hexdigest() == facts.sha256
        else:
            is_right = metainfo_reader.parse(data).info_hashes.best_hex == facts.best_hex
    except SeedbedError:
        is_right = False
    if not is_right:
        log.warning("%s gives another torrent than the catalogue names for %s", place, release.id)
    return is_right
