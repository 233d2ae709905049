# SPDX-License-Identifier: Apache-2.0
"""Numbers, sizes and days as people of each language write them (pure)."""

from __future__ import annotations

import datetime as dt

_UNITS = {"en": ("bytes", "kB", "MB", "GB", "TB", "PB"), "fr": ("octets", "ko", "Mo", "Go", "To", "Po")}
_POINT = {"en": ".", "fr": ",", "es": ","}
_GROUP = {"en": ",", "fr": "\u202f", "es": "."}
_MONTHS = {
    "en": "January February March April May June July August September October November December",
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "es": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
}


def count(number: float, lang: str = "en") -> str:
    """With a mark between thousands."""
    return f"{number:,.0f}".replace(",", _GROUP[lang])


def size(size_bytes: float, lang: str = "en") -> str:
    """In the largest unit that leaves three digits, units of a thousand."""
    units = _UNITS.get(lang, _UNITS["en"])
    number, step = float(size_bytes), 0
    while number >= 999.5 and step < len(units) - 1:
        number, step = number / 1000, step + 1
    digits = 0 if step == 0 or number >= 99.95 else 1
    return f"{number:.{digits}f}".replace(".", _POINT[lang]) + f"\u00a0{units[step]}"


def day(moment: dt.date | None, lang: str = "en") -> str:
    """A day in words; empty for none."""
    if moment is None:
        return ""
    month = _MONTHS[lang].split()[moment.month - 1]
    return f"{moment.day} de {month} de {moment.year}" if lang == "es" else f"{moment.day} {month} {moment.year}"


def moment(at_s: float | None) -> dt.datetime | None:
    """A moment that is kept as Unix time; none for none."""
    return None if at_s is None else dt.datetime.fromtimestamp(at_s, dt.UTC)


def clock(at_s: float) -> str:
    """The time of day of a moment."""
    return dt.datetime.fromtimestamp(at_s, dt.UTC).strftime("%H:%M UTC")
