# SPDX-License-Identifier: Apache-2.0
"""A Data Package (v1 and v2) in our own words (pure). Nothing is judged here: ``reading`` does that."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

_ROLES = {
    "author": "producer",
    "contributor": "producer",
    "creator": "producer",
    "maintainer": "processor",
    "publisher": "host",
    "wrangler": "processor",
}
"""Roles of contributors (Data Package v1 and v2) -> roles of providers (STAC)."""


def fields(package: Mapping[str, Any]) -> dict[str, Any]:
    """Our fields -> what the descriptor says.

    A descriptor that is at odds with its own standard gives fewer fields, or such that ``reading`` refuses.
    """
    licences = _objects(package.get("licenses"))
    licence = licences[0] if len(licences) == 1 else {}
    found = {
        "title": package.get("title"),
        "description": package.get("description"),
        "keywords": package.get("keywords"),
        "license": licence.get("name") or licence.get("path"),
        "license_url": licence.get("path") if _is_url(licence.get("path")) else None,
        "providers": [*_contributors(package), *_sources(package)] or None,
        "doi": _doi(package.get("id")),
        "language": None,
        "source_url": package.get("homepage") if _is_url(package.get("homepage")) else None,
        "columns": _columns(package) or None,
    }
    return {key: value for key, value in found.items() if value is not None}


def _contributors(package: Mapping[str, Any]) -> list[dict[str, Any]]:
    found = []
    for one in _objects(package.get("contributors")):
        name = one.get("title") or " ".join(
            part for part in (one.get("givenName"), one.get("familyName")) if isinstance(part, str)
        )
        words = one.get("roles") if isinstance(one.get("roles"), list) else [one.get("role")]
        roles = [_ROLES[word] for word in words or () if isinstance(word, str) and word in _ROLES]
        if name:
            url = {"url": one["path"]} if _is_url(one.get("path")) else {}
            found.append({"name": name, "roles": list(dict.fromkeys(roles)), **url})
    return found


def _sources(package: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Who made what this was made of; each once, although several files come from there."""
    found: dict[str, dict[str, Any]] = {}
    for one in _objects(package.get("sources")):
        name = one.get("title") or one.get("name")
        if isinstance(name, str) and name:
            url = {"url": one["path"]} if _is_url(one.get("path")) else {}
            found.setdefault(name, {"name": name, "roles": ["producer"], **url})
    return list(found.values())


def _columns(package: Mapping[str, Any]) -> dict[str, str]:
    """What the columns mean, of the only table."""
    schemas = [one["schema"] for one in _objects(package.get("resources")) if isinstance(one.get("schema"), dict)]
    if len(schemas) != 1:
        return {}
    return {
        one["name"]: one["description"]
        for one in _objects(schemas[0].get("fields"))
        if isinstance(one.get("name"), str) and isinstance(one.get("description"), str)
    }


def _doi(value: object) -> str | None:
    return value if isinstance(value, str) and (value.startswith(("doi:", "10.")) or "doi.org/" in value) else None


def _is_url(value: object) -> bool:
    return isinstance(value, str) and value.startswith(("https://", "http://"))


def _objects(value: object) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
