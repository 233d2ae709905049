# SPDX-License-Identifier: Apache-2.0
"""Where countries are, roughly: the extent of data that tells none, taken from whose data it is (pure).

Boxes in whole degrees, outward; with the islands that the country counts as its own, without distant territories.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from seedbed.catalog.model import BBox

_BOXES: dict[str, tuple[int, int, int, int]] = {
    "AR": (-74, -56, -53, -21), "AT": (9, 46, 18, 50), "AU": (112, -44, 154, -10), "BE": (2, 49, 7, 52),
    "BO": (-70, -23, -57, -9), "BR": (-75, -34, -34, 6), "CA": (-142, 41, -52, 84), "CH": (5, 45, 11, 48),
    "CL": (-110, -56, -66, -17), "CN": (73, 17, 135, 54), "CO": (-82, -5, -66, 14), "CR": (-88, 5, -82, 12),
    "CU": (-85, 19, -74, 24), "CZ": (12, 48, 19, 52), "DE": (5, 47, 16, 56), "DK": (8, 54, 16, 58),
    "DO": (-73, 17, -68, 20), "EC": (-93, -6, -75, 3), "EE": (21, 57, 29, 60), "ES": (-19, 27, 5, 44),
    "FI": (19, 59, 32, 71), "FR": (-6, 41, 10, 52), "GB": (-9, 49, 2, 61), "GH": (-4, 4, 2, 12),
    "GR": (19, 34, 30, 42), "GT": (-93, 13, -88, 18), "HN": (-90, 12, -82, 18), "HU": (16, 45, 23, 49),
    "ID": (94, -12, 142, 7), "IE": (-11, 51, -5, 56), "IN": (68, 6, 98, 36), "IS": (-25, 63, -13, 67),
    "IT": (6, 35, 19, 48), "JM": (-79, 17, -76, 19), "JP": (122, 24, 154, 46), "KE": (33, -5, 42, 6),
    "KR": (124, 33, 132, 39), "LT": (20, 53, 27, 57), "LU": (5, 49, 7, 51), "LV": (20, 55, 29, 59),
    "MX": (-119, 14, -86, 33), "MY": (99, 0, 120, 8), "NG": (2, 4, 15, 14), "NI": (-88, 10, -82, 16),
    "NL": (3, 50, 8, 54), "NO": (4, 57, 32, 72), "NP": (80, 26, 89, 31), "PA": (-84, 7, -77, 10),
    "PE": (-82, -19, -68, 1), "PH": (116, 4, 127, 22), "PL": (14, 48, 25, 55), "PT": (-32, 30, -6, 43),
    "PY": (-63, -28, -54, -19), "RO": (20, 43, 30, 49), "SE": (10, 55, 25, 70), "SI": (13, 45, 17, 47),
    "SK": (16, 47, 23, 50), "SV": (-91, 13, -87, 15), "TR": (25, 35, 45, 43), "TW": (118, 21, 123, 27),
    "TZ": (29, -12, 41, 0), "UA": (22, 44, 41, 53), "US": (172, 18, -66, 72), "UY": (-59, -36, -53, -30),
    "VE": (-74, 0, -59, 16), "ZA": (16, -47, 38, -22),
}  # fmt: skip
"""ISO 3166-1 alpha-2 -> west, south, east, north in degrees; west > east crosses the antimeridian."""


def extent(jurisdiction: str) -> BBox | None:
    """The box around a country; None when we do not know it.

    Args:
        jurisdiction: A country's code, or that of a part of it (ISO 3166-2): ``MX``, ``CA-AB``.
    """
    box = _BOXES.get(jurisdiction.strip().upper().partition("-")[0])
    return (float(box[0]), float(box[1]), float(box[2]), float(box[3])) if box else None


def codes() -> tuple[str, ...]:
    """The countries that are known."""
    return tuple(_BOXES)
