# SPDX-License-Identifier: Apache-2.0
"""A stranger's change files merged into our tables, in a child process with limits.

Who attacks: whoever can sign a catalogue. How: a change file of a few kilobytes that unpacks to 20 GB, one that is not
Parquet. What it costs them: the child dies, our tables stay as they are, and the whole catalogue is asked for instead.
What comes out is not judged yet: ``examine`` does that, as for a catalogue that came whole.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from seedbed.catalog.table.limited_child import ask_child
from seedbed.catalog.table.limits import ExamineLimits

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_CHILD = "seedbed.catalog.table.merge_child"


@dataclass(frozen=True, slots=True)
class Merging:
    """One table, and what changes in it."""

    old: Path
    changes: Sequence[Path]
    """Oldest first; their hashes have been checked."""
    out: Path
    """Written when there are changes."""


def merge_changes(
    catalog: Merging, files: Merging | None, *, max_written_bytes: int, limits: ExamineLimits | None = None
) -> int:
    """Put changes into a catalogue, and into its table of files.

    Args:
        catalog: With one change at least.
        files: None when we hold none.
        max_written_bytes: Largest table that may come of it.
        limits: What it may cost.

    Returns:
        The rows of the new catalogue.

    Raises:
        CatalogError: ``data['rule']`` names the row of table C that a change file breaks. The old tables are as before.
    """
    asked = {
        "catalog": str(catalog.old.absolute()),
        "changes": [str(path.absolute()) for path in catalog.changes],
        "catalog_out": str(catalog.out.absolute()),
        "files": str(files.old.absolute()) if files else "",
        "file_changes": [str(path.absolute()) for path in files.changes] if files else [],
        "files_out": str(files.out.absolute()) if files else "",
    }
    answer = ask_child(
        _CHILD, asked, limits or ExamineLimits(), name="changes", max_written_bytes=max_written_bytes
    )  # fmt: skip
    return int(answer["rows"])
