# SPDX-License-Identifier: Apache-2.0
"""Which bytes of a file a request asks for (RFC 9110, 14.2); pure."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass

MAX_RANGES = 16
"""More parts than that are refused by sending the whole: each part costs us more than it costs to ask for."""
_UNIT = re.compile(r"\s*bytes\s*=(.*)", re.IGNORECASE | re.ASCII | re.DOTALL)
_RANGE = re.compile(r"[ \t]*(\d{0,19})-(\d{0,19})[ \t]*", re.ASCII)


@dataclass(frozen=True, slots=True)
class Span:
    """Bytes ``start`` to ``stop``, without the last."""

    start: int
    stop: int

    @property
    def size_bytes(self) -> int:
        """Bytes in it."""
        return self.stop - self.start


def read_ranges(text: str, size_bytes: int) -> tuple[Span, ...] | None:
    """What a ``Range`` header asks of a file of so many bytes.

    Returns:
        The parts, in the order asked for; none of them when the file has none of it (status 416); None when the
        header is to be ignored: it is not well formed, asks for too many parts, or for a byte twice.
    """
    match = _UNIT.fullmatch(text)
    wanted = [part for part in match[1].split(",") if part.strip(" \t")] if match else []
    if not wanted or len(wanted) > MAX_RANGES:
        return None
    found: list[Span] = []
    for part in wanted:
        one = _RANGE.fullmatch(part)
        if not one or not (one[1] or one[2]) or (one[1] and one[2] and int(one[2]) < int(one[1])):
            return None
        span = _span(one[1], one[2], size_bytes)
        if span.size_bytes > 0:
            found.append(span)
    return None if _overlap(found) else tuple(found)


def _span(first: str, last: str, size_bytes: int) -> Span:
    if not first:
        return Span(max(0, size_bytes - int(last)), size_bytes)
    stop = min(int(last) + 1, size_bytes) if last else size_bytes
    return Span(int(first), stop)


def _overlap(spans: list[Span]) -> bool:
    ordered = sorted(spans, key=lambda span: span.start)
    return any(left.stop > right.start for left, right in itertools.pairwise(ordered))
