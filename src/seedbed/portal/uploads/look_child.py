# SPDX-License-Identifier: Apache-2.0
"""The child process of ``look``; it writes no file and sees no network."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seedbed.catalog.table.limited_child import answer_parent

if TYPE_CHECKING:
    import datetime as dt

    from seedbed.catalog.table.limits import ExamineLimits
    from seedbed.inspecting import Inspected

MAX_REMARKS = 50
MAX_TABLES = 20
MAX_COLUMNS = 200


def work(asked: dict[str, Any], _limits: ExamineLimits) -> dict[str, Any]:
    """What the files say, in the form's fields."""
    from seedbed.portal.uploads.limited import leave_network  # noqa: PLC0415  # only after the limits hold

    leave_network()
    from seedbed.inspecting import inspect_folder  # noqa: PLC0415

    files = {path: Path(asked["folder"], path) for path in asked["paths"]}
    together, each = inspect_folder(files)
    tables = [_table(path, one) for path, one in each.items() if one.columns]
    return {
        "fields": _fields(together),
        "remarks": [remark[:500] for remark in together.remarks[:MAX_REMARKS]],
        "tables": tables[:MAX_TABLES],
    }


def _fields(found: Inspected) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    if found.bbox:
        fields["bbox"] = ",".join(f"{number:.6g}" for number in found.bbox)
    if found.start and found.end:
        fields["time"] = _times(found.start, found.end)
    return fields


def _times(start: dt.datetime, end: dt.datetime) -> str:
    """As people write it: whole days without their hours."""
    if (start.hour, start.minute, start.second) == (0, 0, 0) and (end.hour, end.minute, end.second) == (23, 59, 59):
        first, last = start.date().isoformat(), end.date().isoformat()
    else:
        first, last = (moment.isoformat().replace("+00:00", "Z") for moment in (start, end))
    return first if first == last else f"{first}/{last}"


def _table(path: str, found: Inspected) -> dict[str, Any]:
    columns = [{"name": one.name[:200], "type": one.type} for one in found.columns[:MAX_COLUMNS]]
    return {"path": path, "rows": found.row_count, "columns": columns}


if __name__ == "__main__":
    sys.exit(answer_parent(work))
