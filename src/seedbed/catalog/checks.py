# SPDX-License-Identifier: Apache-2.0
"""What may be wrong with a release before it is published: every value of every field, all faults at once (pure).

Field names are those that people write. Whoever follows a catalogue judges its rows again by the harder half of these
rules (``catalog.table.examine``): there a fault refuses the whole catalogue, so taste has no place in it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from seedbed.catalog import ids
from seedbed.catalog.findings import Finding
from seedbed.catalog.stac import footprints, terms
from seedbed.core import names
from seedbed.core.layout import is_template
from seedbed.errors import InputError, NameRefusedError

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator

    from seedbed.catalog.model import FileRow, Release, TorrentFacts

MAX_CHARACTERS = {
    "title": 500,
    "description": 100_000,
    "citation": 5_000,
    "status_reason": 5_000,
    "source_portal": 500,
    "source_id": 500,
    "jurisdiction": 100,
    "license": 100,
    "language": 35,
    "doi": 300,
    "concept_doi": 300,
    "media_type": 200,
}
"""Longest texts. The longest descriptions of open-data portals have some 30,000 characters."""
MAX_URL_CHARACTERS = 4_000
MAX_KEYWORDS, MAX_KEYWORD_CHARACTERS = 100, 200
MAX_PROVIDERS, MAX_TRANSLATIONS, MAX_COLUMNS, MAX_BANDS = 50, 50, 5_000, 5_000
MAX_WEB_SEEDS, MAX_TRACKERS = 16, 100
MAX_PIECE_LENGTH = 1 << 30
YEARS = range(1, 3000)
"""Years that data may describe: 9999 is not a year but the word "open", and makes every time range meet every other."""

_ROLES = frozenset(("licensor", "producer", "processor", "host"))
_HEX = re.compile(r"[0-9a-f]+", re.ASCII)
_DOI = re.compile(r"10\.\d{4,9}(\.\d+)*/[!-~]+", re.ASCII)
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*", re.ASCII)
_LICENSE = re.compile(r"[A-Za-z0-9.+-]+", re.ASCII)
_MEDIA_TYPE = re.compile(r"[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]*/[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]*(\s*;.*)?", re.ASCII)
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


def findings(release: Release) -> list[Finding]:
    """What is wrong with a release; empty when nothing is."""
    return [
        *_identity(release),
        *_texts(release),
        *_lists(release),
        *_place_and_time(release),
        *_numbers(release),
        *torrent_findings(release.torrent),
        *_mirrors(release),
    ]


def file_findings(row: FileRow) -> list[Finding]:
    """What is wrong with a file's row; empty when nothing is."""
    found = [*_hash("sha256", row.sha256, 64), *_hash("md5", row.md5, 32), *_hash("pieces_root", row.pieces_root, 64)]
    try:
        names.check_path(row.path.split("/"))
    except NameRefusedError as error:
        found.append(Finding("path", error.message))
    for key, value in (("size_bytes", row.size_bytes), ("offset_bytes", row.offset_bytes)):
        found += _whole(key, value)
    return found


def _identity(release: Release) -> Iterator[Finding]:
    for key, check, value in (
        ("dataset", ids.check_dataset, release.dataset),
        ("version", ids.check_version, release.version),
        ("collection", ids.check_dataset, release.collection),
    ):
        try:
            check(value)
        except InputError as error:
            yield Finding(key, ". ".join(filter(None, (error.message, error.hint))))
    if release.status != "active" and not release.status_reason:
        yield Finding("status_reason", f"a {release.status} version needs a reason")
    if release.version_seq < 1:
        yield Finding("version_seq", f"expected 1 or more, got {release.version_seq}")


def _texts(release: Release) -> Iterator[Finding]:
    if not release.title.strip():
        yield Finding("title", "it is empty; expected a few words that name the dataset")
    for key, most in MAX_CHARACTERS.items():
        yield from text_findings(key, getattr(release, key), most)
    for key, pattern, example in (
        ("license", _LICENSE, "an SPDX identifier such as CC-BY-4.0, or 'other'"),
        ("doi", _DOI, "a DOI such as 10.5281/zenodo.1234, without https://doi.org/"),
        ("concept_doi", _DOI, "a DOI such as 10.5281/zenodo.1234, without https://doi.org/"),
        ("language", _LANGUAGE, "a language tag such as es or fr-CA"),
        ("media_type", _MEDIA_TYPE, "a media type such as text/csv"),
    ):
        value = getattr(release, key)
        if (value or key == "license") and not pattern.fullmatch(value):
            yield Finding(key, f"expected {example}, got {value[:60]!r}")
    if release.license_url:
        yield from url_findings("license_url", release.license_url)


def text_findings(key: str, value: str, most: int) -> Iterator[Finding]:
    """What is wrong with a text: too long, or with characters that steer terminals and that nobody sees (C33)."""
    if len(value) > most:
        yield Finding(key, f"expected at most {most:,} characters, got {len(value):,}", "C33")
    elif control := _CONTROL.search(value):
        yield Finding(key, f"it holds the control character U+{ord(control[0]):04X} at {control.start():,}", "C33")


def _lists(release: Release) -> Iterator[Finding]:
    for key, values, most in (
        ("keywords", release.keywords, MAX_KEYWORDS),
        ("providers", release.providers, MAX_PROVIDERS),
        ("translations", release.translations, MAX_TRANSLATIONS),
        ("columns", release.contents.columns, MAX_COLUMNS),
        ("bands", release.contents.band_types, MAX_BANDS),
    ):
        if len(values) > most:
            yield Finding(key, f"expected at most {most:,}, got {len(values):,}", "C33")
    for at, word in enumerate(release.keywords):
        yield from text_findings(f"keywords[{at}]", word, MAX_KEYWORD_CHARACTERS)
        if not word.strip():
            yield Finding(f"keywords[{at}]", "it is empty")
    yield from _providers(release)
    for at, one in enumerate(release.translations):
        place = f"translations[{at}]"
        yield from text_findings(f"{place}.title", one.title, MAX_CHARACTERS["title"])
        yield from text_findings(f"{place}.description", one.description, MAX_CHARACTERS["description"])
        if not _LANGUAGE.fullmatch(one.language):
            yield Finding(f"{place}.language", f"expected a language tag such as fr, got {one.language[:60]!r}")


def _providers(release: Release) -> Iterator[Finding]:
    for at, one in enumerate(release.providers):
        yield from text_findings(f"providers[{at}].name", one.name, 500)
        if not one.name.strip():
            yield Finding(f"providers[{at}].name", "it is empty")
        if wrong := sorted(set(one.roles) - _ROLES):
            yield Finding(f"providers[{at}].roles", f"expected of {', '.join(sorted(_ROLES))}, got {', '.join(wrong)}")
        if one.url:
            yield from url_findings(f"providers[{at}].url", one.url)


def url_findings(key: str, url: str, schemes: tuple[str, ...] = ("http", "https")) -> Iterator[Finding]:
    """What is wrong with an address."""
    if len(url) > MAX_URL_CHARACTERS:
        yield Finding(key, f"expected at most {MAX_URL_CHARACTERS:,} characters, got {len(url):,}", "C33")
        return
    try:
        parts = urlsplit(url)
        is_good = parts.scheme in schemes and bool(parts.hostname) and not re.search(r"[\s\x00-\x1f<>\"]", url)
    except ValueError:
        is_good = False
    if not is_good:
        yield Finding(
            key, f"expected an address that starts with {' or '.join(f'{s}://' for s in schemes)}, got {url!r:.80}"
        )


def _place_and_time(release: Release) -> Iterator[Finding]:
    yield from footprints.box_findings(release.bbox)
    if release.geometry is not None:
        yield from footprints.geometry_findings(release.geometry)
    start, end = release.start_datetime, release.end_datetime
    if (start is None) != (end is None):
        yield Finding("time", "expected both a start and an end, got one of them", "C32")
    if release.datetime is None and (start is None or end is None):
        yield Finding("time", "expected a moment, or a start and an end, got neither", "C32")
    moments = {
        key: getattr(release, key)
        for key in ("datetime", "start_datetime", "end_datetime", "created", "updated", "published", "source_modified")
    }
    wrong = [one for key, moment in moments.items() if moment is not None for one in _moment(key, moment)]
    yield from wrong
    if not wrong and start and end and start > end:
        yield Finding("time", "its start is after its end", "C32")


def _moment(key: str, moment: dt.datetime) -> Iterator[Finding]:
    if moment.tzinfo is None or moment.utcoffset() is None:
        yield Finding(key, f"expected a moment with its zone, such as 2024-05-01T00:00:00Z, got {moment}", "C32")
    elif moment.year not in YEARS:
        yield Finding(key, f"expected a year before {YEARS.stop}, got {moment.year}; leave an open end out", "C32")
    elif moment.microsecond % 1000:
        yield Finding(key, "expected whole milliseconds at most", "C32")


def _numbers(release: Release) -> Iterator[Finding]:
    yield from _whole("size_bytes", release.size_bytes)
    yield from _whole("file_count", release.file_count)
    if release.reused_bytes > max(release.size_bytes, 0) or release.reused_files > max(release.file_count, 0):
        yield Finding("reused_files", "it has more files of the version before than files", "C30")
    if release.contents.shape and len(release.contents.shape) != 2:
        yield Finding("shape", f"expected height and width, got {len(release.contents.shape)} numbers")
    if release.contents.transform and len(release.contents.transform) not in {6, 9}:
        yield Finding("transform", f"expected 6 or 9 numbers, got {len(release.contents.transform)}")
    yield from _hash("sha256", release.sha256, 64)


def _whole(key: str, value: int) -> Iterator[Finding]:
    if not isinstance(value, int) or not 0 <= value < 1 << 63:
        yield Finding(key, f"expected a whole number from 0 to 2^63 - 1, got {value}", "C30")


def torrent_findings(torrent: TorrentFacts) -> Iterator[Finding]:
    """What is wrong with what is said of a torrent."""
    if not torrent.best_hex:
        yield Finding("torrent", "it has no info-hash")
    yield from _hash("info_hash_v1", torrent.info_hash_v1, 40)
    yield from _hash("info_hash_v2", torrent.info_hash_v2, 64)
    yield from _hash("torrent.sha256", torrent.sha256, 64)
    yield from _whole("torrent.length", torrent.length)
    if not 0 < torrent.piece_length <= MAX_PIECE_LENGTH:
        yield Finding("torrent.piece_length", f"expected 1 to {MAX_PIECE_LENGTH:,} bytes, got {torrent.piece_length:,}")
    try:
        names.check_component(torrent.name)
    except NameRefusedError as error:
        yield Finding("torrent.name", error.message)
    for key, urls, most in (
        ("web_seeds", torrent.web_seeds, MAX_WEB_SEEDS),
        ("trackers", torrent.trackers, MAX_TRACKERS),
    ):
        if len(urls) > most:
            yield Finding(key, f"expected at most {most}, got {len(urls)}")
        schemes = ("http", "https") if key == "web_seeds" else ("http", "https", "udp", "ws", "wss")
        for at, url in enumerate(urls):
            yield from url_findings(f"{key}[{at}]", url, schemes)
            if is_template(url):
                yield Finding(f"{key}[{at}]", "expected a URL, got a template: other clients do not know them")


def _mirrors(release: Release) -> Iterator[Finding]:
    keys = [mirror.key for mirror in release.mirrors]
    for at, mirror in enumerate(release.mirrors):
        if mirror.key not in terms.MIRROR_KEYS:
            yield Finding(
                f"mirrors[{at}].key", f"expected one of {', '.join(terms.MIRROR_KEYS)}, got {mirror.key!r:.60}"
            )
        elif keys.index(mirror.key) != at:
            yield Finding(f"mirrors[{at}].key", f"{mirror.key} is there twice; further addresses may be web seeds")
        if mirror.layout not in ("", *terms.MIRROR_LAYOUTS):
            known = ", ".join(terms.MIRROR_LAYOUTS)
            yield Finding(f"mirrors[{at}].layout", f"expected {known} or nothing, got {mirror.layout!r:.60}")
        elif mirror.layout and release.torrent.is_single_file:
            yield Finding(f"mirrors[{at}].layout", "a single file has no folders: expected its address, and no layout")
        if "{" in mirror.href or "}" in mirror.href:
            yield Finding(f"mirrors[{at}].href", "expected an address without braces")
        yield from url_findings(f"mirrors[{at}].href", mirror.href)
        yield from text_findings(f"mirrors[{at}].name", mirror.name, 500)


def _hash(key: str, value: str, digits: int) -> Iterator[Finding]:
    if value and not (len(value) == digits and _HEX.fullmatch(value)):
        yield Finding(key, f"expected {digits} hex digits in lower case, got {value!r:.80}")
