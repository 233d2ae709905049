# SPDX-License-Identifier: Apache-2.0
"""What stands beside each published URL: the same URL with one of four endings is another way to the same bytes (pure).

``.torrent``; ``.magnet``, of one file with its place in the torrent (BEP 53); ``.btih``, the info-hash; ``.meta4``, a
Metalink (RFC 5854). For ``/v/<dataset>/<version>`` and ``/v/<dataset>/<version>/<torrent name>`` they are about the
whole version, for a file about that file. A published file of the very name goes before.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from seedbed.catalog import metalink
from seedbed.core import magnet
from seedbed.core.layout import Layout
from seedbed.gateway.media_types import media_type
from seedbed.gateway.places import are_names
from seedbed.gateway.routes import path_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from seedbed.catalog.model import FileRow, Release
    from seedbed.gateway.facts import Facts
    from seedbed.gateway.replies import Header
    from seedbed.gateway.routes import Route

_ENDINGS = ("torrent", "magnet", "btih", "meta4")
_TEXT = "text/plain; charset=utf-8"
_HOST = re.compile(r"[A-Za-z0-9.-]+(:\d{1,5})?|\[[0-9A-Fa-f:.]+\](:\d{1,5})?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Beside:
    """One of the four, of a version or of a file in it."""

    ending: str
    release: Release
    files: tuple[FileRow, ...]
    """Of the version."""
    file: FileRow | None = None
    """The one that is meant; None for all."""


def find(route: Route, facts: Facts) -> Beside | None:
    """What a path below ``/v/`` asks for; None when it asks for none of these, or names a published file."""
    if route.is_folder or len(route.parts) < 2:
        return None
    stem, _, ending = route.parts[-1].rpartition(".")
    parts = (*route.parts[:-1], stem)
    if not stem or ending not in _ENDINGS or not are_names(*parts[:2]):
        return None
    known = facts.version(parts[0], parts[1])
    if known is None or known.release is None or _is_published(route.parts, facts):
        return None
    files, path = tuple(known.files.values()), "/".join(parts[2:])
    if path in known.files and not known.is_single_file:
        return Beside(ending, known.release, files, known.files[path])
    return Beside(ending, known.release, files) if path in {"", known.name} else None


def _is_published(parts: tuple[str, ...], facts: Facts) -> bool:
    known = facts.version(parts[0], parts[1])
    return known is not None and (len(parts) == 2 or "/".join(parts[2:]) in known.files)


def render(beside: Beside, base: str, *, has_data: bool) -> tuple[bytes, str]:
    """The bytes and their media type; of a ``.torrent`` no bytes: it is in the catalogue's folder.

    Args:
        beside: What is asked for.
        base: Our own address, without a slash at the end.
        has_data: Whether we serve the data, and not the catalogue alone.

    Returns:
        Empty bytes also where a Metalink would be too long, or say of no place.
    """
    release = beside.release
    ours = f"{base}{path_of(('webseed', release.dataset, release.version))}/" if has_data else ""
    torrent_url = f"{base}{path_of(('v', release.dataset, release.version))}.torrent"
    match beside.ending:
        case "magnet":
            return _magnet(beside, ours, torrent_url), _TEXT
        case "btih":
            return f"{release.torrent.best_hex}\n".encode(), _TEXT
        case "meta4":
            return _metalink(beside, ours, torrent_url), media_type("x.meta4")
        case _:
            return b"", media_type("x.torrent")


def _magnet(beside: Beside, ours: str, torrent_url: str) -> bytes:
    link = magnet.parse(beside.release.torrent.magnet)
    ways = (ours, *link.web_seeds) if ours else link.web_seeds
    link = replace(
        link,
        exact_sources=tuple(dict.fromkeys((torrent_url, *link.exact_sources))),
        web_seeds=tuple(dict.fromkeys(ways)),
    )
    if beside.file:
        place = _list_place(beside.file, beside.files)
        link = replace(link, select_only=(range(place, place + 1),))
    return f"{magnet.render(link)}\n".encode()


def _list_place(file: FileRow, files: tuple[FileRow, ...]) -> int:
    """A file's number in the torrent's list; empty files, which start where the next one does, go before it by name."""
    rows = sorted(files, key=lambda row: (row.offset_bytes, row.path.split("/")))
    starts, lengths = zip(*((row.offset_bytes, row.size_bytes) for row in rows), strict=True)
    return Layout(1, starts, lengths, 0).list_places[rows.index(file)]


def _metalink(beside: Beside, ours: str, torrent_url: str) -> bytes:
    """Of one file out of a folder without the torrent: some programs would fetch all of it."""
    release = beside.release
    seeds = tuple(filter(None, (ours, *release.torrent.web_seeds)))
    release = replace(release, torrent=replace(release.torrent, web_seeds=seeds))
    if beside.file:
        return metalink.render(release, [beside.file]) if metalink.copies(release) else b""
    return metalink.render(release, beside.files, torrent_url=torrent_url) if metalink.is_made(release) else b""


def base_url(headers: Mapping[str, str]) -> str:
    """Our address as the client knows it; empty when its ``Host`` is none. A proxy that adds TLS hides it from us."""
    host = headers.get("host", "")
    return f"http://{host}" if _HOST.fullmatch(host) else ""


def links(route: Route) -> tuple[Header, ...]:
    """What a published file's answer says of the ways beside it (RFC 6249, 4 and 5)."""
    url = path_of((route.area, *route.parts))
    ways = [f'<{url}.{ending}>; rel=describedby; type="{media_type(f"x.{ending}")}"' for ending in ("torrent", "meta4")]
    return (("Link", ", ".join(ways)),)
