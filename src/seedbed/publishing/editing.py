# SPDX-License-Identifier: Apache-2.0
"""What is said of a published version changes, such as when it gets its DOI; its data never does."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from seedbed.catalog.findings import refuse
from seedbed.catalog.model import Change
from seedbed.errors import NotFoundError
from seedbed.publishing import datapackage, licenses, metadata
from seedbed.publishing.own_words import own_sources
from seedbed.publishing.said import merge

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping
    from pathlib import Path

    from seedbed.catalog.ids import Ref
    from seedbed.catalog.model import Release
    from seedbed.publishing.request import Publisher, Released
    from seedbed.publishing.said import Said

_PLAIN = (
    "title", "description", "license", "license_url", "keywords", "providers", "language", "translations", "doi",
    "concept_doi", "citation", "jurisdiction", "collection", "source_portal", "source_id", "source_modified",
    "source_access", "threat", "mirrors",
)  # fmt: skip
"""Fields that are taken over as they are."""


@dataclass(frozen=True, slots=True)
class Edited:
    """What became of a version."""

    release: Release
    changed: tuple[str, ...]
    """Fields of the entry that are others now; empty when it is as it was."""
    released: Released | None
    """None when nothing changed."""


def edit(
    ref: Ref,
    publisher: Publisher,
    *,
    said: Mapping[str, Any],
    file: Path | None,
    package: Mapping[str, Any],
    now: dt.datetime,
) -> Edited:
    """Change what is said of a version.

    Args:
        ref: The version; the newest if none is named.
        publisher: The catalogue, held open for changes.
        said: Field -> value, as in ``publishing.reading``.
        file: A metadata file with more fields.
        package: The version's Data Package descriptor until now; empty if there is none.
        now: The time, with a zone.

    Raises:
        NotFoundError: there is no such version.
        MetadataError: with every fault of the words or the entry.
    """
    before = _find(ref, publisher)
    sources, findings = own_sources(said, file)
    words, changed = edited(before, merge(sources).said)
    after = replace(words, updated=now)
    told = {one.field for one in findings}
    refuse(before.id, [*findings, *(one for one in metadata.faults(after) if one.field not in told)])
    if not changed:
        return Edited(before, (), None)
    packages = {after.id: datapackage.with_words_of(package, after)} if package else {}
    return Edited(after, changed, publisher.release(Change((after,), datapackages=packages)))


def edited(release: Release, said: Said) -> tuple[Release, tuple[str, ...]]:
    """A version with other words, and the fields that are others (pure)."""
    values: dict[str, Any] = {key: getattr(said, key) for key in _PLAIN if getattr(said, key) is not None}
    if said.license and said.license != licenses.OTHER:
        values["license_url"] = ""
    if said.place:
        values |= {"bbox": said.place.bbox, "geometry": said.place.geometry, "geometry_default": False}
    if said.time:
        values |= {"datetime": said.time.moment, "start_datetime": said.time.start, "end_datetime": said.time.end,
                   "datetime_default": False}  # fmt: skip
    if said.columns:
        meanings = said.columns
        columns = tuple(replace(one, description=meanings.get(one.name, one.description))
                        for one in release.contents.columns)  # fmt: skip
        values["contents"] = replace(release.contents, columns=columns)
    changed = tuple(key for key, value in values.items() if getattr(release, key) != value)
    return replace(release, **values), changed


def _find(ref: Ref, publisher: Publisher) -> Release:
    known = publisher.versions(ref.dataset)
    if not known:
        raise NotFoundError(f"{ref.dataset}: there is no such dataset in this catalogue")
    for one in known:
        if one.version == ref.version or (not ref.version and one.latest):
            return one
    versions = ", ".join(one.version for one in known[-5:])
    raise NotFoundError(f"{ref}: there is no such version; there are {versions}")
