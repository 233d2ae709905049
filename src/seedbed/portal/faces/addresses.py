# SPDX-License-Identifier: Apache-2.0
"""Where a dataset, a version and their files are: in one place, so that all faces give the same addresses (pure)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol
from urllib.parse import quote, urljoin

from seedbed.catalog import metalink, paths
from seedbed.core.layout import file_url

if TYPE_CHECKING:
    from seedbed.catalog.model import FileRow, Release
    from seedbed.portal.settings import Settings


class Versioned(Protocol):
    """A version of a dataset: a release, or its entry in the index."""

    @property
    def dataset(self) -> str:
        """Its dataset."""

    @property
    def version(self) -> str:
        """Its name."""


def dataset_url(settings: Settings, dataset: str, suffix: str = "") -> str:
    """A dataset's page, or with a suffix such as ``.ttl`` what is said of it in another form."""
    return f"{settings.public_url}/datasets/{quote(dataset)}{suffix}"


def version_url(settings: Settings, one: Versioned, suffix: str = "") -> str:
    """A version's page, or with a suffix such as ``.torrent`` a file of it."""
    return f"{settings.public_url}{version_path(one.dataset, one.version)}{suffix}"


def version_path(dataset: str, version: str) -> str:
    """The path of a version's page."""
    return f"/datasets/{quote(dataset)}/{quote(version, safe='')}"


def collection_url(settings: Settings, collection: str) -> str:
    """Datasets of a collection, for people."""
    return f"{settings.public_url}/collections/{quote(collection)}"


def catalog_url(settings: Settings, path: str = "") -> str:
    """A file of the published catalogue, where the gateway serves it."""
    return f"{settings.files_url}/catalog/{path}"


def torrent_url(settings: Settings, one: Versioned) -> str:
    """A version's .torrent."""
    return version_url(settings, one, ".torrent")


def file_urls(release: Release, row: FileRow) -> tuple[str, ...]:
    """Where a file can be had over HTTP, best first; empty where only peers have it."""
    facts = release.torrent
    parts = row.path.split("/")
    found = (
        file_url(base, facts.name, parts, is_single_file=facts.is_single_file) for base in metalink.copies(release)
    )
    return tuple(dict.fromkeys(found))


def whole(settings: Settings, href: str) -> str:
    """An address in an item of the catalogue; a catalogue without an address of its own has relative ones."""
    return href if href.startswith("magnet:") else urljoin(catalog_url(settings), href)


def datapackage(settings: Settings, release: Release) -> str:
    """The Data Package descriptor in the published catalogue."""
    return catalog_url(settings, paths.datapackage(release.dataset, release.version))
