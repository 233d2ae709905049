# SPDX-License-Identifier: Apache-2.0
"""What a node protects: of each collection, and of each version that is too large for one node (pure)."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from seedbed.node.units import version_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from seedbed.node.units import Unit


def collections(held: Sequence[Mapping[str, Any]], known: Mapping[str, tuple[int, int]]) -> list[dict[str, Any]]:
    """Of each collection of which something is held, the most first.

    Args:
        held: Rows of units: ``id``, ``collection``, ``size_bytes``, ``is_only_copy``.
        known: Collection -> versions and bytes that the catalogue has in it.
    """
    found = []
    for name in {str(row["collection"]) for row in held} & known.keys():
        mine = [row for row in held if row["collection"] == name]
        held_bytes, (count, size_bytes) = sum(row["size_bytes"] for row in mine), known[name]
        found.append({
            "collection": name, "held": len({version_of(row["id"]) for row in mine}), "of": count,
            "held_bytes": held_bytes, "bytes": size_bytes, "percent": 100 * held_bytes / max(size_bytes, 1),
            "only_here": sum(bool(row["is_only_copy"]) for row in mine), "parts": sum("#" in row["id"] for row in mine),
        })  # fmt: skip
    return sorted(found, key=lambda one: (-one["held_bytes"], one["collection"]))


def large(rows: Sequence[Mapping[str, Any]], units: Sequence[Unit]) -> list[dict[str, Any]]:
    """Of each version that is kept in parts of which some are held.

    Args:
        rows: As above, of all stages.
        units: All of the catalogue.
    """
    mine = {version_of(row["id"]) for row in rows if "#" in row["id"]}
    parts = Counter(unit.release.id for unit in units if unit.release.id in mine)
    sizes = {unit.release.id: unit.release.size_bytes for unit in units if unit.release.id in mine}
    found = []
    for item in sorted(mine & parts.keys()):
        held = [row for row in rows if row["stage"] == "held" and version_of(row["id"]) == item]
        held_bytes = sum(row["size_bytes"] for row in held)
        found.append({
            "id": item, "held": len(held), "of": parts[item], "held_bytes": held_bytes, "bytes": sizes[item],
            "percent": 100 * held_bytes / max(sizes[item], 1),
            "only_here": sum(bool(row["is_only_copy"]) for row in held),
        })  # fmt: skip
    return found
