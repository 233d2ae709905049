# SPDX-License-Identifier: Apache-2.0
"""When a source is asked again (pure)."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from seedbed.health.scrape.counted import Kind

EVERY = dt.timedelta(minutes=30)
"""Between two questions for one torrent at one source: what trackers themselves ask of clients."""
EVERY_ALL = dt.timedelta(hours=3)
"""At trackers that answer with everything: up to 16 MB."""
LONGEST = dt.timedelta(days=30)
_FACTORS = {"dns": 10, "connection": 5, "refused": 5, "timeout": 2}
"""A name that is gone stays gone more often than a server that is slow. Others count once."""


def rest(kind: Kind, errors: int, every: dt.timedelta = EVERY) -> dt.timedelta:
    """How long a tracker is left alone after so many failures in a row: twice as long after each, at most 30 days.

    Args:
        kind: Of the last one; a tracker that has no scrape is left alone longest at once.
        errors: In a row, this one included: 1 or more.
        every: Between two questions when all is well.
    """
    if kind == "no-scrape":
        return LONGEST
    doubled: int = 1 << min(errors - 1, 16)
    return min(every * (_FACTORS.get(kind, 1) * doubled), LONGEST)


def is_due(at: dt.datetime | None, now: dt.datetime, every: dt.timedelta = EVERY) -> bool:
    """Whether something done at a time may be done again; a time to come is a clock that was set back."""
    return at is None or not at <= now < at + every
