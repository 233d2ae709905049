# SPDX-License-Identifier: Apache-2.0
"""Byte counts as people write them: ``500G``, ``1.5 TB``, ``64 MiB``, ``1000``."""

from __future__ import annotations

import re

from seedbed.errors import InputError

_SIZE = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([kmgtp]?)(i?)(b?)\s*", re.IGNORECASE | re.ASCII)
_POWERS = {"": 0, "k": 1, "m": 2, "g": 3, "t": 4, "p": 5}


def read_size(text: str) -> int:
    """Bytes. Units are powers of 1000, with an ``i`` of 1024 (IEC 80000-13).

    Raises:
        InputError: it is no size.
    """
    found = _SIZE.fullmatch(text)
    if found is None or (found[3] and not found[2]):
        raise InputError(f"size {text!r}: expected a number of bytes, or one like 500G, 1.5TB, 64MiB")
    return int(float(found[1]) * (1024 if found[3] else 1000) ** _POWERS[found[2].lower()])
