# SPDX-License-Identifier: Apache-2.0
"""The child process in which a stranger's file is opened for a preview: limited, without a network."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seedbed.catalog.table.limited_child import answer_parent
from seedbed.portal.uploads.limited import leave_network

if TYPE_CHECKING:
    from seedbed.catalog.table.limits import ExamineLimits


def look(asked: dict[str, Any], _limits: ExamineLimits) -> dict[str, Any]:
    """What can be shown of the file that was asked about."""
    from seedbed.portal.previews.reading import read  # noqa: PLC0415  # only after the limits

    leave_network()
    return {"preview": read(Path(asked["path"]), asked["family"])}


if __name__ == "__main__":
    sys.exit(answer_parent(look))
