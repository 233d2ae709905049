# SPDX-License-Identifier: Apache-2.0
"""What people ask for, and what they get (pure values)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, get_args
from urllib.parse import unquote

from seedbed.catalog.model import Status
from seedbed.errors import InputError

if TYPE_CHECKING:
    import datetime as dt

    from seedbed.catalog.model import BBox, Release

MAX_LIMIT = 10_000
"""Releases in one answer; more are asked for page by page."""
MAX_WORDS = 20
MAX_WORD_LENGTH = 200
"""The pattern of a word is some twenty times as long, and a pattern has its limits."""
_HEX_LENGTHS = {32: "MD5", 40: "v1 info-hash", 64: "SHA-256, pieces root or v2 info-hash"}
_HEX = re.compile(r"[0-9a-f]+", re.ASCII)


@dataclass(frozen=True, slots=True)
class Search:
    """Conditions; a release must meet all that are given, and an empty one says nothing."""

    words: str = ""
    """All must be in title, dataset's name, description, keywords or translations; case and accents do not matter."""
    bbox: BBox | None = None
    """Releases whose box meets this one; west > east crosses the antimeridian."""
    start: dt.datetime | None = None
    """Releases about this moment or later."""
    end: dt.datetime | None = None
    """Releases about this moment or earlier."""
    license: str = ""
    provider: str = ""
    """Part of a provider's name; case and accents do not matter."""
    keyword: str = ""
    """A whole keyword; case and accents do not matter."""
    collection: str = ""
    dataset: str = ""
    doi: str = ""
    """Of a version or of all versions; with or without ``https://doi.org/``."""
    info_hash: str = ""
    """40 or 64 hex digits."""
    file_name: str = ""
    """Part of a file's path, or a pattern with ``*``, ``?`` and ``[…]`` for its name or whole path."""
    file_hash: str = ""
    """A file's SHA-256, MD5 or pieces root."""
    status: Status | None = None
    """None: all that are not withdrawn."""
    newest_only: bool = True
    """Only the latest version of each dataset."""
    limit: int = 20
    offset: int = 0

    def __post_init__(self) -> None:
        """Refuse what cannot be asked.

        Raises:
            InputError: a value that cannot be.
        """
        if not isinstance(self.words, str):
            raise InputError(f"words: expected text, got {type(self.words).__name__}")
        for name, moment in (("start", self.start), ("end", self.end)):
            if moment is not None and not hasattr(moment, "tzinfo"):
                raise InputError(
                    f"{name}: expected a datetime, got {moment!r}", hint="datetime(2024, 5, 1, tzinfo=UTC)"
                )
        if self.bbox is not None:
            object.__setattr__(self, "bbox", box(self.bbox))
        if self.status not in {None, *get_args(Status)}:
            raise InputError(f"status: expected one of {', '.join(get_args(Status))}, got {self.status!r}")
        if not 0 <= self.limit <= MAX_LIMIT or self.offset < 0:
            raise InputError(f"limit {self.limit}, offset {self.offset}: expected a limit from 0 to {MAX_LIMIT:,}")
        for value, lengths in ((self.info_hash, (40, 64)), (self.file_hash, (32, 64))):
            if value:
                check_hex(value, lengths)


@dataclass(frozen=True, slots=True)
class Found:
    """One page of an answer."""

    releases: tuple[Release, ...]
    """Best first."""
    total: int
    """How many there are on all pages."""


def box(value: object) -> BBox:
    """West, south, east and north in degrees, of whatever sequence: a tuple, or the bounds of a table.

    Raises:
        InputError: it is something else.
    """
    sides = tuple(value) if isinstance(value, Iterable) else ()
    numbers = [float(one) for one in sides if isinstance(one, (int, float))]
    if len(sides) != 4 or len(numbers) != 4:
        raise InputError(f"bbox: expected four numbers (west, south, east, north), got {value!r}")
    west, south, east, north = numbers
    if not (-180 <= west <= 180 and -180 <= east <= 180 and -90 <= south <= north <= 90):
        raise InputError(
            f"bbox: expected degrees, with south not above north, got {value!r}",
            hint="The order is west, south, east, north: longitude first.",
        )
    return west, south, east, north


def check_hex(text: str, lengths: tuple[int, ...] = (32, 40, 64)) -> str:
    """A hash in lower case.

    Raises:
        InputError: it is none of these lengths, or not hex.
    """
    value = text.strip().lower()
    if len(value) in lengths and _HEX.fullmatch(value):
        return value
    kinds = ", ".join(f"{length} ({_HEX_LENGTHS[length]})" for length in lengths)
    raise InputError(f"hash {text[:80]!r}: expected hex digits: {kinds}; got {len(value)} characters")


def bare_doi(text: str) -> str:
    """The name of a DOI in lower case (DOIs do not know case), whatever it is wrapped in."""
    plain = re.sub(r"^(https?://(dx\.)?doi\.org/|doi:\s*)", "", text.strip(), flags=re.IGNORECASE)
    return unquote(plain).lower()
