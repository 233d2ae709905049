# SPDX-License-Identifier: Apache-2.0
"""The words of our STAC items: extension ids, asset keys, media types. ``docs/spec/stac.md`` explains each."""

from __future__ import annotations

STAC_VERSION = "1.1.0"

FILE = "https://stac-extensions.github.io/file/v2.1.0/schema.json"
VERSION = "https://stac-extensions.github.io/version/v1.2.0/schema.json"
SCIENTIFIC = "https://stac-extensions.github.io/scientific/v1.0.0/schema.json"
ALTERNATE = "https://stac-extensions.github.io/alternate-assets/v1.2.0/schema.json"
STORAGE = "https://stac-extensions.github.io/storage/v2.0.0/schema.json"
TIMESTAMPS = "https://stac-extensions.github.io/timestamps/v1.1.0/schema.json"
TABLE = "https://stac-extensions.github.io/table/v1.2.0/schema.json"
PROJECTION = "https://stac-extensions.github.io/projection/v2.0.0/schema.json"
LANGUAGE = "https://stac-extensions.github.io/language/v1.0.0/schema.json"
BT = "https://w3id.org/seedbed/stac/bt/v1.0.0/schema.json"
SEEDBED = "https://w3id.org/seedbed/stac/seedbed/v1.0.0/schema.json"

ASSET_KEYS = ("data", "package", "torrent", "metadata", "thumbnail", "tiles", "manifest", "build")
"""The only ones: each key is a group of columns, and with free keys a thousand items would make thousands."""

MIRROR_KEYS = (
    "own", "own-2", "own-3", "own-4", "source-coop", "zenodo", "internet-archive", "other", "other-2",
)  # fmt: skip
"""The only ones, for the same reason: a publisher may have several places of its own, but not a thousand. Further
addresses may stand in ``bt:webseeds``."""

MIRROR_LAYOUTS = ("flat",)
"""How a mirror holds files when not by their paths. Ours to read; other programs take ``href`` for what it is."""

STORAGE_SCHEMES = {
    "source-coop": {"type": "custom-s3", "platform": "https://data.source.coop", "title": "Source Cooperative"},
}
"""Mirrors that are object stores, as the storage extension describes them."""

JSON_TYPE = "application/json"
GEOJSON_TYPE = "application/geo+json"
TORRENT_TYPE = "application/x-bittorrent"
METALINK_TYPE = "application/metalink4+xml"
PARQUET_TYPE = "application/vnd.apache.parquet"

SHA256_MULTIHASH = "1220"
"""What a multihash of SHA-256 starts with: the function's code and the length, in hex."""
