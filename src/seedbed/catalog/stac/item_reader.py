# SPDX-License-Identifier: Apache-2.0
"""A STAC item of ours, read into a release; all faults of form at once. ``catalog.checks`` judges the values."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, cast, get_args

from seedbed.catalog.findings import Finding, refuse
from seedbed.catalog.ids import item_id
from seedbed.catalog.model import (
    DEFAULT_COLLECTION,
    BBox,
    Column,
    Contents,
    Mirror,
    MirrorLayout,
    Provider,
    Release,
    SourceAccess,
    Status,
    Threat,
    TorrentFacts,
    Translation,
)
from seedbed.catalog.stac import terms
from seedbed.catalog.stac.fields import Fields
from seedbed.catalog.stac.geometry import box_geometry, to_wkb
from seedbed.errors import FormatError

if TYPE_CHECKING:
    from collections.abc import Mapping


def from_item(item: Mapping[str, Any]) -> Release:
    """Read an item as ``to_item`` writes it. Fields that we do not know are passed over.

    Raises:
        MetadataError: with every fault of form.
    """
    findings: list[Finding] = []
    top = Fields(dict(item), "", findings)
    known = top.child("properties") or Fields({}, "properties", findings)
    bbox = _bbox(top, findings)
    values: dict[str, Any] = {
        **_identity(top, known, findings),
        **_times(known, findings),
        **_words(known),
        "license_url": _license_url(top, known),
        **_standing(known),
        **_provenance(known),
        **_data(top, known, findings),
        "collection": top.text("collection") or DEFAULT_COLLECTION,
        "bbox": bbox,
        "geometry": _geometry(item.get("geometry"), bbox, findings),
        "contents": _contents(top, known),
    }
    refuse(str(item.get("id") or "item")[:200], findings)
    return Release(**values)


def _identity(top: Fields, known: Fields, findings: list[Finding]) -> dict[str, Any]:
    dataset = known.text("seedbed:dataset", is_required=True)
    version = known.text("version", is_required=True)
    found = top.text("id", is_required=True)
    if dataset and version and found and found != item_id(dataset, version):
        findings.append(Finding("id", f"expected {item_id(dataset, version)!r}, got {found!r}", "C25"))
    return {"dataset": dataset, "version": version}


def _times(known: Fields, findings: list[Finding]) -> dict[str, Any]:
    own = {key: known.moment(key) for key in ("created", "updated", "published")}
    findings += [Finding(key, "expected a moment, got nothing", "C25") for key, value in own.items() if value is None]
    about = {key: known.moment(key) for key in ("datetime", "start_datetime", "end_datetime")}
    if about["datetime"] is None and None in {about["start_datetime"], about["end_datetime"]}:
        findings.append(Finding("datetime", "expected it, or start_datetime and end_datetime, got neither", "C25"))
    return {**own, **about, "datetime_default": known.flag("seedbed:datetime_default")}


def _words(known: Fields) -> dict[str, Any]:
    language = known.child("language")
    return {
        "title": known.text("title", is_required=True),
        "description": known.text("description"),
        "license": known.text("license", is_required=True),
        "keywords": known.texts("keywords"),
        "providers": tuple(
            Provider(one.text("name", is_required=True), one.texts("roles"), one.text("url"))
            for one in known.objects("providers")
        ),
        "language": language.text("code") if language else "",
        "translations": tuple(
            Translation(one.text("language", is_required=True), one.text("title"), one.text("description"))
            for one in known.objects("seedbed:translations")
        ),
        "doi": known.text("sci:doi"),
        "citation": known.text("sci:citation"),
    }


def _license_url(top: Fields, known: Fields) -> str:
    """The link to a licence that SPDX does not know."""
    if known.text("license") != "other":
        return ""
    return next((link.text("href") for link in top.objects("links") if link.text("rel") == "license"), "")


def _standing(known: Fields) -> dict[str, Any]:
    return {
        "version_seq": known.integer("seedbed:version_seq", 1),
        "latest": known.flag("seedbed:latest", default=True),
        "predecessor": known.text("seedbed:predecessor"),
        "successor": known.text("seedbed:successor"),
        "status": known.choice("seedbed:status", get_args(Status), "active"),
        "status_reason": known.text("seedbed:status_reason"),
        "size_bytes": known.integer("seedbed:size_bytes"),
        "file_count": known.integer("seedbed:file_count"),
        "reused_files": known.integer("seedbed:reused_files", 0),
        "reused_bytes": known.integer("seedbed:reused_bytes", 0),
    }


def _provenance(known: Fields) -> dict[str, Any]:
    return {
        "concept_doi": known.text("seedbed:concept_doi"),
        "source_portal": known.text("seedbed:source_portal"),
        "source_id": known.text("seedbed:source_id"),
        "source_modified": known.moment("seedbed:source_modified"),
        "source_access": known.choice("seedbed:source_access", get_args(SourceAccess), ""),
        "threat": known.choice("seedbed:threat", get_args(Threat), ""),
        "jurisdiction": known.text("seedbed:jurisdiction"),
        "geometry_default": known.flag("seedbed:geometry_default"),
    }


def _contents(top: Fields, known: Fields) -> Contents:
    rows = known.integer("table:row_count") if known.has("table:row_count") else None
    return Contents(
        columns=tuple(
            Column(one.text("name", is_required=True), one.text("type"), one.text("description"))
            for one in known.objects("table:columns")
        ),
        row_count=rows,
        primary_geometry=known.text("table:primary_geometry"),
        proj_code=known.text("proj:code"),
        shape=tuple(int(one) for one in known.numbers("proj:shape") if math.isfinite(one)),
        transform=tuple(float(one) for one in known.numbers("proj:transform")),
        band_types=tuple(one.text("data_type") for one in _data_asset(top).objects("bands")),
    )


def _data_asset(top: Fields) -> Fields:
    """The asset ``data`` or ``package``; an empty one where there is none, which :func:`_data` tells."""
    assets = top.child("assets") or Fields({}, "assets", [])
    return assets.child("data") or assets.child("package") or Fields({}, "assets", [])


def _data(top: Fields, known: Fields, findings: list[Finding]) -> dict[str, Any]:
    assets = top.child("assets") or Fields({}, "assets", findings)
    single, folder, torrent = assets.child("data"), assets.child("package"), assets.child("torrent")
    if torrent is None:
        findings.append(Finding("assets.torrent", "expected the torrent's asset, got nothing", "C25"))
        torrent = Fields({}, "assets.torrent", [])
    if (single is None) == (folder is None):
        findings.append(Finding("assets", "expected one of the assets data and package", "C25"))
    data = single or folder or Fields({}, "assets", [])
    return {
        "torrent": _torrent(torrent, known, findings, is_single_file=single is not None),
        "media_type": data.text("type") if single else "",
        "sha256": _sha256(data) if single else "",
        "mirrors": _mirrors(data, findings),
    }


def _torrent(asset: Fields, known: Fields, findings: list[Finding], *, is_single_file: bool) -> TorrentFacts:
    facts = TorrentFacts(
        name=asset.text("bt:name", is_required=True),
        piece_length=asset.integer("bt:piece_length"),
        info_hash_v1=known.text("bt:infohash_v1"),
        info_hash_v2=known.text("bt:infohash_v2"),
        sha256=_sha256(asset),
        length=asset.integer("file:size", 0),
        web_seeds=asset.texts("bt:webseeds"),
        trackers=asset.texts("bt:trackers"),
        magnet=known.text("bt:magnet"),
        is_single_file=is_single_file,
    )
    twins = (asset.text("bt:infohash_v1"), asset.text("bt:infohash_v2"))
    if twins != (facts.info_hash_v1, facts.info_hash_v2):
        findings.append(Finding("assets.torrent", "its info-hashes are not those of the item", "C25"))
    return facts


def _sha256(asset: Fields) -> str:
    """The hash in a multihash; other functions are passed over."""
    checksum = asset.text("file:checksum")
    return checksum.removeprefix(terms.SHA256_MULTIHASH) if checksum.startswith(terms.SHA256_MULTIHASH) else ""


def _mirrors(data: Fields, findings: list[Finding]) -> tuple[Mirror, ...]:
    first = data.text("seedbed:mirror")
    found = [_mirror(first, data, findings)] if first else []
    others = data.child("alternate") or Fields({}, "alternate", findings)
    for key in others.names():
        other = others.child(key)
        if other is not None:
            found.append(_mirror(key, other, findings))
    for mirror in found:
        if mirror.key not in terms.MIRROR_KEYS:
            problem = f"expected a mirror called one of {', '.join(terms.MIRROR_KEYS)}, got {mirror.key!r}"
            findings.append(Finding("mirrors", problem, "C25"))
    return tuple(found)


def _mirror(key: str, place: Fields, findings: list[Finding]) -> Mirror:
    layout = place.text("seedbed:layout")
    if layout not in ("", *terms.MIRROR_LAYOUTS):
        expected = ", ".join(terms.MIRROR_LAYOUTS)
        findings.append(Finding("mirrors", f"expected the layout {expected}, got {layout!r:.60}", "C25"))
        layout = ""
    href = place.text("href", is_required=True)
    return Mirror(key, href, place.text("alternate:name"), cast("MirrorLayout", layout))


def _bbox(top: Fields, findings: list[Finding]) -> BBox:
    numbers = top.numbers("bbox")
    if len(numbers) == 6:  # heights are passed over
        numbers = (*numbers[:2], *numbers[3:5])
    if len(numbers) != 4:
        findings.append(Finding("bbox", f"expected 4 numbers, got {len(numbers)}", "C31"))
        return (0.0, 0.0, 0.0, 0.0)
    west, south, east, north = (float(one) for one in numbers)
    return (west, south, east, north)


def _geometry(value: object, bbox: BBox, findings: list[Finding]) -> Mapping[str, Any] | None:
    """The footprint; None when it is the box itself, or absent."""
    if value is None or value == box_geometry(bbox):
        return None
    if not isinstance(value, dict):
        findings.append(Finding("geometry", f"expected a GeoJSON geometry, got {value!r:.60}", "C31"))
        return None
    try:
        to_wkb(value)
    except FormatError as error:
        findings.append(Finding("geometry", error.message.removeprefix("geometry: "), "C31"))
    return value
