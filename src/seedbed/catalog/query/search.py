# SPDX-License-Identifier: Apache-2.0
"""What people ask for, and what they get (pure values)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import unquote

from seedbed.errors import InputError

if TYPE_CHECKING:
    import datetime as dt

    from seedbed.catalog.model import BBox, Release, Status

MAX_LIMIT = 10_000
"""Releases in one answer; more are asked for page by page."""
MAX_WORDS = 20
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
            InputError: a limit or a hash that cannot be.
        """
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
