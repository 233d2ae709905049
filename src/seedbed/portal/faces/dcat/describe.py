# SPDX-License-Identifier: Apache-2.0
"""Datasets, their versions and distributions in the words of DCAT 3 (pure).

A dataset is the thing with all its versions (``dcat:hasVersion``); what is said of it is what its newest version says.
Each distribution belongs to exactly one version: the torrent first, then every web server that has the data.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from seedbed.catalog import cite
from seedbed.catalog.stac.links import web_seed_href
from seedbed.portal.faces import addresses, schema_org
from seedbed.portal.faces.dcat.triples import About, Iri, Literal, iri, moment, term, text, whole

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from seedbed.catalog.model import BBox, Provider, Release
    from seedbed.portal.faces.dcat.triples import Triple, Value
    from seedbed.portal.settings import Settings

MAX_COPIES = 10
_MEDIA = "https://www.iana.org/assignments/media-types/"
_LANGUAGES = "http://id.loc.gov/vocabulary/iso639-1/"


def dataset(settings: Settings, newest: Release, versions: Iterable[Release] = ()) -> Iterator[Triple]:
    """A dataset, as its newest version describes it, with the distributions of that version.

    Args:
        settings: Whose addresses.
        newest: The newest version.
        versions: All that are not withdrawn, where they are known.
    """
    about = About(addresses.dataset_url(settings, newest.dataset), "dcat:Dataset")
    about.say("dct:identifier", text(newest.concept_doi or newest.dataset))
    about.say("dcat:hasCurrentVersion", Iri(addresses.version_url(settings, newest)))
    known = list(versions) or [newest]
    about.say("dcat:hasVersion", *(Iri(addresses.version_url(settings, one)) for one in known))
    about.say("dct:issued", moment(min(one.published for one in known)) if versions else None)
    _describe(about, settings, newest)
    yield from about
    yield from _parts(settings, newest)


def version(settings: Settings, release: Release) -> Iterator[Triple]:
    """One version, with its distributions."""
    about = About(addresses.version_url(settings, release), "dcat:Dataset")
    facts = release.torrent
    hashes = (f"urn:btih:{facts.info_hash_v1}" if facts.info_hash_v1 else "",
              f"urn:btmh:1220{facts.info_hash_v2}" if facts.info_hash_v2 else "")  # fmt: skip
    about.say("dct:identifier", text(release.doi or release.id), *map(text, hashes))
    about.say("dcat:isVersionOf", Iri(addresses.dataset_url(settings, release.dataset)))
    if release.predecessor:
        before = f"{addresses.dataset_url(settings, release.dataset)}/{quote(release.predecessor, safe='')}"
        about.say("dcat:previousVersion", Iri(before))
    about.say("dct:issued", moment(release.published))
    _describe(about, settings, release)
    yield from about
    yield from _parts(settings, release)


def _describe(about: About, settings: Settings, release: Release) -> None:
    """What is said of a dataset and of its version alike."""
    own = addresses.version_url(settings, release)
    about.say("dct:title", text(release.title, release.language))
    about.say("dct:description", text(release.description or release.title, release.language))
    for one in release.translations:
        about.say("dct:title", text(one.title, one.language))
        about.say("dct:description", text(one.description, one.language))
    about.say("dcat:version", text(release.version))
    about.say("dcat:keyword", *(text(one, release.language) for one in release.keywords))
    about.say("dct:modified", moment(release.updated))
    about.say("dct:language", Iri(_LANGUAGES + release.language[:2].lower()) if release.language else None)
    about.say("dct:license", iri(schema_org.license_url(release)))
    about.say("dct:bibliographicCitation", text(cite.cite(release)))
    about.say("owl:sameAs", iri(f"https://doi.org/{quote(release.doi, safe='/')}") if release.doi else None)
    about.say("dcat:landingPage", Iri(addresses.dataset_url(settings, release.dataset)))
    about.say("adms:status", text("deprecated") if release.status == "deprecated" else None)
    for number, provider in enumerate(release.providers, 1):
        for predicate in sorted(_roles(provider)):
            about.say(predicate, Iri(f"{own}#provider-{number}"))
    about.say("dct:spatial", None if release.geometry_default else Iri(f"{own}#place"))
    about.say("dct:temporal", Iri(f"{own}#time") if schema_org.interval(release) else None)
    about.say("dcat:distribution", *(Iri(one) for one in _distributions(own, release)))


def _roles(one: Provider) -> set[str]:
    names = {
        "producer": "dct:creator",
        "host": "dct:publisher",
        "licensor": "dct:rightsHolder",
        "processor": "dct:contributor",
    }
    return {names[role] for role in one.roles if role in names} or {"dct:contributor"}


def _parts(settings: Settings, release: Release) -> Iterator[Triple]:
    own = addresses.version_url(settings, release)
    for number, one in enumerate(release.providers, 1):
        agent = About(f"{own}#provider-{number}", "foaf:Agent")
        agent.say("foaf:name", text(one.name))
        agent.say("foaf:homepage", iri(one.url))
        yield from agent
    if not release.geometry_default:
        place = About(f"{own}#place", "dct:Location")
        place.say("dcat:bbox", Literal(_wkt(release.bbox), datatype="geo:wktLiteral"))
        yield from place
    if schema_org.interval(release):
        time = About(f"{own}#time", "dct:PeriodOfTime")
        start, end = release.start_datetime or release.datetime, release.end_datetime or release.datetime
        time.say("dcat:startDate", moment(start) if start else None)
        time.say("dcat:endDate", moment(end) if end else None)
        yield from time
    yield from _torrent(settings, release)
    for address, url in list(_distributions(own, release).items())[1:]:
        yield from _copy(settings, release, address, url)


def _distributions(own: str, release: Release) -> dict[str, str]:
    """Address of each distribution -> where its data is; the torrent is the first."""
    facts = release.torrent
    copies = [(one.key, one.href) for one in release.mirrors]
    copies += [(f"web-seed-{at}", web_seed_href(facts, url)) for at, url in enumerate(facts.web_seeds, 1)]
    found, seen = {f"{own}#torrent": ""}, set[str]()
    for key, href in copies[:MAX_COPIES]:
        if href not in seen and iri(href):
            found[f"{own}#{quote(key, safe='')}"] = href
        seen.add(href)
    return found


def _torrent(settings: Settings, release: Release) -> Iterator[Triple]:
    own, facts = addresses.version_url(settings, release), release.torrent
    about = About(f"{own}#torrent", "dcat:Distribution")
    about.say("dct:title", text("BitTorrent", "en"))
    about.say("dcat:accessURL", Iri(own))
    about.say("dcat:downloadURL", Iri(addresses.torrent_url(settings, release)))
    about.say("dcat:mediaType", Iri(_MEDIA + schema_org.TORRENT_TYPE))
    about.say("dcat:byteSize", whole(facts.length))
    about.say("dct:license", iri(schema_org.license_url(release)))
    about.say("spdx:checksum", Iri(f"{own}#torrent-checksum") if facts.sha256 else None)
    yield from about
    if facts.sha256:
        yield from _checksum(f"{own}#torrent-checksum", facts.sha256)


def _copy(settings: Settings, release: Release, address: str, url: str) -> Iterator[Triple]:
    is_file = release.torrent.is_single_file
    about = About(address, "dcat:Distribution")
    about.say("dct:title", text(release.torrent.name))
    about.say("dcat:accessURL", Iri(addresses.version_url(settings, release)) if is_file else iri(url))
    about.say("dcat:downloadURL", iri(url) if is_file else None)
    about.say("dcat:mediaType", iri(_MEDIA + release.media_type) if is_file and release.media_type else None)
    about.say("dcat:byteSize", whole(release.size_bytes))
    about.say("dct:license", iri(schema_org.license_url(release)))
    about.say("dcat:accessService", service(settings, "files") if url.startswith(settings.files_url + "/") else None)
    about.say("spdx:checksum", Iri(f"{address}-checksum") if is_file and release.sha256 else None)
    yield from about
    if is_file and release.sha256:
        yield from _checksum(f"{address}-checksum", release.sha256)


def _checksum(address: str, sha256: str) -> Iterator[Triple]:
    about = About(address, "spdx:Checksum")
    about.say("spdx:algorithm", term("spdx:checksumAlgorithm_sha256"))
    about.say("spdx:checksumValue", Literal(sha256, datatype="xsd:hexBinary"))
    yield from about


def service(settings: Settings, name: str) -> Iri:
    """One of our services: ``files``, ``stac``, ``api``."""
    return Iri(f"{settings.public_url}/#{name}")


def services(settings: Settings) -> Iterator[Triple]:
    """What is offered to programs besides the catalogue."""
    public, openapi = settings.public_url, f"{settings.public_url}/api/v1/openapi.json"
    offered: tuple[tuple[str, str, str, Value | None, str], ...] = (
        ("files", "Files over HTTP, with ranges", f"{settings.files_url}/v/", None, ""),
        ("stac", "STAC API", f"{public}/stac/", Iri(openapi), "https://api.stacspec.org/v1.0.0/item-search"),
        ("api", "JSON API", f"{public}/api/v1/", Iri(openapi), ""),
    )
    for name, title, url, description, standard in offered:
        about = About(service(settings, name).text, "dcat:DataService")
        about.say("dct:title", text(title, "en"))
        about.say("dcat:endpointURL", Iri(url))
        about.say("dcat:endpointDescription", description)
        about.say("dct:conformsTo", iri(standard))
        yield from about


def _wkt(bbox: BBox) -> str:
    west, south, east, north = bbox
    if west > east:
        return f"MULTIPOLYGON((({_ring(west, south, 180.0, north)})),(({_ring(-180.0, south, east, north)})))"
    return f"POLYGON(({_ring(west, south, east, north)}))"


def _ring(west: float, south: float, east: float, north: float) -> str:
    corners = ((west, south), (east, south), (east, north), (west, north), (west, south))
    return ",".join(f"{x!r} {y!r}" for x, y in corners)
