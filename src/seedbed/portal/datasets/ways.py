# SPDX-License-Identifier: Apache-2.0
"""The ways to download a version, and how good its web copies are (pure)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias
from urllib.parse import quote, urlsplit

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping

    from seedbed.catalog.model import FileRow, Release
    from seedbed.health.record import Noted

State: TypeAlias = Literal["good", "bad", "unknown"]
_ORDER = {"good": 0, "unknown": 1, "bad": 2}


@dataclass(frozen=True, slots=True)
class Copy:
    """A copy on the web."""

    name: str
    """For people: its name, or its host."""
    url: str
    """Of the file, or of the folder of files."""
    state: State
    looked_at: dt.datetime | None
    troubles: tuple[str, ...] = ()
    is_flat: bool = False
    """Whether files lie there by flat names."""


def copies(release: Release, audits: Mapping[str, Noted]) -> list[Copy]:
    """Web copies, the good ones first: named mirrors, then mere web seeds of the torrent.

    An audit asks a mirror that is a web seed too by the web seed's address.
    """
    single = release.torrent.is_single_file
    name = quote(release.torrent.name)
    seeds = {(url if single else f"{url.rstrip('/')}/{name}/"): url for url in release.torrent.web_seeds}
    found = [
        _copy(one.name, one.href, _first(audits, one.web_seed(is_single_file=single), seeds.get(one.href)),
              is_flat=one.layout == "flat")
        for one in release.mirrors
    ]  # fmt: skip
    known = {one.url for one in found}
    found += [_copy("", at, audits.get(url)) for at, url in seeds.items() if at not in known]
    return sorted(found, key=lambda one: _ORDER[one.state])


def _first(audits: Mapping[str, Noted], *urls: str | None) -> Noted | None:
    return next((audits[url] for url in urls if url and url in audits), None)


def _copy(name: str, url: str, audit: Noted | None, *, is_flat: bool = False) -> Copy:
    host = urlsplit(url).hostname or url
    if audit is None:
        return Copy(name or host, url, "unknown", None, is_flat=is_flat)
    state: State = "good" if audit.verdict in {"good", "awkward"} else "bad" if audit.verdict == "bad" else "unknown"
    return Copy(name or host, url, state, audit.at, audit.troubles, is_flat)


def file_url(files_url: str, release: Release, row: FileRow) -> str:
    """Where the gateway has a file.

    Args:
        files_url: Where its paths begin.
        release: The version.
        row: The file.
    """
    path = quote(row.path, safe="/~-._")
    return f"{files_url}/v/{quote(release.dataset)}/{quote(release.version, safe='+')}/{path}"


def snippets(release: Release, join_link: str) -> dict[str, str]:
    """Commands and programs that fetch a version, to be copied."""
    link = join_link or "JOIN_LINK"
    first = f"seedbed catalog pull '{link}'\nseedbed fetch {release.id}"
    python = (
        f'import seedbed\n\nwith seedbed.Catalog.open("{link}") as catalog:\n'
        f'    fetched = catalog.fetch("{release.id}")\n    print(fetched.root)'
    )
    return {"shell": first, "python": python, "aria2": f"aria2c --seed-time=0 '{release.torrent.magnet}'"}
