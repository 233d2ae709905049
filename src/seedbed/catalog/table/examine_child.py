# SPDX-License-Identifier: Apache-2.0
"""The child process of ``examine``; it can write no file."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seedbed.catalog.table.limited_child import answer_parent

if TYPE_CHECKING:
    from seedbed.catalog.table.limits import ExamineLimits


def judge(asked: dict[str, Any], limits: ExamineLimits) -> dict[str, Any]:
    """What is found in the files that were asked about."""
    from seedbed.catalog.table.inspection import inspect  # noqa: PLC0415  # only after the limits

    paths = [Path(asked[key]) if asked[key] else None for key in ("catalog", "files", "previous")]
    return {"examined": asdict(inspect(paths[0] or Path(), paths[1], paths[2], limits))}


if __name__ == "__main__":
    sys.exit(answer_parent(judge))
