# SPDX-License-Identifier: Apache-2.0
"""What changed since the version before: files and fields (pure)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping

    from seedbed.catalog.model import Release

Known: TypeAlias = "tuple[int, str]"
"""A file's bytes and SHA-256, which is empty where it was not made (long files)."""
FIELDS = ("title", "description", "license", "doi", "collection", "language", "keywords", "citation")
MAX_SHOWN = 200
"""Files of each kind on a page: the counts are of all."""


@dataclass(frozen=True, slots=True)
class Differences:
    """Between two versions."""

    added: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    """Another length, or another hash."""
    alike: int = 0
    """Files with the same hash, or of the same length where there is no hash to compare."""
    unproved: int = 0
    """Of those, files without a hash: only their length was compared."""
    fields: list[tuple[str, str, str]] = field(default_factory=list)
    """Field, before, now."""


def between(
    before: Mapping[str, Known], now: Mapping[str, Known], said_before: Mapping[str, str], said: Mapping[str, str]
) -> Differences:
    """Compare.

    Args:
        before: Path -> length and hash, of the version before.
        now: The same, of the upload.
        said_before: Field -> text.
        said: The same; a field that nobody filled in is no difference.
    """
    both = before.keys() & now.keys()
    changed = {path for path in both if _differ(before[path], now[path])}
    return Differences(
        added=sorted(now.keys() - before.keys()),
        removed=sorted(before.keys() - now.keys()),
        changed=sorted(changed),
        alike=len(both) - len(changed),
        unproved=sum(not (before[path][1] and now[path][1]) for path in both - changed),
        fields=[(name, said_before.get(name, ""), said[name]) for name in FIELDS if _is_new(name, said_before, said)],
    )


def said_by(release: Release) -> dict[str, str]:
    """What a release says in the fields that are compared."""
    return {name: as_text(getattr(release, name)) for name in FIELDS}


def as_text(value: Any) -> str:
    """A field's value in one line: a list with commas, the parts of a mapping by name."""
    if isinstance(value, dict):
        return ", ".join(f"{name}: {as_text(one)}" for name, one in value.items())
    if isinstance(value, (list, tuple)):
        return ", ".join(as_text(one) for one in value)
    return "" if value is None else str(value)


def _is_new(name: str, before: Mapping[str, str], now: Mapping[str, str]) -> bool:
    return bool(now.get(name)) and now[name] != before.get(name, "")


def _differ(one: Known, other: Known) -> bool:
    return one[0] != other[0] or bool(one[1] and other[1] and one[1] != other[1])
