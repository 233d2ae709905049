# SPDX-License-Identifier: Apache-2.0
"""What archives are told of a version, from its entry (pure)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seedbed.catalog import paths
from seedbed.mirrors.deposits import Creator, Description, Related

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from seedbed.catalog.model import Release, Site

_MAKERS = frozenset(("producer", "licensor"))


def description(release: Release, site: Site, before: Release | None) -> Description:
    """A version in words that archives have fields for.

    Args:
        release: The version; not in the catalogue yet.
        site: The catalogue.
        before: The version before.
    """
    url = site.url + paths.item(release.dataset, release.version) if site.url else ""
    return Description(
        dataset=release.dataset,
        version=release.version,
        title=release.title,
        text=_text(release),
        license=release.license,
        license_url=release.license_url,
        creators=_creators(release, site),
        publisher=_publisher(release, site),
        published=release.published.date(),
        keywords=release.keywords,
        language=release.language,
        url=url,
        related=tuple(_related(release, url, before)),
        size_bytes=release.size_bytes,
        file_count=release.file_count,
    )


def _text(release: Release) -> str:
    """The description, and how else the files may be had."""
    torrent = release.torrent
    names = [f"v1 {torrent.info_hash_v1}" if torrent.info_hash_v1 else "",
             f"v2 {torrent.info_hash_v2}" if torrent.info_hash_v2 else ""]  # fmt: skip
    hashes = ", ".join(filter(None, names))
    about = release.description or release.title
    return f"{about}\n\nThe same files are shared by BitTorrent: info-hash {hashes}.\n{torrent.magnet}"


def _creators(release: Release, site: Site) -> tuple[Creator, ...]:
    """Who made it; else whoever has to do with it; else who publishes the catalogue."""
    makers = [one for one in release.providers if _MAKERS & set(one.roles)] or list(release.providers)
    return tuple(Creator(one.name, one.url) for one in makers) or (Creator(site.title or site.id, site.url),)


def _publisher(release: Release, site: Site) -> str:
    hosts: Sequence[str] = [one.name for one in release.providers if "host" in one.roles]
    return hosts[0] if hosts else site.title or site.id


def _related(release: Release, url: str, before: Release | None) -> Iterator[Related]:
    if url:
        yield Related("IsIdenticalTo", url)
    if before and before.doi:
        yield Related("IsNewVersionOf", before.doi)
    if release.source_id.startswith(("http://", "https://")):
        yield Related("IsDerivedFrom", release.source_id)
