# SPDX-License-Identifier: Apache-2.0
"""A STAC item or collection (1.0 and 1.1) in our own words (pure). Nothing is judged here: ``reading`` does that."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

_OPEN_LICENCES = {"proprietary": None, "various": None}
"""Words of STAC 1.0 that are no licences."""


def fields(stac: Mapping[str, Any]) -> dict[str, Any]:
    """Our fields -> what the item or collection says."""
    found = _of_collection(stac) if stac.get("type") == "Collection" else _of_item(stac)
    found["license"] = _OPEN_LICENCES.get(str(found.get("license")), found.get("license"))
    found["license_url"] = next((link["href"] for link in _links(stac, "license")), None)
    found["source_url"] = next((link["href"] for link in (*_links(stac, "via"), *_links(stac, "about"))), None)
    return {key: value for key, value in found.items() if value is not None}


def _of_item(stac: Mapping[str, Any]) -> dict[str, Any]:
    known = stac.get("properties")
    known = known if isinstance(known, dict) else {}
    start, end = known.get("start_datetime"), known.get("end_datetime")
    return {
        **_words(known),
        "bbox": stac.get("bbox"),
        "geometry": stac.get("geometry"),
        "time": {"start": start, "end": end} if start and end else known.get("datetime"),
    }


def _of_collection(stac: Mapping[str, Any]) -> dict[str, Any]:
    extent = stac.get("extent")
    extent = extent if isinstance(extent, dict) else {}
    interval = _first(extent, "temporal", "interval")
    is_closed = isinstance(interval, list) and len(interval) == 2 and all(interval)
    return {
        **_words(stac),
        "bbox": _first(extent, "spatial", "bbox"),
        "time": {"start": interval[0], "end": interval[1]} if is_closed and isinstance(interval, list) else None,
    }


def _first(extent: Mapping[str, Any], kind: str, key: str) -> Any:
    """The first box or interval of a collection's extent: the one around all others."""
    part = extent.get(kind)
    values = part.get(key) if isinstance(part, dict) else None
    return values[0] if isinstance(values, list) and values else None


def _words(known: Mapping[str, Any]) -> dict[str, Any]:
    language = known.get("language")
    return {
        "title": known.get("title"),
        "description": known.get("description"),
        "license": known.get("license"),
        "keywords": known.get("keywords"),
        "providers": [_provider(one) for one in known["providers"]]
        if isinstance(known.get("providers"), list)
        else None,
        "doi": known.get("sci:doi"),
        "citation": known.get("sci:citation"),
        "language": language.get("code") if isinstance(language, dict) else None,
    }


def _provider(one: Any) -> Any:
    return {key: one[key] for key in ("name", "url", "roles") if key in one} if isinstance(one, dict) else one


def _links(stac: Mapping[str, Any], rel: str) -> list[dict[str, Any]]:
    links = stac.get("links")
    found = [one for one in links if isinstance(one, dict)] if isinstance(links, list) else []
    return [one for one in found if one.get("rel") == rel and str(one.get("href", "")).startswith("http")]
