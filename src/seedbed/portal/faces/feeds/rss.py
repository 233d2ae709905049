# SPDX-License-Identifier: Apache-2.0
"""A feed as RSS 2.0 with the torrent namespace (BEP 36; pure).

qBittorrent takes title, link, description, date, guid and the enclosure of type ``application/x-bittorrent``; programs
that know the namespace also learn the info-hash, the size of the data and the magnet link without fetching anything.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from seedbed.catalog.stac.links import bare_magnet
from seedbed.portal.faces import addresses
from seedbed.portal.faces.texts import rfc_822, xml

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Iterator

    from seedbed.catalog.model import Release
    from seedbed.health.current import Health
    from seedbed.portal.settings import Settings

MEDIA_TYPE = "application/rss+xml; charset=utf-8"
TTL_MINUTES = 30
MAX_DESCRIPTION = 2_000
_HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom" xmlns:dc="http://purl.org/dc/elements/1.1/" '
    'xmlns:torrent="http://xmlns.ezrss.it/0.1/">\n<channel>\n'
)


@dataclass(frozen=True, slots=True)
class Channel:
    """What a feed says of itself."""

    title: str
    description: str
    own_url: str
    page_url: str
    """For people."""
    changed: dt.datetime
    """When anything in it may have changed last."""


def render(channel: Channel, items: Iterable[str]) -> Iterator[str]:
    """The feed, piece by piece."""
    yield _HEAD
    yield f"<title>{xml(channel.title)}</title>\n<link>{xml(channel.page_url)}</link>\n"
    yield f"<description>{xml(channel.description)}</description>\n"
    yield f'<atom:link href="{xml(channel.own_url)}" rel="self" type="application/rss+xml"/>\n'
    yield f"<lastBuildDate>{rfc_822(channel.changed)}</lastBuildDate>\n"
    yield f"<ttl>{TTL_MINUTES}</ttl>\n<generator>Seedbed</generator>\n"
    yield from items
    yield "</channel>\n</rss>\n"


def item(settings: Settings, release: Release, health: Health | None) -> str:
    """One version.

    Args:
        settings: Whose addresses.
        release: The version.
        health: What was found of it; None when nobody has looked.
    """
    facts, url = release.torrent, addresses.torrent_url(settings, release)
    rows = [
        f"<title>{xml(release.title)} ({xml(release.version)})</title>",
        f"<link>{xml(addresses.version_url(settings, release))}</link>",
        f"<description>{xml(described(release, health))}</description>",
        f'<guid isPermaLink="false">{guid(release)}</guid>',
        f"<pubDate>{rfc_822(release.published)}</pubDate>",
        f'<enclosure url="{xml(url)}" length="{facts.length}" type="application/x-bittorrent"/>',
        f"<category>{xml(release.collection)}</category>",
        *(f"<category>{xml(one)}</category>" for one in release.keywords),
        f"<dc:rights>{xml(release.license_url or release.license)}</dc:rights>",
        f"<torrent:fileName>{xml(facts.name)}.torrent</torrent:fileName>",
        f"<torrent:contentLength>{release.size_bytes}</torrent:contentLength>",
        f"<torrent:infoHash>{facts.best_hex}</torrent:infoHash>",
        f"<torrent:magnetURI>{xml(facts.magnet or bare_magnet(facts))}</torrent:magnetURI>",
    ]
    if health and health.is_told:
        rows += [f"<torrent:seeds>{health.copies.peers}</torrent:seeds>",
                 f"<torrent:peers>{health.fetching}</torrent:peers>"]  # fmt: skip
    return "<item>\n" + "\n".join(rows) + "\n</item>\n"


def guid(release: Release) -> str:
    """The same for the same bytes, whatever becomes of addresses."""
    facts = release.torrent
    return f"urn:btih:{facts.info_hash_v1}" if facts.info_hash_v1 else f"urn:btmh:1220{facts.info_hash_v2}"


def described(release: Release, health: Health | None) -> str:
    """What clients show below the title: plain text, so that none of it can be taken for HTML."""
    lines = [release.description[:MAX_DESCRIPTION].strip() or release.title]
    lines.append(f"{release.size_bytes:,} bytes in {release.file_count:,} files; licence {release.license}.")
    if health and health.is_told:
        lines.append(
            f"{health.copies.peers} peers and {health.copies.good_mirrors} web servers have it ({health.word})."
        )
    if release.status == "deprecated":
        lines.append(f"Deprecated: {release.status_reason}")
    return (
        "\n".join(lines)
        .replace("<", "\N{SINGLE LEFT-POINTING ANGLE QUOTATION MARK}")
        .replace(">", "\N{SINGLE RIGHT-POINTING ANGLE QUOTATION MARK}")
    )
