# SPDX-License-Identifier: Apache-2.0
"""What an audit found, as values."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Verdict(Enum):
    """What can be said of a copy."""

    GOOD = "good"
    """All that was asked for was right."""
    AWKWARD = "awkward"
    """Right, but served in a way that some clients cannot use well: redirects, no ranges."""
    BAD = "bad"
    """Something is wrong, missing or refused, and will be tomorrow."""
    UNKNOWN = "unknown"
    """It could not be asked now: unreachable, busy, stalled, failing. What did come was right."""


@dataclass(frozen=True, slots=True)
class Remark:
    """One thing that a copy does otherwise than it should."""

    name: str
    """In one word: ``wrong-bytes``, ``missing``, ``wrong-length``, ``redirects``, ``no-ranges``, ``encoded``, …"""
    text: str
    """For people."""
    file: str = ""
    """Path in the torrent; empty when it is about the server."""
    pieces: tuple[int, ...] = ()
    """With wrong bytes."""


@dataclass(frozen=True, slots=True)
class AuditedCopy:
    """A web seed, and what it is worth."""

    url: str
    verdict: Verdict
    remarks: tuple[Remark, ...]
    pieces_asked: int
    pieces_good: int
    good_bytes: int
    """Bytes of files that were proved right."""
    seconds: float


@dataclass(frozen=True, slots=True)
class Audited:
    """All copies of a torrent's data that were looked at."""

    copies: tuple[AuditedCopy, ...]
    is_full: bool
    """Whether every piece was asked for, and not only samples."""

    @property
    def of_verdict(self) -> dict[Verdict, tuple[AuditedCopy, ...]]:
        """The copies, by what is said of them."""
        return {verdict: tuple(one for one in self.copies if one.verdict is verdict) for verdict in Verdict}
