# SPDX-License-Identifier: Apache-2.0
"""Links and assets of an item: where its torrent, its data and its neighbours are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from seedbed.catalog import paths
from seedbed.catalog.stac import terms
from seedbed.core import magnet
from seedbed.core.ids import InfoHashes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from seedbed.catalog.model import Mirror, Release, TorrentFacts


def links(release: Release, *, root: str, latest: str, has_metalink: bool = False) -> Iterator[dict[str, Any]]:
    """The item's links; those to other versions as the version extension names them (RFC 5829).

    Args:
        release: Whose links.
        root: What stands before paths of the catalogue.
        latest: Version that is the newest; empty when the caller does not know.
        has_metalink: Whether there is one beside the torrent.
    """
    own = root + paths.item(release.dataset, release.version)
    collection = root + paths.collection(release.collection)
    if "://" in root:
        yield _link("self", own, terms.GEOJSON_TYPE)
    yield _link("root", root + paths.STAC_ROOT, terms.JSON_TYPE)
    yield _link("parent", collection, terms.JSON_TYPE)
    yield _link("collection", collection, terms.JSON_TYPE)
    versions = {
        "predecessor-version": release.predecessor,
        "successor-version": release.successor,
        "latest-version": release.version if release.latest else latest,
    }
    for rel, version in versions.items():
        if version:
            yield _link(rel, root + paths.item(release.dataset, version), terms.GEOJSON_TYPE)
    if has_metalink:
        yield _link("alternate", root + paths.metalink(release.torrent.best_hex), terms.METALINK_TYPE)
    if release.doi:
        yield _link("cite-as", "https://doi.org/" + quote(release.doi, safe="/:;()._-"))
    if release.license not in {"", "other"}:
        yield _link("license", f"https://spdx.org/licenses/{quote(release.license)}.html", "text/html")
    elif release.license_url:
        yield _link("license", release.license_url)


def _link(rel: str, href: str, media_type: str = "") -> dict[str, Any]:
    return {"rel": rel, "href": href, "type": media_type} if media_type else {"rel": rel, "href": href}


def assets(release: Release, *, root: str) -> dict[str, Any]:
    """The item's assets, under fixed keys."""
    torrent = release.torrent
    key = "data" if torrent.is_single_file else "package"
    return {
        key: _data(release),
        "torrent": _torrent(torrent, root),
        "metadata": {
            "href": root + paths.datapackage(release.dataset, release.version),
            "type": terms.JSON_TYPE,
            "roles": ["metadata"],
        },
    }


def _data(release: Release) -> dict[str, Any]:
    asset: dict[str, Any] = {"href": data_href(release), "roles": ["data"], "file:size": release.size_bytes}
    if release.media_type:
        asset["type"] = release.media_type
    if release.sha256:
        asset["file:checksum"] = terms.SHA256_MULTIHASH + release.sha256
    if release.contents.band_types:
        asset["bands"] = [{"data_type": one} for one in release.contents.band_types]
    first = main_mirror(release)
    if first is not None:
        asset["seedbed:mirror"] = first.key
        asset |= _place(first)
    if others := [mirror for mirror in release.mirrors if mirror is not first]:
        ordered = sorted(others, key=lambda mirror: terms.MIRROR_KEYS.index(mirror.key))
        asset["alternate"] = {mirror.key: {"href": mirror.href, **_place(mirror)} for mirror in ordered}
    return asset


def main_mirror(release: Release) -> Mirror | None:
    """The mirror that an item leads to: the first that holds the data as it is; None when there is none.

    Whoever follows ``href`` of a folder expects the files by their paths there. So a flat mirror is never the main one.
    """
    return next((mirror for mirror in release.mirrors if not mirror.layout), None)


def _place(mirror: Mirror) -> dict[str, Any]:
    """What is said of a mirror beside its address."""
    place: dict[str, Any] = {"alternate:name": mirror.name} if mirror.name else {}
    place |= {"seedbed:layout": mirror.layout} if mirror.layout else {}
    return place | ({"storage:refs": [mirror.key]} if mirror.key in terms.STORAGE_SCHEMES else {})


def data_href(release: Release) -> str:
    """Where the data is as it is: the main mirror, else the first web seed, else the magnet link."""
    if mirror := main_mirror(release):
        return mirror.href
    torrent = release.torrent
    if torrent.web_seeds:
        return web_seed_href(torrent, torrent.web_seeds[0])
    return torrent.magnet or bare_magnet(torrent)


def web_seed_href(torrent: TorrentFacts, url: str) -> str:
    """The file, or the folder, behind a web seed (BEP 19: a URL that ends in ``/`` is the folder of the torrent)."""
    name = quote(torrent.name)
    if torrent.is_single_file:
        return url + name if url.endswith("/") else url
    return f"{url.removesuffix('/')}/{name}/"


def bare_magnet(torrent: TorrentFacts) -> str:
    """A magnet link of nothing but the torrent's names."""
    hashes = InfoHashes(bytes.fromhex(torrent.info_hash_v1) or None, bytes.fromhex(torrent.info_hash_v2) or None)
    return magnet.render(magnet.Magnet(hashes, name=torrent.name))


def _torrent(torrent: TorrentFacts, root: str) -> dict[str, Any]:
    asset: dict[str, Any] = {
        "href": root + paths.torrent(torrent.best_hex),
        "type": terms.TORRENT_TYPE,
        "roles": ["metadata"],
        "file:size": torrent.length,
        "bt:name": torrent.name,
        "bt:piece_length": torrent.piece_length,
    }
    optional = {
        "file:checksum": terms.SHA256_MULTIHASH + torrent.sha256 if torrent.sha256 else "",
        "bt:infohash_v1": torrent.info_hash_v1,
        "bt:infohash_v2": torrent.info_hash_v2,
        "bt:webseeds": list(torrent.web_seeds),
        "bt:trackers": list(torrent.trackers),
    }
    return asset | {key: value for key, value in optional.items() if value}
