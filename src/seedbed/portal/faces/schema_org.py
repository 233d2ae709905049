# SPDX-License-Identifier: Apache-2.0
"""A version as schema.org/Dataset (JSON-LD), as search engines for datasets read it (pure).

Google's rules for datasets: name, a description of 50 to 5,000 characters, license as a URL, creator, distribution with
contentUrl and encodingFormat, identifier, spatialCoverage, temporalCoverage, version, includedInDataCatalog.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from seedbed.catalog import cite, metalink
from seedbed.catalog.stac.times import to_text
from seedbed.portal.faces import addresses

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seedbed.catalog.model import BBox, FileRow, Provider, Release
    from seedbed.portal.portal import Portal

MIN_DESCRIPTION, MAX_DESCRIPTION = 50, 5_000
MAX_FILES = 50
"""Distributions that are named one by one; the torrent is always the first."""
TORRENT_TYPE = "application/x-bittorrent"


def dataset(portal: Portal, release: Release, files: Sequence[FileRow] = ()) -> dict[str, Any]:
    """The description of a version.

    Args:
        portal: Whose addresses.
        release: The version.
        files: Its files; those that are on web servers become distributions.

    Returns:
        A JSON object with ``@context``. A withdrawn version has no distribution, and says that it is withdrawn.
    """
    settings = portal.settings
    known = {
        "@context": "https://schema.org/",
        "@type": "Dataset",
        "@id": addresses.version_url(settings, release),
        "name": release.title,
        "alternateName": sorted({one.title for one in release.translations} - {release.title}),
        "description": described(release),
        "url": addresses.version_url(settings, release),
        "version": release.version,
        "license": license_url(release),
        "identifier": identifiers(release),
        "sameAs": [f"https://doi.org/{quote(one, safe='/')}" for one in (release.doi,) if one],
        "citation": cite.cite(release),
        "keywords": list(release.keywords),
        "inLanguage": release.language,
        "creator": [_agent(one) for one in makers(release)],
        "publisher": [_agent(one) for one in release.providers if "host" in one.roles][:1],
        "dateCreated": to_text(release.created),
        "datePublished": to_text(release.published),
        "dateModified": to_text(release.updated),
        "temporalCoverage": interval(release),
        "spatialCoverage": _place(release),
        "isAccessibleForFree": True,
        "isPartOf": addresses.dataset_url(settings, release.dataset),
        "includedInDataCatalog": _catalog(portal),
        "creativeWorkStatus": {"withdrawn": "Withdrawn", "deprecated": "Deprecated"}.get(release.status, ""),
        "distribution": [] if release.status == "withdrawn" else _distributions(portal, release, files),
        "variableMeasured": [one.name for one in release.contents.columns[:MAX_FILES]],
        "contentSize": f"{release.size_bytes} B",
    }
    return {key: value for key, value in known.items() if value not in ("", [], None)}


def in_html(value: object) -> str:
    """JSON that can stand in ``<script type="application/ld+json">``: nothing in it ends the element or opens one."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    for char in "<>&\u2028\u2029":
        text = text.replace(char, f"\\u{ord(char):04x}")
    return text


def described(release: Release) -> str:
    """A description of the length that is asked for."""
    text = release.description.strip() or release.title
    if len(text) < MIN_DESCRIPTION:
        who = "; ".join(cite.authors(release))
        by = f", by {who}" if who else ""
        text = f"{text} {release.title}, version {release.version}, {release.file_count} files{by}."
    if len(text) < MIN_DESCRIPTION:
        text += f" Its licence is {release.license}; it can be fetched by BitTorrent."
    return text[:MAX_DESCRIPTION]


def license_url(release: Release) -> str:
    """Where the licence's text is; empty when nobody says."""
    if release.license not in {"", "other"}:
        return f"https://spdx.org/licenses/{quote(release.license)}.html"
    return release.license_url


def identifiers(release: Release) -> list[str]:
    """DOIs as URLs, then the info-hashes as URNs."""
    dois = [f"https://doi.org/{quote(one, safe='/')}" for one in (release.doi, release.concept_doi) if one]
    facts = release.torrent
    v1 = [f"urn:btih:{facts.info_hash_v1}"] if facts.info_hash_v1 else []
    v2 = [f"urn:btmh:1220{facts.info_hash_v2}"] if facts.info_hash_v2 else []
    return [*dict.fromkeys(dois), *v1, *v2]


def makers(release: Release) -> list[Provider]:
    """Who made the data; without producers, all who are named."""
    return [one for one in release.providers if "producer" in one.roles] or list(release.providers)


def interval(release: Release) -> str:
    """ISO 8601: a moment, or start and end with a slash between; empty where only the day of publication is known."""
    if release.start_datetime or release.end_datetime:
        start, end = release.start_datetime, release.end_datetime
        return f"{to_text(start) if start else '..'}/{to_text(end) if end else '..'}"
    return to_text(release.datetime) if release.datetime and not release.datetime_default else ""


def _agent(one: Provider) -> dict[str, str]:
    return {"@type": "Organization", "name": one.name, **({"url": one.url} if one.url else {})}


def _place(release: Release) -> dict[str, Any] | None:
    if release.geometry_default:
        return None
    return {"@type": "Place", "geo": {"@type": "GeoShape", "box": box_text(release.bbox)}}


def box_text(bbox: BBox) -> str:
    """A box as schema.org writes it: south west north east."""
    west, south, east, north = bbox
    return f"{south} {west} {north} {east}"


def _catalog(portal: Portal) -> dict[str, str]:
    return {"@type": "DataCatalog", "name": portal.settings.title, "url": portal.url("/")}


def _distributions(portal: Portal, release: Release, files: Sequence[FileRow]) -> list[dict[str, Any]]:
    settings = portal.settings
    found = [_download(addresses.torrent_url(settings, release), TORRENT_TYPE, release.torrent.length, "Torrent")]
    if metalink.is_made(release):
        found.append(_download(addresses.version_url(settings, release, ".meta4"), "application/metalink4+xml", 0, ""))
    for row in files[:MAX_FILES]:
        urls = addresses.file_urls(release, row)
        if urls:
            made = _download(urls[0], row.media_type or "application/octet-stream", row.size_bytes, row.path)
            found.append({**made, **({"sha256": row.sha256} if row.sha256 else {})})
    return found


def _download(url: str, media_type: str, size_bytes: int, name: str) -> dict[str, Any]:
    made: dict[str, Any] = {"@type": "DataDownload", "contentUrl": url, "encodingFormat": media_type}
    return made | ({"contentSize": f"{size_bytes} B"} if size_bytes else {}) | ({"name": name} if name else {})
