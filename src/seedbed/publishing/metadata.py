# SPDX-License-Identifier: Apache-2.0
"""The entry of a version, from what everybody says of it (pure).

Precedence: command line, ``--metadata`` file, metadata among the data, the data itself, the version before, defaults.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from seedbed.catalog import checks
from seedbed.catalog.findings import Finding
from seedbed.catalog.model import DEFAULT_COLLECTION, WORLD, Column, Contents, Release, TorrentFacts
from seedbed.publishing import countries, licenses
from seedbed.publishing.said import Merged, Place, Said, Source, Times, merge

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping, Sequence

    from seedbed.inspecting import Inspected

DATA = "the data"
_NO_TORRENT = TorrentFacts(name="none", piece_length=1, info_hash_v1="0" * 40)
"""Stands in while there is none yet, so that faults are told before hours of hashing."""


@dataclass(frozen=True, slots=True)
class Described:
    """An entry, and who said what of it."""

    release: Release
    origins: Mapping[str, str]


def describe(
    names: tuple[str, str],
    sources: Sequence[Source],
    *,
    inspected: Inspected,
    before: Release | None,
    now: dt.datetime,
    torrent: TorrentFacts = _NO_TORRENT,
    size: tuple[int, int] = (0, 0),
) -> Described:
    """Put an entry together.

    Args:
        names: Dataset and version.
        sources: Who says something, the most trusted first; without the data and the version before.
        inspected: What the data says.
        before: The version before, if there is one.
        now: When this is published.
        torrent: Of the version.
        size: Bytes and number of files.
    """
    carried = [Source(f"version {before.version}", _carried(before))] if before else []
    merged = merge([*sources, Source(DATA, _of_data(inspected)), *carried])
    said, origins = merged.said, dict(merged.origins)
    place, is_default_place = _place(merged, origins)
    time, is_default_time = _time(said, origins, now)
    release = Release(
        dataset=names[0],
        version=names[1],
        **_words(said),
        torrent=torrent,
        size_bytes=size[0],
        file_count=size[1],
        datetime=time.moment,
        start_datetime=time.start,
        end_datetime=time.end,
        datetime_default=is_default_time,
        bbox=place.bbox,
        geometry=place.geometry,
        geometry_default=is_default_place,
        created=now,
        updated=now,
        published=now,
        contents=contents(inspected, said.columns or {}),
    )
    return Described(release, origins)


def faults(release: Release) -> list[Finding]:
    """What is wrong with an entry, in the words of the person who publishes it."""
    found = []
    if not release.license:
        found.append(Finding("license", f"it is missing: --license with an SPDX identifier ({licenses.SUGGESTED})"))
    elif release.license == licenses.OTHER and not release.license_url:
        found.append(Finding("license_url", "a licence called 'other' needs a link to its text: --license-url"))
    if not release.title:
        found.append(Finding("title", "it is missing: --title 'what this is'"))
    told = {one.field for one in found}
    return found + [one for one in checks.findings(release) if one.field not in told]


def contents(inspected: Inspected, meanings: Mapping[str, str]) -> Contents:
    """What was read from the data, in the catalogue's words.

    Args:
        inspected: What the data says.
        meanings: Name of a column -> what it means.
    """
    return Contents(
        columns=tuple(Column(one.name, one.type, meanings.get(one.name, "")) for one in inspected.columns),
        row_count=inspected.row_count,
        primary_geometry=inspected.primary_geometry,
        proj_code=inspected.proj_code,
        shape=inspected.shape,
        transform=inspected.transform,
        band_types=inspected.band_types,
    )


def _words(said: Said) -> dict[str, Any]:
    """Everything that is taken as it was said; nothing where nobody said anything."""
    texts = (
        "title", "description", "license", "language", "doi", "concept_doi", "citation",
        "jurisdiction", "source_portal", "source_id", "source_access", "threat",
    )  # fmt: skip
    lists = ("keywords", "providers", "translations", "mirrors")
    return {
        **{key: getattr(said, key) or "" for key in texts},
        **{key: getattr(said, key) or () for key in lists},
        "license_url": (said.license_url or "") if said.license == licenses.OTHER else "",
        "collection": said.collection or DEFAULT_COLLECTION,
        "source_modified": said.source_modified,
    }


def _of_data(inspected: Inspected) -> Said:
    start, end = inspected.start, inspected.end
    time = None
    if start and end:
        time = Times(moment=start) if start == end else Times(start=start, end=end)
    return Said(place=Place(inspected.bbox) if inspected.bbox else None, time=time)


def _carried(before: Release) -> Said:
    """What holds for all versions until somebody says otherwise; not the DOI or the times of one version."""
    columns = {one.name: one.description for one in before.contents.columns if one.description}
    return Said(
        title=before.title,
        description=before.description,
        license=before.license,
        license_url=before.license_url or None,
        keywords=before.keywords or None,
        providers=before.providers or None,
        language=before.language or None,
        translations=before.translations or None,
        concept_doi=before.concept_doi or None,
        place=None if before.geometry_default else Place(before.bbox, before.geometry),
        jurisdiction=before.jurisdiction or None,
        collection=before.collection,
        source_portal=before.source_portal or None,
        source_id=before.source_id or None,
        source_access=before.source_access or None,
        threat=before.threat or None,
        columns=columns or None,
    )


def _place(merged: Merged, origins: dict[str, str]) -> tuple[Place, bool]:
    if merged.said.place:
        return merged.said.place, False
    box = countries.extent(merged.said.jurisdiction or "")
    origins["place"] = f"the extent of {merged.said.jurisdiction}" if box else "the whole world"
    return Place(box or WORLD), True


def _time(said: Said, origins: dict[str, str], now: dt.datetime) -> tuple[Times, bool]:
    if said.time:
        return said.time, False
    origins["time"] = "the day of publication"
    return Times(moment=now), True
