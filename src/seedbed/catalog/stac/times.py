# SPDX-License-Identifier: Apache-2.0
"""Moments as STAC writes them: RFC 3339 in UTC, ``2024-05-01T00:00:00Z``."""

from __future__ import annotations

import datetime as dt
import re

_FORM = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)", re.ASCII)


def to_text(moment: dt.datetime) -> str:
    """A moment in UTC; fractions of a second only where it has some."""
    text = moment.astimezone(dt.UTC).replace(tzinfo=None).isoformat(timespec="microseconds")
    whole, _, fraction = text.partition(".")
    if fraction == "000000":
        return whole + "Z"
    return f"{whole}.{fraction[:3] if fraction.endswith('000') else fraction}Z"


def from_text(text: str) -> dt.datetime:
    """Read a moment.

    Raises:
        ValueError: it is not of RFC 3339, has no zone, or no calendar has it (year 0, a leap second).
    """
    if not _FORM.fullmatch(text):
        raise ValueError(f"expected a moment such as 2024-05-01T00:00:00Z, got {text[:40]!r}")
    try:
        return dt.datetime.fromisoformat(text.upper()).astimezone(dt.UTC)
    except (ValueError, OverflowError) as error:
        raise ValueError(f"{text[:40]!r} is not in the calendar: {error}") from error
