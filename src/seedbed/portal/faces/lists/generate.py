# SPDX-License-Identifier: Apache-2.0
"""``/generate_torrents?max_tb=``: what is needed most and fits into a space, for people with a disk and any client.

The fields are those that archives with such a list give (``btih``, ``magnet_link``, ``data_size``, ``seeders`` …), so
their clients understand it, and ours beside them. What we do not know is null.
"""

from __future__ import annotations

import io
import json
import zipfile
from typing import TYPE_CHECKING, Any

from starlette.responses import Response

from seedbed.catalog.stac.links import bare_magnet
from seedbed.catalog.stac.times import to_text
from seedbed.core.sizes import read_size
from seedbed.errors import InputError, NotFoundError
from seedbed.portal.faces import addresses
from seedbed.portal.faces.answers import streamed
from seedbed.portal.faces.finding import releases_of
from seedbed.portal.faces.lists import tables
from seedbed.portal.faces.lists.needs import choose, ranked, shuffled
from seedbed.portal.portal import portal_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from starlette.requests import Request

    from seedbed.catalog.model import Release
    from seedbed.health.current import Health
    from seedbed.portal.faces.lists.needs import Need
    from seedbed.portal.portal import Portal

TERABYTE = 10**12
FORMATS = ("json", "csv", "txt", "zip")
MAX_LIMIT, DEFAULT_LIMIT = 10_000, 1_000
MAX_ZIP_BYTES = 500_000_000
"""Of .torrent files in one archive."""
MAX_SPACE = 1e9
FIELDS = (
    "url", "top_level_group_name", "group_name", "display_name", "added_to_torrents_list_at", "is_metadata", "btih",
    "magnet_link", "torrent_size", "num_files", "data_size", "aa_currently_seeding", "obsolete", "embargo", "seeders",
    "leechers", "completed", "stats_scraped_at", "partially_broken", "random", "total_sort_score", "id", "dataset",
    "version", "page", "infohash_v1", "infohash_v2", "license", "threat", "word", "risk", "mirrors", "reasons",
)  # fmt: skip
"""Columns of the table, in this order; keys of the JSON."""


def generate(request: Request) -> Response:
    """The list.

    Raises:
        InputError: no space is given, or something that is none.
    """
    portal, given = portal_of(request), request.query_params
    form = given.get("format", "json")
    if form not in FORMATS:
        raise InputError(f"format: expected one of {', '.join(FORMATS)}, got {form[:40]!r}")
    seed = given.get("seed", "")[:100]
    chosen = choose(ranked(portal, seed), _space(given), limit=_limit(given.get("limit", "")))
    if form == "zip":
        return _zip(portal, chosen)
    writers = {"json": (_json, "application/json"), "csv": (_csv, "text/csv"), "txt": (_txt, "text/plain")}
    write, media_type = writers[form]
    return streamed(write(portal, chosen, seed), f"{media_type}; charset=utf-8" if form != "json" else media_type)


def _space(given: Any) -> int:
    """Bytes: ``max_tb=1.5``, or ``max=500G``."""
    if text := given.get("max", "").strip():
        return read_size(text)
    text = given.get("max_tb", "").strip()
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not 0 < number <= MAX_SPACE:
        raise InputError(
            f"max_tb: expected how many terabytes you can give, got {text[:40]!r}",
            hint="/generate_torrents?max_tb=0.5, or ?max=500G",
        )
    return int(number * TERABYTE)


def _limit(text: str) -> int:
    if not text:
        return DEFAULT_LIMIT
    if not text.isascii() or not text.isdigit() or not 0 < int(text[:9]) <= MAX_LIMIT:
        raise InputError(f"limit: expected a number from 1 to {MAX_LIMIT:,}, got {text[:40]!r}")
    return int(text)


def row(portal: Portal, need: Need, release: Release, health: Health | None, seed: str) -> dict[str, Any]:
    """One line of the list."""
    facts = release.torrent
    is_told = bool(health and health.is_told)
    counted = to_text(health.at) if health and health.at else None
    return {
        "url": addresses.torrent_url(portal.settings, release),
        "top_level_group_name": release.collection,
        "group_name": release.dataset,
        "display_name": f"{release.title} ({release.version})",
        "added_to_torrents_list_at": release.published.date().isoformat(),
        "is_metadata": False,
        "btih": facts.info_hash_v1 or facts.info_hash_v2[:40],
        "magnet_link": (release.torrent.magnet or bare_magnet(release.torrent)),
        "torrent_size": facts.length,
        "num_files": release.file_count,
        "data_size": release.size_bytes,
        "aa_currently_seeding": None,
        "obsolete": not need.is_current,
        "embargo": False,
        "seeders": need.peers if is_told else None,
        "leechers": health.fetching if health and is_told else None,
        "completed": None,
        "stats_scraped_at": counted,
        "partially_broken": bool(health and health.bad_mirrors),
        "random": round(shuffled(seed, need.id), 6),
        "total_sort_score": need.need,
        "id": release.id,
        "dataset": release.dataset,
        "version": release.version,
        "page": addresses.version_url(portal.settings, release),
        "infohash_v1": facts.info_hash_v1,
        "infohash_v2": facts.info_hash_v2,
        "license": release.license,
        "threat": need.threat,
        "word": need.word,
        "risk": round(need.risk, 6),
        "mirrors": need.mirrors,
        "reasons": need.reasons,
    }


def _rows(portal: Portal, chosen: Sequence[Need], seed: str) -> Iterator[dict[str, Any]]:
    by_id, known = {one.id: one for one in chosen}, portal.health.all()
    for release in releases_of(portal.shelf, list(by_id)):
        yield row(portal, by_id[release.id], release, known.get(release.id), seed)


def _json(portal: Portal, chosen: Sequence[Need], seed: str) -> Iterator[str]:
    mark = "["
    for one in _rows(portal, chosen, seed):
        yield mark + json.dumps(one, ensure_ascii=False)
        mark = ",\n"
    yield "]\n" if mark != "[" else "[]\n"


def _csv(portal: Portal, chosen: Sequence[Need], seed: str) -> Iterator[str]:
    yield from tables.lines(FIELDS, _rows(portal, chosen, seed))


def _txt(portal: Portal, chosen: Sequence[Need], _seed: str) -> Iterator[str]:
    """A magnet link on each line: what any client takes by paste."""
    for release in releases_of(portal.shelf, [one.id for one in chosen]):
        yield (release.torrent.magnet or bare_magnet(release.torrent)) + "\n"


def _zip(portal: Portal, chosen: Sequence[Need]) -> Response:
    """All .torrent files: for a watched folder."""
    made, size = io.BytesIO(), 0
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for release in releases_of(portal.shelf, [one.id for one in chosen]):
            try:
                path = portal.shelf.torrent_file(release)
            except NotFoundError:
                continue
            size += path.stat().st_size
            if size > MAX_ZIP_BYTES:
                break
            info = zipfile.ZipInfo(f"{release.dataset}-{release.version}.torrent")
            archive.writestr(info, path.read_bytes(), zipfile.ZIP_DEFLATED)
    name = {"Content-Disposition": 'attachment; filename="torrents.zip"'}
    return Response(made.getvalue(), media_type="application/zip", headers=name)
