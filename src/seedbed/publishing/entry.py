# SPDX-License-Identifier: Apache-2.0
"""From a torrent that was made to what the catalogue says of it: facts, rows, its place among the versions."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING

from seedbed.catalog import ids, paths
from seedbed.catalog.model import FileRow, TorrentFacts
from seedbed.core import magnet
from seedbed.creating.create import assemble
from seedbed.inspecting import media_type

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Mapping, Sequence

    from seedbed.catalog.model import Release
    from seedbed.creating.create import Created
    from seedbed.inspecting import Inspected


def with_similar(created: Created, before: Release | None) -> Created:
    """The torrent with the version before named in it (BEP 38), so that clients find what they hold already.

    The name is part of the info dictionary: it is set when the version before is certain, after the hashing.
    """
    similar = _names(before) if before else ()
    wish = replace(created.plan.wish, similar=tuple(dict.fromkeys((*created.plan.wish.similar, *similar))))
    return assemble(replace(created.plan, wish=wish), created.hashes)


def _names(release: Release) -> tuple[bytes, ...]:
    """BEP 38 knows names of 20 bytes: v1, or v2 cut to them."""
    return (bytes.fromhex(release.torrent.best_hex)[:20],)


def same_data(created: Created, known: Sequence[Release], files: Callable[[str], list[FileRow]]) -> Release | None:
    """The version that has these very files under these very names; None when there is none.

    Args:
        created: The torrent of the data.
        known: The dataset's versions.
        files: Item id -> its files, as the catalogue has them.
    """
    size, count = created.plan.dataset.size_bytes, len(created.plan.dataset.items)
    ours = sorted((one.path, one.size_bytes, _identity(one)) for one in rows(created, "", {}))
    for release in reversed(known):
        if (release.size_bytes, release.file_count, release.torrent.name) != (size, count, created.name):
            continue
        if _is_same_torrent(created, release, known):
            return release
        theirs = sorted((one.path, one.size_bytes, _identity(one)) for one in files(release.id))
        if ours == theirs and all(identity or not length for _, length, identity in ours):
            return release
    return None


def _is_same_torrent(created: Created, release: Release, known: Sequence[Release]) -> bool:
    """Whether the data gives this version's torrent, when it names the version that this one named."""
    before = next((one for one in known if one.version == release.predecessor), None)
    hashes = with_similar(created, before).info_hashes
    ours = {hashes.v1_hex, hashes.v2_hex} - {""}
    return bool(ours & {release.torrent.info_hash_v1, release.torrent.info_hash_v2})


def _identity(row: FileRow) -> str:
    return row.pieces_root or row.sha256


def rows(created: Created, item_id: str, each: Mapping[str, Inspected]) -> tuple[FileRow, ...]:
    """The rows of ``files.parquet``.

    Args:
        created: The torrent.
        item_id: Of the version.
        each: Path -> what the file says of itself.
    """
    found = []
    for index, one in enumerate(created.files):
        path = "/".join(one.path)
        known = each.get(path)
        row = FileRow(
            item_id=item_id,
            path=path,
            size_bytes=one.length,
            sha256=one.sha256,
            md5=one.md5,
            pieces_root=one.pieces_root,
            media_type=(known.media_type if known else "") or media_type(path),
            torrent_infohash=created.info_hashes.best_hex,
            offset_bytes=created.plan.layout.starts[index],
        )
        found.append(row)
    return tuple(found)


def facts(created: Created, *, site_url: str) -> TorrentFacts:
    """What the catalogue says of the torrent.

    Args:
        created: The torrent.
        site_url: Where the catalogue is published, ending in ``/``; empty when it has no address.
    """
    hashes, plan = created.info_hashes, created.plan
    sources = (site_url + paths.torrent(hashes.best_hex),) if site_url else ()
    trackers = tuple(url for tier in plan.wish.trackers for url in tier)
    link = magnet.Magnet(hashes, created.name, trackers, plan.web_seeds, exact_sources=sources)
    return TorrentFacts(
        name=created.name,
        piece_length=plan.piece_length,
        info_hash_v1=hashes.v1_hex,
        info_hash_v2=hashes.v2_hex,
        sha256=hashlib.sha256(created.torrent).hexdigest(),
        length=len(created.torrent),
        web_seeds=plan.web_seeds,
        trackers=trackers,
        magnet=magnet.render(link),
        is_single_file=plan.dataset.is_single_file,
    )


def free_version(known: Sequence[Release], now: dt.datetime) -> str:
    """The day, or the day with the next number that is free: ``2024-05-01``, ``2024-05-01.2``."""
    taken = {one.version for one in known}
    day = now.date().isoformat()
    number = next(n for n in range(1, len(taken) + 2) if _numbered(day, n) not in taken)
    return ids.check_version(_numbered(day, number))


def _numbered(day: str, number: int) -> str:
    return day if number == 1 else f"{day}.{number}"
