# SPDX-License-Identifier: Apache-2.0
"""A version as a Data Package descriptor (v2, https://datapackage.org/standard/data-package/) (pure).

Paths are those in the dataset's folder, so the descriptor works wherever it is put beside the data.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from seedbed.catalog.ids import slug
from seedbed.publishing import licenses

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from seedbed.catalog.model import FileRow, Provider, Release
    from seedbed.inspecting import Inspected

PROFILE = "https://datapackage.org/profiles/2.0/datapackage.json"
TABULAR = frozenset(("text/csv", "text/tab-separated-values"))
"""What the standard calls a table; others have columns too, but tools that read the descriptor cannot read them."""
_ROLES = {"licensor": "publisher", "producer": "creator", "processor": "wrangler", "host": "publisher"}
_TYPES = frozenset(("any", "array", "boolean", "date", "datetime", "integer", "number", "object", "string", "time"))


def descriptor(release: Release, files: Sequence[FileRow], each: Mapping[str, Inspected]) -> dict[str, Any]:
    """The descriptor of a version.

    Args:
        release: The version.
        files: Its files.
        each: Path -> what the file says of itself; those that are tables get a schema.
    """
    meanings = {one.name: one.description for one in release.contents.columns if one.description}
    names = _names(files)
    found: dict[str, Any] = {
        "$schema": PROFILE,
        "name": release.dataset,
        "id": f"https://doi.org/{release.doi}" if release.doi else "",
        "title": release.title,
        "description": release.description,
        "version": release.version,
        "created": release.created.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "keywords": list(release.keywords),
        "licenses": [_licence(release)],
        "contributors": [_contributor(one) for one in release.providers],
        "resources": [
            _resource(row, name, each.get(row.path), meanings) for row, name in zip(files, names, strict=True)
        ],
    }
    return {key: value for key, value in found.items() if value}


def with_words_of(package: Mapping[str, Any], release: Release) -> dict[str, Any]:
    """A descriptor with what is said of the version now, and the files as they were.

    Args:
        package: The descriptor until now.
        release: The version.
    """
    return descriptor(release, (), {}) | {"resources": package.get("resources", [])}


def _licence(release: Release) -> dict[str, str]:
    if release.license == licenses.OTHER:
        return {"path": release.license_url} if release.license_url else {"name": "other"}
    return {"name": release.license, "path": f"https://spdx.org/licenses/{quote(release.license)}.html"}


def _contributor(one: Provider) -> dict[str, Any]:
    found = {
        "title": one.name,
        "path": one.url,
        "roles": list(dict.fromkeys(_ROLES.get(role, role) for role in one.roles)),
    }
    return {key: value for key, value in found.items() if value}


def _names(files: Sequence[FileRow]) -> list[str]:
    """A name of its own for each file (*resource name*: lower case, unique)."""
    names: list[str] = []
    taken: set[str] = set()
    numbers: Counter[str] = Counter()  # where counting goes on: many files may come down to one name
    for row in files:
        base = name = slug(row.path.rpartition(".")[0] or row.path) or "file"
        while name in taken:
            numbers[base] += 1
            name = f"{base}-{numbers[base] + 1}"
        taken.add(name)
        names.append(name)
    return names


def _resource(row: FileRow, name: str, found: Inspected | None, meanings: Mapping[str, str]) -> dict[str, Any]:
    _, dot, suffix = row.path.rpartition("/")[2].rpartition(".")
    resource: dict[str, Any] = {
        "name": name,
        "path": row.path,
        "format": suffix.lower() if dot else "",
        "mediatype": row.media_type.partition(";")[0],
        "bytes": row.size_bytes,
        "hash": f"sha256:{row.sha256}" if row.sha256 else "",
    }
    if found and row.media_type in TABULAR and _has_plain_header(found):
        resource |= {"type": "table", "encoding": found.encoding, "dialect": _dialect(found)}
        resource["schema"] = {"fields": [_field(one.name, one.type, found, meanings) for one in found.columns]}
    return {key: value for key, value in resource.items() if value or key == "bytes"}


def _has_plain_header(found: Inspected) -> bool:
    """Whether each column can be told by its name."""
    names = [one.name for one in found.columns]
    return bool(names) and len(set(names)) == len(names) and found.row_count is not None


def _dialect(found: Inspected) -> dict[str, Any]:
    return {"delimiter": found.delimiter} if found.delimiter != "," else {}


def _field(name: str, type_: str, found: Inspected, meanings: Mapping[str, str]) -> dict[str, Any]:
    field: dict[str, Any] = {"name": name, "type": type_ if type_ in _TYPES else "any"}
    if type_ == "number" and found.decimal_comma:
        field["decimalChar"] = ","
    if type_ in {"date", "datetime"}:
        field["format"] = "any"  # the standard's default is one of several ways to write ISO 8601
    return field | ({"description": meanings[name]} if name in meanings else {})
