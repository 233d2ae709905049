# SPDX-License-Identifier: Apache-2.0
"""The child process of ``merge_changes``; it writes the two merged tables and nothing else."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seedbed.catalog.table.limited_child import answer_parent

if TYPE_CHECKING:
    from seedbed.catalog.table.limits import ExamineLimits


def merge(asked: dict[str, Any], limits: ExamineLimits) -> dict[str, Any]:
    """The catalogue's rows after all changes."""
    from seedbed.catalog.table.merge import merge_catalog_file, merge_files_file  # noqa: PLC0415  # after the limits
    from seedbed.catalog.table.reader import read_site  # noqa: PLC0415
    from seedbed.catalog.table.schema import CATALOG, FILES  # noqa: PLC0415
    from seedbed.catalog.table.structure import check_structure  # noqa: PLC0415

    rows, base, out = 0, Path(asked["catalog"]), Path(asked["catalog_out"])
    for change in map(Path, asked["changes"]):
        check_structure(change, CATALOG, limits, max_rows=limits.max_rows)
        rows = merge_catalog_file(base, change, read_site(change), out)
        base = out
    base, out = Path(asked["files"]), Path(asked["files_out"])
    for change in map(Path, asked["file_changes"]):
        check_structure(change, FILES, limits, max_rows=limits.max_file_rows)
        merge_files_file(base, change, out)
        base = out
    return {"rows": rows}


if __name__ == "__main__":
    sys.exit(answer_parent(merge))
