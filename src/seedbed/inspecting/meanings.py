# SPDX-License-Identifier: Apache-2.0
"""Which columns of a table are longitude, latitude and time, judged by their names and values (pure).

Only plain cases are taken: a wrong place or time is worse than none.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

_PAIRS = (
    ("longitude", "latitude"),
    ("decimallongitude", "decimallatitude"),
    ("lon", "lat"),
    ("lng", "lat"),
    ("long", "lat"),
    ("longitud", "latitud"),
    ("lon_deg", "lat_deg"),
    ("longitude_deg", "latitude_deg"),
    ("x", "y"),
)
"""Names in the order in which they are believed; the last only with broken numbers, because anything is called x."""
_TIMES = ("datetime", "date", "timestamp", "time", "year", "fecha", "año", "anio", "annee", "année", "jahr", "ano")
_YEARS = range(1000, 2200)
"""What can be meant by a whole number in a column called year."""


def point_columns(names: Sequence[str], types: Sequence[str] = ()) -> tuple[int, int] | None:
    """The indices of the columns that hold longitude and latitude.

    Args:
        names: Of all columns.
        types: Of all columns, where they are known beforehand.
    """
    folded = [name.strip().casefold() for name in names]
    for pair in _PAIRS:
        if all(folded.count(name) == 1 for name in pair):
            found = folded.index(pair[0]), folded.index(pair[1])
            if not types or all(types[index] in {"number", "integer"} for index in found):
                return found
    return None


def needs_fractions(name: str) -> bool:
    """Whether a column of this name holds degrees only if its numbers are broken ones."""
    return name.strip().casefold() in {"x", "y"}


def time_column(names: Sequence[str]) -> int | None:
    """The index of the one column that says when; None when there is none, or several."""
    found = [index for index, name in enumerate(names) if name.strip().casefold() in _TIMES]
    return found[0] if len(found) == 1 else None


def period(type_: str, values: tuple[Any, Any] | None) -> tuple[dt.datetime, dt.datetime] | None:
    """First and last moment of a time column.

    Args:
        type_: Of the column.
        values: Its least and greatest value: integers, dates, or times (without a zone they are UTC's).
    """
    if values is None or None in values:
        return None
    low, high = values
    if type_ == "integer" and low in _YEARS and high in _YEARS:
        return dt.datetime(low, 1, 1, tzinfo=dt.UTC), dt.datetime(high, 12, 31, 23, 59, 59, tzinfo=dt.UTC)
    if type_ == "date" and _plausible(low, high):
        last = dt.time(23, 59, 59)
        return dt.datetime.combine(low, dt.time(), dt.UTC), dt.datetime.combine(high, last, dt.UTC)
    if type_ == "datetime" and _plausible(low, high):
        return _in_utc(low), _in_utc(high)
    return None


def _plausible(low: dt.date, high: dt.date) -> bool:
    return low.year in _YEARS and high.year in _YEARS


def _in_utc(moment: dt.datetime) -> dt.datetime:
    known = moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)
    return known.astimezone(dt.UTC).replace(microsecond=0)
