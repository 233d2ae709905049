# SPDX-License-Identifier: Apache-2.0
"""What a node protects: of each collection, and of each version that is too large for one node (pure)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from seedbed.node.choosing.units import version_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from seedbed.node.choosing.units import Unit


def collections(held: Sequence[Mapping[str, Any]], known: Mapping[str, tuple[int, int]]) -> list[dict[str, Any]]:
    """Of each collection of which something is held, the most first.

    Args:
        held: Rows of units: ``id``, ``collection``, ``size_bytes``, ``is_only_copy``.
        known: Collection -> versions and bytes that the catalogue has in it.
    """
    found = []
    for name, mine in _grouped(held, lambda row: str(row["collection"])).items():
        if name in known:
            count, size_bytes = known[name]
            versions, parts = {version_of(row["id"]) for row in mine}, sum("#" in row["id"] for row in mine)
            sums = _sums(mine, size_bytes)
            found.append({"collection": name, "held": len(versions), "of": count, **sums, "parts": parts})
    return sorted(found, key=lambda one: (-one["held_bytes"], one["collection"]))


def large(rows: Sequence[Mapping[str, Any]], known: Mapping[str, tuple[int, int]]) -> list[dict[str, Any]]:
    """Of each version that is kept in parts of which some are here.

    Args:
        rows: As above, of all stages.
        known: Version -> parts and bytes that it has.
    """
    found = []
    parts = [row for row in rows if "#" in row["id"]]
    for item, mine in sorted(_grouped(parts, lambda row: version_of(row["id"])).items()):
        if item in known:
            held = [row for row in mine if row["stage"] == "held"]
            found.append({"id": item, "held": len(held), "of": known[item][0], **_sums(held, known[item][1])})
    return found


def parts_of(units: Iterable[Unit]) -> dict[str, tuple[int, int]]:
    """Version -> parts and bytes that it has, of all that are cut."""
    found: dict[str, tuple[int, int]] = {}
    for unit in units:
        if unit.part:
            found[unit.release.id] = found.get(unit.release.id, (0, 0))[0] + 1, unit.release.size_bytes
    return found


def _sums(held: Sequence[Mapping[str, Any]], size_bytes: int) -> dict[str, Any]:
    held_bytes = sum(row["size_bytes"] for row in held)
    return {
        "held_bytes": held_bytes, "bytes": size_bytes, "percent": 100 * held_bytes / max(size_bytes, 1),
        "only_here": sum(bool(row["is_only_copy"]) for row in held),
    }  # fmt: skip


def _grouped(
    rows: Iterable[Mapping[str, Any]], name: Callable[[Mapping[str, Any]], str]
) -> dict[str, list[Mapping[str, Any]]]:
    found: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows:
        found.setdefault(name(row), []).append(row)
    return found
