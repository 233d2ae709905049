# SPDX-License-Identifier: Apache-2.0
"""What a catalogue knows: one release for each version of each dataset, and its files (pure values).

``catalog.stac`` says how a release is written as a STAC item, ``catalog.table`` as a row.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias

from seedbed.catalog.ids import item_id

if TYPE_CHECKING:
    import datetime as dt  # a field of the release has the other name
    from collections.abc import Mapping
    from typing import Any

Status: TypeAlias = Literal["active", "deprecated", "withdrawn"]
Threat: TypeAlias = Literal["", "none", "watch", "at-risk", "gone"]
SourceAccess: TypeAlias = Literal["", "open", "restricted", "gone"]
MirrorLayout: TypeAlias = Literal["", "flat"]
BBox: TypeAlias = tuple[float, float, float, float]
"""West, south, east, north in degrees (OGC:CRS84); west > east crosses the antimeridian (RFC 7946, 5.2)."""

WORLD: BBox = (-180.0, -90.0, 180.0, 90.0)
DEFAULT_COLLECTION = "datasets"


@dataclass(frozen=True, slots=True)
class Provider:
    """Who made, keeps or offers the data (STAC *provider object*)."""

    name: str
    roles: tuple[str, ...] = ()
    """Of ``licensor``, ``producer``, ``processor``, ``host``."""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Translation:
    """Title and description in one more language."""

    language: str
    """BCP 47, such as ``fr`` or ``es-MX``."""
    title: str
    description: str = ""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table (STAC table extension)."""

    name: str
    type: str = ""
    description: str = ""


@dataclass(frozen=True, slots=True)
class Contents:
    """What was read from the data itself; empty where it does not apply (table, projection, raster extensions)."""

    columns: tuple[Column, ...] = ()
    row_count: int | None = None
    primary_geometry: str = ""
    proj_code: str = ""
    """Such as ``EPSG:4326``."""
    shape: tuple[int, ...] = ()
    """Height and width in pixels."""
    transform: tuple[float, ...] = ()
    """Six numbers, as in the projection extension."""
    band_types: tuple[str, ...] = ()
    """One data type for each raster band, such as ``uint8``."""


@dataclass(frozen=True, slots=True)
class Mirror:
    """The same bytes over HTTP (alternate-assets extension)."""

    key: str
    """One key for one mirror everywhere: ``source-coop``, ``zenodo``, ``internet-archive``, ``own``, ``own-2``."""
    href: str
    """Of the file, or of the folder that holds the files; that ends in a slash."""
    name: str = ""
    layout: MirrorLayout = ""
    """How a folder holds the files: empty by their paths below the torrent's folder, ``flat`` by their flat names
    (``core.layout.flat_name``), where the mirror has no folders."""

    def web_seed(self, *, is_single_file: bool) -> str:
        """The address that a fetch asks: a URL, or a template (``core.layout``) for a folder of files."""
        if is_single_file:
            return self.href
        folder = self.href if self.href.endswith("/") or "?" in self.href else self.href + "/"
        return folder + ("{flat}" if self.layout == "flat" else "{path}")


@dataclass(frozen=True, slots=True)
class TorrentFacts:
    """What the catalogue says of a release's torrent."""

    name: str
    """The info dictionary's name."""
    piece_length: int
    """Bytes."""
    info_hash_v1: str = ""
    """40 hex digits, or empty for v2-only."""
    info_hash_v2: str = ""
    """64 hex digits, or empty for v1-only."""
    sha256: str = ""
    """Of the .torrent file: 64 hex digits."""
    length: int = 0
    """Bytes of the .torrent file."""
    web_seeds: tuple[str, ...] = ()
    trackers: tuple[str, ...] = ()
    magnet: str = ""
    is_single_file: bool = False

    @property
    def best_hex(self) -> str:
        """The name that the .torrent is filed under: v1 for v1 and hybrid, v2 for v2-only."""
        return self.info_hash_v1 or self.info_hash_v2


@dataclass(frozen=True, slots=True)
class Release:
    """One version of one dataset. Its bytes never change; its standing among the versions may."""

    dataset: str
    version: str
    title: str
    description: str
    license: str
    """SPDX identifier, or ``other``."""
    torrent: TorrentFacts
    size_bytes: int
    file_count: int
    datetime: dt.datetime | None
    """The moment that the data describes; None when ``start_datetime`` and ``end_datetime`` are given. UTC."""
    created: dt.datetime
    """When this entry was first made. UTC, whole milliseconds at most."""
    updated: dt.datetime
    """When this entry last changed."""
    published: dt.datetime
    """When this version appeared in the catalogue."""
    bbox: BBox = WORLD
    geometry: Mapping[str, Any] | None = None
    """GeoJSON footprint; None is the box itself."""
    geometry_default: bool = False
    """Whether the box is only the jurisdiction's extent, because the data has none."""
    start_datetime: dt.datetime | None = None
    end_datetime: dt.datetime | None = None
    datetime_default: bool = False
    """Whether ``datetime`` is only the day of publication, because nobody gave another."""
    version_seq: int = 1
    """1 for a dataset's first version, then rising."""
    latest: bool = True
    """Exactly one release of a dataset."""
    predecessor: str = ""
    """Version before this one; empty for the first."""
    successor: str = ""
    """Version after this one; empty for the last."""
    status: Status = "active"
    status_reason: str = ""
    """Why it is deprecated or withdrawn."""
    reused_files: int = 0
    """Files whose bytes are in the version before too (same pieces root)."""
    reused_bytes: int = 0
    collection: str = DEFAULT_COLLECTION
    license_url: str = ""
    """Where the text of a licence is that is called ``other``; empty for SPDX identifiers."""
    keywords: tuple[str, ...] = ()
    providers: tuple[Provider, ...] = ()
    language: str = ""
    translations: tuple[Translation, ...] = ()
    doi: str = ""
    """The name only: ``10.5281/zenodo.1``."""
    concept_doi: str = ""
    """The DOI that means all versions."""
    citation: str = ""
    source_portal: str = ""
    source_id: str = ""
    source_modified: dt.datetime | None = None
    source_access: SourceAccess = ""
    threat: Threat = ""
    jurisdiction: str = ""
    media_type: str = ""
    """Of a single file; folders have none."""
    sha256: str = ""
    """Of a single file: 64 hex digits, or empty."""
    mirrors: tuple[Mirror, ...] = ()
    contents: Contents = field(default=Contents())

    @property
    def id(self) -> str:
        """The STAC item's id: ``<dataset>@<version>``."""
        return item_id(self.dataset, self.version)


@dataclass(frozen=True, slots=True)
class FileRow:
    """One file of one release: a row of ``files.parquet``."""

    item_id: str
    path: str
    """Below the torrent's root folder, with slashes; for a single file its name."""
    size_bytes: int
    sha256: str = ""
    """64 hex digits; empty where it was not made (long files)."""
    md5: str = ""
    pieces_root: str = ""
    """The file's identity across datasets and versions (BEP 52): 64 hex digits; empty for empty files and in v1."""
    media_type: str = ""
    torrent_infohash: str = ""
    """v1 hex for v1 and hybrid, v2 hex for v2-only: the name of the .torrent."""
    offset_bytes: int = 0
    """Where the file starts in the torrent's piece space."""


@dataclass(frozen=True, slots=True)
class Collection:
    """A group of datasets (STAC collection)."""

    id: str = DEFAULT_COLLECTION
    title: str = "Datasets"
    description: str = "Open datasets, each with all its versions."


@dataclass(frozen=True, slots=True)
class Site:
    """What a catalogue says of itself; signed with it, in the metadata of ``catalog.parquet``."""

    id: str
    title: str = ""
    description: str = ""
    url: str = ""
    """Where the folder is published, ending in ``/``; empty when it has no address of its own."""
    serial: int = 0
    """1 for the first release of the catalogue, then one more each time."""
    collections: tuple[Collection, ...] = (Collection(),)
    tracker: str = ""
    """Announce URLs of the community's tracker, with a space between: the first tier of what is published here."""

    @property
    def trackers(self) -> tuple[str, ...]:
        """The same, one by one."""
        return tuple(self.tracker.split())


@dataclass(frozen=True, slots=True)
class Change:
    """What one release of the catalogue adds or replaces. Nothing is removed: a withdrawn version keeps its row."""

    releases: tuple[Release, ...]
    """New ones, and known ones whose standing changed; replaced by id."""
    files: tuple[FileRow, ...] = ()
    """Of the new releases."""
    torrents: Mapping[str, bytes] = field(default_factory=dict)
    """Info-hash (as in ``TorrentFacts.best_hex``) -> .torrent file."""
    datapackages: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Id of a new release -> its Data Package descriptor."""
    tracker: str | None = None
    """What :attr:`Site.tracker` is from now on; None for as it is."""
