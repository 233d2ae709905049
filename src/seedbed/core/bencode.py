# SPDX-License-Identifier: Apache-2.0
"""Bencoding, strict and canonical (BEP 3, *bencoding*).

Rules: one value and nothing after it; no leading zeros; keys sorted and unique. So
``encode(decode(data)) == data`` for every ``data`` that is accepted, and the bytes of any part, above all of
the info dictionary, are had again by encoding it. Size, depth and number of values are bounded before they cost
memory: a hostile file is refused in the time it takes to read its first faulty byte.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from seedbed.errors import BencodeError

Value: TypeAlias = "int | bytes | list[Value] | dict[bytes, Value]"


@dataclass(frozen=True, slots=True)
class Limits:
    """How much a bencoded value may cost us."""

    max_bytes: int = 10_000_000
    """Encoded size; libtorrent's own limit for a torrent file."""
    max_depth: int = 40
    """Nesting of lists and dictionaries: 32 folders, and what a torrent needs around them."""
    max_tokens: int = 1_000_000
    """Values of any kind; 100,000 files of a v2 torrent need 900,000."""


DEFAULT_LIMITS = Limits()
_INT64 = range(-(2**63), 2**63)
_INT_DIGITS = 20
"""Longest decimal form of a 64-bit number, sign included."""
_LENGTH_DIGITS = 10


def decode(data: bytes, limits: Limits = DEFAULT_LIMITS) -> Value:
    """Read one bencoded value.

    Args:
        data: The whole encoding.
        limits: Bounds on size, depth and number of values.

    Raises:
        BencodeError: not bencoding, not canonical, or over a limit; ``data['offset']`` is the byte where.
    """
    if len(data) > limits.max_bytes:
        raise BencodeError(
            f"bencoding: too large: expected at most {limits.max_bytes:,} bytes, got {len(data):,}",
            offset=0,
        )
    reader = _Reader(data, limits)
    value, end = reader.value(0, 0)
    if end != len(data):
        raise _refuse(end, f"{len(data) - end} bytes after the end")
    return value


def encode(value: Value) -> bytes:
    """The canonical encoding of a value.

    Raises:
        TypeError: a value of a type that bencoding lacks.
    """
    parts: list[bytes] = []
    _encode_into(value, parts)
    return b"".join(parts)


def _encode_into(value: Value, parts: list[bytes]) -> None:
    """Most frequent types first: a torrent of 20,000 files has 300,000 values."""
    if isinstance(value, bytes):
        parts.append(b"%d:%b" % (len(value), value))
    elif isinstance(value, int) and not isinstance(value, bool):
        parts.append(b"i%de" % value)
    elif isinstance(value, dict):
        parts.append(b"d")
        for key in sorted(value):
            parts.append(b"%d:%b" % (len(key), key))
            _encode_into(value[key], parts)
        parts.append(b"e")
    elif isinstance(value, list):
        parts.append(b"l")
        for item in value:
            _encode_into(item, parts)
        parts.append(b"e")
    else:
        raise TypeError(f"bencoding has no form for {type(value).__name__}")


def _refuse(offset: int, what: str) -> BencodeError:
    return BencodeError(f"bencoding: {what} at byte {offset}", offset=offset)


class _Reader:
    """A recursive-descent reader; recursion is bounded by ``limits.max_depth``."""

    __slots__ = ("data", "limits", "tokens")

    def __init__(self, data: bytes, limits: Limits) -> None:
        self.data = data
        self.limits = limits
        self.tokens = 0

    def value(self, at: int, depth: int) -> tuple[Value, int]:
        """Read the value at byte ``at``; returns it and the byte after it."""
        self.tokens += 1
        if self.tokens > self.limits.max_tokens:
            raise _refuse(at, f"more than {self.limits.max_tokens:,} values")
        first = self.data[at : at + 1]
        if first.isdigit():
            return self.string(at)
        if first == b"i":
            return self.integer(at)
        if first in (b"l", b"d"):
            if depth >= self.limits.max_depth:
                raise _refuse(at, f"more than {self.limits.max_depth} levels deep")
            return self.list(at, depth) if first == b"l" else self.dict(at, depth)
        if not first:
            raise _refuse(at, "cut off")
        raise _refuse(at, f"unexpected {first!r}")

    def string(self, at: int) -> tuple[bytes, int]:
        colon = self.data.find(b":", at, at + _LENGTH_DIGITS + 1)
        digits = self.data[at:colon]
        if colon < 0 or not digits.isdigit() or (digits[:1] == b"0" and len(digits) > 1):
            raise _refuse(at, "malformed string length")
        end = colon + 1 + int(digits)
        if end > len(self.data):
            raise _refuse(at, f"string of {int(digits):,} bytes is cut off")
        return self.data[colon + 1 : end], end

    def integer(self, at: int) -> tuple[int, int]:
        end = self.data.find(b"e", at + 1, at + 2 + _INT_DIGITS)
        digits = self.data[at + 1 : end]
        magnitude = digits.removeprefix(b"-")
        canonical = magnitude.isdigit() and (magnitude[:1] != b"0" or digits == b"0")
        if end < 0 or not canonical or int(digits) not in _INT64:
            raise _refuse(at, "malformed integer, or one beyond 64 bits")
        return int(digits), end + 1

    def list(self, at: int, depth: int) -> tuple[list[Value], int]:
        items: list[Value] = []
        at += 1
        while self.data[at : at + 1] != b"e":
            item, at = self.value(at, depth + 1)
            items.append(item)
        return items, at + 1

    def dict(self, at: int, depth: int) -> tuple[dict[bytes, Value], int]:
        items: dict[bytes, Value] = {}
        previous: bytes | None = None
        at += 1
        while self.data[at : at + 1] != b"e":
            if not self.data[at : at + 1].isdigit():
                raise _refuse(at, "cut off" if at >= len(self.data) else "dictionary key is not a string")
            key, after_key = self.string(at)
            if previous is not None and key <= previous:
                raise _refuse(at, "duplicate key" if key == previous else "unsorted key")
            items[key], at = self.value(after_key, depth + 1)
            previous = key
        return items, at + 1
