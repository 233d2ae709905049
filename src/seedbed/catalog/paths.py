# SPDX-License-Identifier: Apache-2.0
"""Where things stand in a published catalogue, a folder of static files on any web server.

``catalog.parquet`` and ``files.parquet`` are for people who open them by hand: each is whole at any moment. Programs
that verify follow ``metadata/timestamp.json`` to names that never change their bytes (TUF, *consistent snapshots*):
``<sha256>.catalog.parquet``, ``metadata/<version>.targets.json``. So a reader never meets half of a new release, and
the release before can still be got while a new one is put in place.
"""

from __future__ import annotations

CATALOG = "catalog.parquet"
FILES = "files.parquet"
METADATA = "metadata"
TIMESTAMP = "metadata/timestamp.json"
CHANGES = "changes"
TORRENTS = "torrents"
RELEASES_LOG = "releases.log"
STAC_ROOT = "catalog.json"


def change(serial: int) -> str:
    """Rows of ``catalog.parquet`` that one release of the catalogue added or replaced."""
    return f"{CHANGES}/{serial}.parquet"


def file_change(serial: int) -> str:
    """Rows of ``files.parquet`` that one release of the catalogue added."""
    return f"{CHANGES}/{serial}.files.parquet"


def torrent(info_hash: str) -> str:
    """A release's torrent, by ``TorrentFacts.best_hex``."""
    return f"{TORRENTS}/{info_hash}.torrent"


def metalink(info_hash: str) -> str:
    """A release as a Metalink, beside its torrent. It changes when mirrors do."""
    return f"{TORRENTS}/{info_hash}.meta4"


def item(dataset: str, version: str) -> str:
    """The static STAC item."""
    return f"items/{dataset}/{version}.json"


def datapackage(dataset: str, version: str) -> str:
    """The Data Package (v2) descriptor."""
    return f"items/{dataset}/{version}.datapackage.json"


def collection(collection_id: str) -> str:
    """The static STAC collection."""
    return f"collections/{collection_id}.json"


def hashed(path: str, sha256: str) -> str:
    """The unchanging name of a target: its file name with the hash before it (TUF specification, 6.2)."""
    folder, slash, name = path.rpartition("/")
    return f"{folder}{slash}{sha256}.{name}"
