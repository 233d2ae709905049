# SPDX-License-Identifier: Apache-2.0
"""Bencoding as trackers really send it (BEP 3). Pure.

Unlike :mod:`seedbed.core.bencode` it takes unsorted and repeated keys (opentracker answers in the order of the
question), numbers with leading zeros, and anything behind the value. Nothing of it is ever encoded again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from seedbed.core.bencode import Value

MAX_DEPTH = 8
"""A scrape has four levels."""
_MAX_DIGITS = 20


def read(data: bytes) -> Value | None:
    """The first value; None when there is none.

    Each value takes at least two bytes, and none is deep: so the caller's limit of bytes is the limit of work.
    """
    try:
        return _value(data, 0, 0)[0]
    except ValueError:
        return None


def _value(data: bytes, at: int, depth: int) -> tuple[Value, int]:
    first = data[at : at + 1]
    if first.isdigit():
        return _string(data, at)
    if first == b"i":
        return _number(data, at + 1, b"e")
    if first not in {b"l", b"d"} or depth >= MAX_DEPTH:
        raise ValueError(at)
    return _list(data, at + 1, depth + 1) if first == b"l" else _dict(data, at + 1, depth + 1)


def _number(data: bytes, at: int, end: bytes) -> tuple[int, int]:
    stop = data.index(end, at, at + _MAX_DIGITS + 1)
    digits = data[at:stop]
    if not digits.removeprefix(b"-").isdigit():
        raise ValueError(at)
    return int(digits), stop + 1


def _string(data: bytes, at: int) -> tuple[bytes, int]:
    length, start = _number(data, at, b":")
    if length < 0 or start + length > len(data):
        raise ValueError(at)
    return data[start : start + length], start + length


def _list(data: bytes, at: int, depth: int) -> tuple[list[Value], int]:
    items: list[Value] = []
    while data[at : at + 1] != b"e":
        item, at = _value(data, at, depth)
        items.append(item)
    return items, at + 1


def _dict(data: bytes, at: int, depth: int) -> tuple[dict[bytes, Value], int]:
    items: dict[bytes, Value] = {}
    while data[at : at + 1] != b"e":
        key, at = _string(data, at)
        items[key], at = _value(data, at, depth)
    return items, at + 1
