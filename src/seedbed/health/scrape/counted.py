# SPDX-License-Identifier: Apache-2.0
"""What is asked, and what is answered (values)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple, Self, TypeAlias

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Sequence

    from seedbed.catalog.model import Release

MOST = 10_000_000
"""A larger count is none: the largest swarms ever seen had some 100,000 peers, and -1 in 32 bits is 4,294,967,295."""
DHT = "dht"
"""The distributed hash table, where a source's URL stands."""

Kind: TypeAlias = Literal[
    "dns", "connection", "timeout", "refused", "no-scrape", "failure", "nonsense", "private-address"
]
"""Why a source gave nothing: its name leads nowhere; nobody listens; no answer in time; it will not speak with us
(403, a page for people); it has no scrape; it said so in words; its answer is none, or an error; it is in our own
network."""


class Numbers(NamedTuple):
    """Of one swarm (BEP 48); None where it is not told."""

    seeds: int | None
    leechers: int | None
    completed: int | None = None
    seen: int | None = None
    """Distinct addresses that the distributed hash table named: at least so many are there, seeds or not."""

    @property
    def peers(self) -> int:
        """As many as are told of."""
        return max((self.seeds or 0) + (self.leechers or 0), self.seen or 0)


@dataclass(frozen=True, slots=True)
class Subject:
    """A torrent whose swarm is asked for."""

    id: str
    """A version's id, or the info-hash."""
    info_hashes: tuple[bytes, ...]
    """20 bytes each: of a hybrid two, v2 cut short (BEP 52)."""
    trackers: tuple[str, ...] = ()
    """Announce URLs."""

    @classmethod
    def of_release(cls, release: Release) -> Self:
        """A version in a catalogue."""
        torrent = release.torrent
        return cls(release.id, cut(map(bytes.fromhex, (torrent.info_hash_v1, torrent.info_hash_v2))), torrent.trackers)


def cut(hashes: Iterable[bytes]) -> tuple[bytes, ...]:
    """Info-hashes as trackers know them (BEP 52); empty ones are left out."""
    return tuple(one[:20] for one in hashes if one)


@dataclass(frozen=True, slots=True)
class Counted:
    """What one source said of one subject; of a hybrid's two swarms the larger."""

    source: str
    """Announce URL without its query, or :data:`DHT`."""
    numbers: Numbers
    at: dt.datetime
    """When it was asked."""

    @property
    def is_estimate(self) -> bool:
        """Whether it is reckoned, and not counted."""
        return self.source == DHT


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why a source gave nothing, and until when it is left alone."""

    source: str
    kind: Kind
    text: str
    until: dt.datetime


@dataclass(frozen=True, slots=True)
class Report:
    """What came of asking."""

    counted: dict[str, tuple[Counted, ...]]
    """Subject's id -> what each source said that said anything, the largest first."""
    troubles: tuple[Trouble, ...]


class Asked(NamedTuple):
    """What came of asking one source."""

    found: dict[bytes, Numbers]
    asked: Sequence[bytes]
    """All that were asked for; the others wait for the next time."""
    way: str = ""
    """How it likes to be asked (:class:`seedbed.health.scrape.record.Known`)."""
    failure: str = ""
    """Its own words, where there were any instead of numbers."""


class Unanswered(Exception):  # noqa: N818  # never leaves this package: it is a fact about a source
    """A source gave nothing."""

    def __init__(self, kind: Kind, text: str) -> None:
        super().__init__(text)
        self.kind = kind
        self.text = text


def is_sane(count: int) -> bool:
    """Whether a number can be one of peers."""
    return 0 <= count <= MOST
