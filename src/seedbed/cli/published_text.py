# SPDX-License-Identifier: Apache-2.0
"""What ``seedbed publish`` tells in the end: for people, and for scripts."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seedbed.catalog import paths
from seedbed.catalog.stac.item import to_item
from seedbed.cli import catalog_options, output

if TYPE_CHECKING:
    import datetime as dt

    from seedbed.catalog.model import Release
    from seedbed.publishing.request import Published


def facts(done: Published, folder: Path) -> dict[str, Any]:
    """For scripts: the STAC item, the files, and what became of it."""
    one, released = done.release, done.released
    return {
        "id": one.id,
        "dataset": one.dataset,
        "version": one.version,
        "is_new": done.is_new,
        "infohash_v1": one.torrent.info_hash_v1 or None,
        "infohash_v2": one.torrent.info_hash_v2 or None,
        "magnet": one.torrent.magnet,
        "doi": one.doi or None,
        "concept_doi": one.concept_doi or None,
        "mirrors": [{"key": copy.key, "href": copy.href} for copy in one.mirrors],
        "torrent": str(folder / paths.torrent(one.torrent.best_hex)) if released or not done.is_new else None,
        "size_bytes": one.size_bytes,
        "file_count": one.file_count,
        "reused_files": one.reused_files,
        "reused_bytes": one.reused_bytes,
        "catalog": str(folder),
        "serial": released.serial if released else None,
        "is_public": released.is_public if released else None,
        "missing_signatures": released.missing_signatures if released else None,
        "origins": dict(done.origins),
        "remarks": list(done.remarks),
        "item": to_item(one),
    }


def text(done: Published, folder: Path, source: str, is_trial: bool, mirrors: tuple[str, ...] = ()) -> str:  # noqa: FBT001
    """For people: a table, and what to do next.

    Args:
        done: What was published.
        folder: The catalogue.
        source: The data, where it is on this machine; else empty.
        is_trial: Whether nothing was meant to be written.
        mirrors: Where the data was meant to go.
    """
    if not (done.is_new or done.released):
        edit = f"seedbed catalog edit {done.release.id} changes what is said of it."
        more = f" The same command with --version {done.release.version} adds mirrors to it." if mirrors else ""
        return f"Nothing new: this very data is published as {done.release.id}. {edit}{more}"
    head = f"{done.release.id} {_became(done, is_trial=is_trial)}:"
    rows = [f"  {name:<10} {output.plain(value)}" for name, value in _rows(done) if value]
    planned = [f"  {'pushed to':<10} {output.plain(url.partition('?')[0])}" for url in mirrors]
    return "\n".join([head, "", *rows, *planned, *_standing(done, folder), *_next(done, folder, source)])


def _became(done: Published, *, is_trial: bool) -> str:
    if is_trial:
        return "would be published"
    return "is published" if done.is_new else "has further copies"


def _rows(done: Published) -> list[tuple[str, str]]:
    one, who = done.release, done.origins
    return [
        ("title", f"{one.title}{_from(who, 'title')}"),
        ("license", f"{one.license}{' ' if one.license_url else ''}{one.license_url}{_from(who, 'license')}"),
        ("extent", f"{_box(one)}{_of(who, 'place')}"),
        ("time", f"{_time(one)}{_of(who, 'time')}"),
        ("files", _files(one)),
        ("shared", _shared(one)),
        ("info-hash", f"v1 {one.torrent.info_hash_v1}" if one.torrent.info_hash_v1 else ""),
        ("", f"v2 {one.torrent.info_hash_v2}" if one.torrent.info_hash_v2 else ""),
        ("magnet", one.torrent.magnet),
        ("DOI", f"{one.doi}{f' (all versions: {one.concept_doi})' if one.concept_doi else ''}"),
        *(("copy at", copy.href) for copy in one.mirrors),
    ]


def _of(origins: Any, field: str) -> str:
    """Where it was read, if that is known: not of a version that was there before."""
    return f" ({origins[field]})" if origins.get(field) else ""


def _from(origins: Any, field: str) -> str:
    """Who said so, unless it was the person just now."""
    speaker = origins.get(field, "")
    return f" ({speaker})" if speaker and speaker != "the command line" else ""


def _box(one: Release) -> str:
    west, south, east, north = (f"{number:.6g}" for number in one.bbox)
    return f"{west},{south} to {east},{north}"


def _time(one: Release) -> str:
    if one.datetime:
        return _moment(one.datetime)
    first, last = one.start_datetime, one.end_datetime
    return f"{_moment(first)} to {_moment(last)}" if first and last else ""


def _moment(moment: dt.datetime) -> str:
    """A day where the time of day is only its border."""
    is_border = moment.strftime("%H:%M:%S") in {"00:00:00", "23:59:59"}
    return moment.strftime("%Y-%m-%d" if is_border else "%Y-%m-%dT%H:%M:%SZ")


def _files(one: Release) -> str:
    count = f"{one.file_count:,} file{'' if one.file_count == 1 else 's'}, {output.size(one.size_bytes)}"
    rows = one.contents.row_count
    return count if rows is None else f"{count}; a table of {rows:,} rows, {len(one.contents.columns):,} columns"


def _shared(one: Release) -> str:
    if not one.predecessor:
        return ""
    count = f"{one.reused_files:,} file{'' if one.reused_files == 1 else 's'}, {output.size(one.reused_bytes)}"
    return f"{count}, with version {one.predecessor}"


def _standing(done: Published, folder: Path) -> list[str]:
    released = done.released
    if released is None:
        return []
    return [f"  {'catalogue':<10} {output.plain(str(folder))}, release {released.serial}"]


def _next(done: Published, folder: Path, source: str) -> list[str]:
    if done.released is None:
        return []
    if not done.released.is_public:
        return ["", catalog_options.what_is_missing(done.released.missing_signatures, folder)]
    if not source:
        return []
    torrent = shlex.quote(str(folder / paths.torrent(done.release.torrent.best_hex)))
    data = shlex.quote(str(Path(source).absolute().parent))
    return ["", "Next, offer it to others:", f"  seedbed seed {torrent} --data {data}"]
