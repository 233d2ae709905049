# SPDX-License-Identifier: Apache-2.0
"""A version as a Metalink (RFC 5854): every file with its hashes and all places where it is (pure).

For programs that know neither torrents nor catalogues, such as download managers. It is not signed and not needed: the
torrent proves more than its hashes can. The same release always gives the same bytes, so mirrors that come or go are
the only reason for others.
"""

from __future__ import annotations

import datetime as dt
import re
from html import escape
from itertools import pairwise
from typing import TYPE_CHECKING

from seedbed.catalog.stac.terms import MIRROR_KEYS
from seedbed.core.layout import file_url

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from seedbed.catalog.model import FileRow, Mirror, Release

NAMESPACE = "urn:ietf:params:xml:ns:metalink"
MAX_FILES = 10_000
"""Of a version that gets one: some 10 MB. Nobody opens a longer list in a download manager."""
_SERVICES = ("zenodo", "internet-archive")
"""Asked after the others: they serve everybody, and count requests."""
_NOT_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML 1.0 (2.2) cannot hold."""


def is_made(release: Release) -> bool:
    """Whether a version gets a Metalink: it says where to find something, and is not too long."""
    return bool(copies(release)) and 0 < release.file_count <= MAX_FILES


def copies(release: Release) -> tuple[str, ...]:
    """Addresses of all copies, best first: web seeds (BEP 19), then mirrors as URLs or templates (``core.layout``)."""
    is_single = release.torrent.is_single_file
    mirrors = (mirror.web_seed(is_single_file=is_single) for mirror in sorted(release.mirrors, key=_order))
    return tuple(dict.fromkeys((*release.torrent.web_seeds, *mirrors)))


def render(release: Release, files: Sequence[FileRow], *, torrent_url: str = "") -> bytes:
    """The Metalink of a version.

    Args:
        release: The version.
        files: All its files.
        torrent_url: Where its .torrent is; empty when nobody knows. It is left out where :func:`_is_plain` says no.

    Returns:
        UTF-8, files in the order of their paths.
    """
    torrent = torrent_url if _is_plain(release, files) else ""
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<metalink xmlns="{NAMESPACE}">',
        " <generator>seedbed</generator>",
        f" <published>{release.published.astimezone(dt.UTC):%Y-%m-%dT%H:%M:%SZ}</published>",
    ]
    about, bases = list(_about(release)), copies(release)
    for row in sorted(files, key=lambda row: row.path):
        lines += [*_file(release, row, bases, torrent, about)]
    return "\n".join([*lines, "</metalink>", ""]).encode()


def _is_plain(release: Release, files: Iterable[FileRow]) -> bool:
    """Whether programs that know BEP 3 only can use the torrent beside web servers.

    They ask the servers for the padding of a hybrid folder too, which is nowhere: aria2 1.36 then never ends, although
    it could have had every file by its hash.
    """
    rows = sorted((row.offset_bytes, row.size_bytes) for row in files if row.size_bytes)
    has_gaps = any(start + size != after for (start, size), (after, _) in pairwise(rows))
    return bool(release.torrent.info_hash_v1) and not has_gaps


def _order(mirror: Mirror) -> tuple[bool, int]:
    return mirror.key in _SERVICES, MIRROR_KEYS.index(mirror.key) if mirror.key in MIRROR_KEYS else len(MIRROR_KEYS)


def _about(release: Release) -> Iterator[str]:
    """What is said of each file, in the order of the schema (RFC 5854, appendix)."""
    yield f"  <copyright>{_text(_licence(release))}</copyright>"
    yield f"  <description>{_text(release.title)}</description>"
    yield f"  <identity>{_text(release.dataset)}</identity>"
    if release.language:
        yield f"  <language>{_text(release.language)}</language>"
    host = next((one for one in release.providers if "host" in one.roles or "producer" in one.roles), None)
    if host:
        url = f' url="{_text(host.url)}"' if host.url else ""
        yield f'  <publisher name="{_text(host.name)}"{url}/>'
    yield f"  <version>{_text(release.version)}</version>"


def _licence(release: Release) -> str:
    """There is no field for a licence; what is allowed is said where people look for it."""
    return f"Licence: {release.license_url or release.license}"


def _file(
    release: Release, row: FileRow, bases: Iterable[str], torrent_url: str, about: Iterable[str]
) -> Iterator[str]:
    torrent = release.torrent
    name = row.path if torrent.is_single_file else f"{torrent.name}/{row.path}"
    yield f' <file name="{_text(name)}">'
    yield f"  <size>{row.size_bytes}</size>"
    for kind, value in (("sha-256", row.sha256), ("md5", row.md5)):
        if value:
            yield f'  <hash type="{kind}">{value}</hash>'
    urls = (file_url(base, torrent.name, row.path.split("/"), is_single_file=torrent.is_single_file) for base in bases)
    for priority, url in enumerate(dict.fromkeys(urls), 1):
        yield f'  <url priority="{priority}">{_text(url)}</url>'
    if torrent_url:
        yield f'  <metaurl mediatype="torrent" name="{_text(name)}" priority="1">{_text(torrent_url)}</metaurl>'
    yield from about
    yield " </file>"


def _text(value: str) -> str:
    return escape(_NOT_XML.sub("\N{REPLACEMENT CHARACTER}", value))
