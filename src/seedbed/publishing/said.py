# SPDX-License-Identifier: Apache-2.0
"""What sources say of a dataset, and who is believed: the first that says anything about a field (pure)."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping, Sequence
    from typing import Any

    from seedbed.catalog.model import BBox, Mirror, Provider, Translation


@dataclass(frozen=True, slots=True)
class Times:
    """When the data is about: a moment, or from ``start`` to ``end``. UTC."""

    moment: dt.datetime | None = None
    start: dt.datetime | None = None
    end: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """Where the data is about."""

    bbox: BBox
    geometry: Mapping[str, Any] | None = None
    """GeoJSON; None is the box itself."""


@dataclass(frozen=True, slots=True)
class Said:
    """What one source says; None where it is silent. Names and meanings as in ``catalog.model.Release``."""

    title: str | None = None
    description: str | None = None
    license: str | None = None
    license_url: str | None = None
    """Where the text of a licence is that is called ``other``."""
    keywords: tuple[str, ...] | None = None
    providers: tuple[Provider, ...] | None = None
    language: str | None = None
    translations: tuple[Translation, ...] | None = None
    doi: str | None = None
    concept_doi: str | None = None
    citation: str | None = None
    place: Place | None = None
    time: Times | None = None
    jurisdiction: str | None = None
    collection: str | None = None
    source_portal: str | None = None
    source_id: str | None = None
    source_modified: dt.datetime | None = None
    source_access: str | None = None
    threat: str | None = None
    mirrors: tuple[Mirror, ...] | None = None
    columns: Mapping[str, str] | None = None
    """Name of a column -> what it means."""


@dataclass(frozen=True, slots=True)
class Source:
    """Somebody who says something."""

    name: str
    """For people: ``the command line``, ``datapackage.json``."""
    said: Said


@dataclass(frozen=True, slots=True)
class Merged:
    """What is believed, and whose word it is."""

    said: Said
    origins: Mapping[str, str] = field(default_factory=dict)
    """Field of :class:`Said` -> name of the source."""


def merge(sources: Sequence[Source]) -> Merged:
    """Take each field from the first source that says something about it.

    Args:
        sources: The most trusted first.
    """
    values: dict[str, Any] = {}
    origins: dict[str, str] = {}
    for one in fields(Said):
        speaker = next((source for source in sources if getattr(source.said, one.name) is not None), None)
        if speaker is not None:
            values[one.name] = getattr(speaker.said, one.name)
            origins[one.name] = speaker.name
    return Merged(Said(**values), origins)
