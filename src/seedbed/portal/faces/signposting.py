# SPDX-License-Identifier: Apache-2.0
"""Typed links for programs (Signposting): a header ``Link`` (RFC 8288) and a linkset (RFC 9264); pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from seedbed.catalog import metalink
from seedbed.portal.faces import addresses, schema_org

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from seedbed.catalog.model import FileRow, Release
    from seedbed.portal.settings import Settings

LINKSET_TYPE = "application/linkset+json"
MAX_IN_HEADER = 20
"""Web servers in between refuse long headers; the linkset has all."""
MAX_ITEMS = 1_000
_PLAIN_URL = re.compile(r"https?://[!#$%&'()*+,\-./0-9:;=?@A-Z\[\]_a-z~]+", re.ASCII)
"""What can stand between < and > in a header."""


@dataclass(frozen=True, slots=True)
class Link:
    """One typed link."""

    rel: str
    href: str
    media_type: str = ""
    profile: str = ""


def links(settings: Settings, release: Release, files: Sequence[FileRow] = ()) -> Iterator[Link]:
    """All of a version's page.

    Args:
        settings: Whose addresses.
        release: The version; a withdrawn one has no items.
        files: Its files: those on web servers are items.
    """

    def own(suffix: str) -> str:
        return addresses.version_url(settings, release, suffix)

    yield Link("cite-as", f"https://doi.org/{quote(release.doi, safe='/')}" if release.doi else own(""))
    yield Link("type", "https://schema.org/Dataset")
    yield Link("type", "https://schema.org/AboutPage")
    if licence := schema_org.license_url(release):
        yield Link("license", licence)
    for one in schema_org.makers(release):
        if one.url:
            yield Link("author", one.url)
    yield Link("collection", addresses.dataset_url(settings, release.dataset), "text/html")
    if release.status != "withdrawn":
        yield from _about(own)
        yield Link("item", own(".torrent"), schema_org.TORRENT_TYPE)
        if metalink.is_made(release):
            yield Link("alternate", own(".meta4"), "application/metalink4+xml")
        for row in files[:MAX_ITEMS]:
            if urls := addresses.file_urls(release, row):
                yield Link("item", urls[0], row.media_type)
    yield Link("linkset", own(".linkset.json"), LINKSET_TYPE)


def _about(own: Any) -> Iterator[Link]:
    yield Link("describedby", own(".jsonld"), "application/ld+json", "http://www.w3.org/ns/dcat#")
    yield Link("describedby", own(".ttl"), "text/turtle")
    yield Link("describedby", own(".csl.json"), "application/vnd.citationstyles.csl+json")
    yield Link("describedby", own(".bib"), "application/x-bibtex")
    yield Link("describedby", own(".datapackage.json"), "application/json")
    yield Link("describedby", own(".stac.json"), "application/geo+json")


def header(settings: Settings, release: Release, files: Sequence[FileRow] = ()) -> str:
    """The value of a header ``Link``: the first links, and always the one to the linkset."""
    known = [one for one in links(settings, release, files) if _PLAIN_URL.fullmatch(one.href)]
    some = known if len(known) <= MAX_IN_HEADER else [*known[: MAX_IN_HEADER - 1], known[-1]]
    return ", ".join(map(_as_header, some))


def _as_header(one: Link) -> str:
    more = f'; type="{one.media_type}"' if re.fullmatch(r"[\w.+/-]+", one.media_type, re.ASCII) else ""
    return f'<{one.href}>; rel="{one.rel}"{more}' + (f'; profile="{one.profile}"' if one.profile else "")


def linkset(settings: Settings, release: Release, files: Sequence[FileRow] = ()) -> dict[str, Any]:
    """A linkset: the page's own links, and of each of its resources the way back."""
    anchor = addresses.version_url(settings, release)
    own: dict[str, Any] = {"anchor": anchor}
    back: list[dict[str, Any]] = []
    for one in links(settings, release, files):
        own.setdefault(one.rel, []).append(_target(one))
        if one.rel in {"item", "describedby"}:
            inverse = "collection" if one.rel == "item" else "describes"
            back.append({"anchor": one.href, inverse: [{"href": anchor, "type": "text/html"}]})
    return {"linkset": [own, *back]}


def _target(one: Link) -> dict[str, Any]:
    made: dict[str, Any] = {"href": one.href}
    made |= {"type": one.media_type} if one.media_type else {}
    return made | ({"profile": [one.profile]} if one.profile else {})
