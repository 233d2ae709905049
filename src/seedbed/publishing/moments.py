# SPDX-License-Identifier: Apache-2.0
"""Times as people write them: ``2020``, ``2020-05``, ``2020-05-01``, a moment with its zone, or two with a slash.

A year, month or day is all of it, from its first second to its last; ISO 8601 intervals.
"""

from __future__ import annotations

import calendar
import datetime as dt
import re

from seedbed.publishing.said import Times

_DATE = re.compile(r"(\d{4})(?:-(\d\d)(?:-(\d\d))?)?", re.ASCII)
_NO_ZONE = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(:\d\d(\.\d+)?)?", re.ASCII)
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(:\d\d(\.\d{1,9})?)?([Zz]|[+-]\d\d:?\d\d)", re.ASCII)
_EXPECTED = "expected a time such as 2024, 2024-05-01, 2024-05-01T00:00:00Z or 2020/2024"


def parse_times(text: str) -> Times:
    """Read a time.

    Raises:
        ValueError: it is none, has no zone, is not in the calendar, or its end is before its start.
    """
    first, slash, last = (part.strip() for part in text.partition("/"))
    if slash and ({first, last} & {"", ".."}):
        raise ValueError("expected both a start and an end; write today for an end that is still open")
    start, end = _bounds(first)
    if not slash:
        return Times(moment=start) if start == end else Times(start=start, end=end)
    end = _bounds(last)[1]
    if start > end:
        raise ValueError(f"its start {first} is after its end {last}")
    return Times(start=start, end=end)


def parse_moment(text: str) -> dt.datetime:
    """Read a moment; a day or year is its first second.

    Raises:
        ValueError: as :func:`parse_times`.
    """
    return _bounds(text.strip())[0]


def _bounds(text: str) -> tuple[dt.datetime, dt.datetime]:
    """First and last second of what is written; equal for a moment."""
    try:
        if match := _DATE.fullmatch(text):
            return _whole_period(*(int(part) if part else None for part in match.groups()))
        if _MOMENT.fullmatch(text):
            moment = dt.datetime.fromisoformat(text.upper()).astimezone(dt.UTC)
            moment = moment.replace(microsecond=moment.microsecond // 1000 * 1000)
            return moment, moment
    except (ValueError, OverflowError) as error:
        raise ValueError(f"{text[:40]!r} is not in the calendar: {error}") from error
    if _NO_ZONE.fullmatch(text):
        raise ValueError(f"{text!r} has no zone: expected one at its end, such as Z for UTC or -06:00")
    raise ValueError(f"{_EXPECTED}, got {text[:40]!r}")


def _whole_period(year: int | None, month: int | None, day: int | None) -> tuple[dt.datetime, dt.datetime]:
    if not year:
        raise ValueError("there is no year 0")
    last_month = month or 12
    last_day = day or calendar.monthrange(year, last_month)[1]
    start = dt.datetime(year, month or 1, day or 1, tzinfo=dt.UTC)
    return start, dt.datetime(year, last_month, last_day, 23, 59, 59, tzinfo=dt.UTC)
