# SPDX-License-Identifier: Apache-2.0
"""Which versions' copies are looked at next (pure)."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

EVERY = dt.timedelta(days=7)
"""Between two looks at one version, when nothing was wrong."""
DOUBTFUL_EVERY = dt.timedelta(hours=4)
"""When something was: time for the second look that confirms it."""


def due(
    item_ids: Iterable[str],
    looked: Mapping[str, dt.datetime],
    doubtful: Iterable[str],
    now: dt.datetime,
    every: dt.timedelta = EVERY,
) -> list[str]:
    """Versions whose copies are to be looked at, those that have waited longest first; never looked at comes first.

    Args:
        item_ids: All versions.
        looked: When each was looked at last.
        doubtful: Those with a copy that was not good then, or is withdrawn.
        now: The time.
        every: Between two looks.
    """
    sooner = set(doubtful)
    never = dt.datetime.min.replace(tzinfo=dt.UTC)
    waiting = {item_id: looked.get(item_id, never) for item_id in item_ids}
    ready = (
        item_id for item_id, last in waiting.items()
        if last == never or now - last >= (min(every, DOUBTFUL_EVERY) if item_id in sooner else every)
    )  # fmt: skip
    return sorted(ready, key=lambda item_id: waiting[item_id])
