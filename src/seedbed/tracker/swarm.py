# SPDX-License-Identifier: Apache-2.0
"""Who is in which swarm: announce, scrape, expire (BEP 3, 7, 48). Pure: time and chance are passed in.

A peer is known by the address that its packets come from, and the port that it names; never by what it says of its
address. Seeds and leechers stand apart: a seed is told of leechers only.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, NamedTuple

from seedbed.tracker.peers import Peers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

V4, V6 = 6, 18
"""Bytes of a compact address (BEP 23, BEP 7)."""


class Event(IntEnum):
    """Why a peer announces itself; the numbers of BEP 15."""

    NONE = 0
    COMPLETED = 1
    STARTED = 2
    STOPPED = 3


@dataclass(frozen=True, slots=True)
class Limits:
    """How much is kept and given."""

    lease_s: int = 2_700
    """A peer that is silent for so long is forgotten: one and a half intervals."""
    max_given: int = 80
    """Peers in an answer."""
    max_peers: int = 5_000_000
    """Of all swarms together: some 100 bytes each."""
    max_in_swarm: int = 1_000_000
    max_of_network: int = 64
    """Peers of one network (IPv4 /24, IPv6 /48) in one crowded swarm; others would be crowded out of it."""
    crowded: int = 1_000
    """From so many peers on a swarm is crowded."""


class Answer(NamedTuple):
    """What an announce is answered."""

    seeds: int
    leechers: int
    peers: bytes
    """Compact addresses, of the family of whoever asks."""


class Count(NamedTuple):
    """What a scrape is answered (BEP 48)."""

    seeds: int
    completed: int
    leechers: int


class _Family:
    """The peers of a swarm that speak one version of IP."""

    __slots__ = ("leechers", "networks", "seeds")

    def __init__(self, width: int) -> None:
        self.seeds = Peers(width)
        self.leechers = Peers(width)
        self.networks: dict[bytes, int] | None = None
        """Network -> peers; kept while the swarm is crowded."""

    def __len__(self) -> int:
        return len(self.seeds) + len(self.leechers)


class Swarm:
    """All peers of one info-hash."""

    __slots__ = ("completed", "v4", "v6")

    def __init__(self, completed: int = 0) -> None:
        self.completed = completed
        """How often a peer that we knew as a leecher said that it was done."""
        self.v4 = _Family(V4)
        self.v6: _Family | None = None
        """Made when the first such peer comes."""

    def __len__(self) -> int:
        return len(self.v4) + (len(self.v6) if self.v6 else 0)

    @property
    def count(self) -> Count:
        """Of both families together."""
        seeds, leechers = len(self.v4.seeds), len(self.v4.leechers)
        if self.v6:
            seeds, leechers = seeds + len(self.v6.seeds), leechers + len(self.v6.leechers)
        return Count(seeds, self.completed, leechers)

    def family(self, address: bytes) -> _Family:
        """Where a peer belongs."""
        if len(address) == V4:
            return self.v4
        if self.v6 is None:
            self.v6 = _Family(V6)
        return self.v6

    def families(self) -> Iterator[_Family]:
        """Those that there are."""
        yield self.v4
        if self.v6:
            yield self.v6


class Swarms:
    """All swarms. Not for several threads.

    Args:
        limits: How much is kept and given.
        chance: Gives a whole number below its argument, each as often.
    """

    def __init__(self, limits: Limits, chance: Callable[[int], int]) -> None:
        self._limits = limits
        self._chance = chance
        self._swarms: dict[bytes, Swarm] = {}
        self.peers = 0
        """Of all swarms together."""

    def __len__(self) -> int:
        return len(self._swarms)

    def announce(
        self, info_hash: bytes, address: bytes, *, is_seed: bool, event: int, wanted: int, now_s: int
    ) -> Answer:
        """Note what a peer says of itself, and tell it of others.

        Args:
            info_hash: 20 bytes; who may announce it is decided elsewhere.
            address: Compact: where it came from, with the port that it named.
            is_seed: Whether it has everything.
            event: An :class:`Event`.
            wanted: Peers that it asks for; negative for as many as we give.
            now_s: Seconds of a clock that never goes back.
        """
        swarm = self._swarms.get(info_hash)
        if swarm is None:
            if event == Event.STOPPED:
                return Answer(0, 0, b"")
            swarm = self._swarms[info_hash] = Swarm()
        family = swarm.family(address)
        if event == Event.STOPPED:
            self.peers -= _forget(family, address)
            wanted = 0
        else:
            self._note(swarm, family, address, is_seed=is_seed, event=event, now_s=now_s)
        seeds, _, leechers = swarm.count
        limit = self._limits.max_given
        wanted = limit if wanted < 0 else min(wanted, limit)
        given = self._choose(family, wanted + 1, is_seed=is_seed) if wanted else b""
        return Answer(seeds, leechers, _without(given, address, wanted))

    def scrape(self, info_hash: bytes) -> Count:
        """The numbers of one swarm; zeros where there is none."""
        swarm = self._swarms.get(info_hash)
        return Count(0, 0, 0) if swarm is None else swarm.count

    def each(self) -> Iterator[tuple[bytes, Swarm]]:
        """All swarms, as they are at the moment."""
        return iter(list(self._swarms.items()))

    def restore(self, completed: dict[bytes, int]) -> None:
        """Take over counts of an earlier run."""
        for info_hash, count in completed.items():
            self._swarms.setdefault(info_hash, Swarm()).completed = count

    def expire(self, info_hashes: Sequence[bytes], now_s: int) -> int:
        """Forget the silent peers of some swarms, and swarms without any memory.

        Args:
            info_hashes: A few at a time, so that nobody waits long.
            now_s: As in :meth:`announce`.

        Returns:
            How many peers were forgotten.
        """
        gone = 0
        for info_hash in info_hashes:
            swarm = self._swarms.get(info_hash)
            if swarm is None:
                continue
            for family in swarm.families():
                lost = sum(kind.expire(now_s - self._limits.lease_s) for kind in (family.seeds, family.leechers))
                if lost:
                    family.networks = None
                gone += lost
            if not len(swarm) and not swarm.completed:
                del self._swarms[info_hash]
        self.peers -= gone
        return gone

    def drop(self, info_hash: bytes) -> None:
        """Forget a swarm that may no longer be."""
        swarm = self._swarms.pop(info_hash, None)
        self.peers -= 0 if swarm is None else len(swarm)

    def _note(self, swarm: Swarm, family: _Family, address: bytes, *, is_seed: bool, event: int, now_s: int) -> None:
        here, there = (family.seeds, family.leechers) if is_seed else (family.leechers, family.seeds)
        if here.renew(address, now_s):  # most announces: a peer is in one of the two
            return
        was_other = there.remove(address)
        if was_other and is_seed and event == Event.COMPLETED:
            swarm.completed += 1
        if not was_other and not self._has_room(swarm, family, address):
            return
        here.put(address, now_s)
        if not was_other:
            self.peers += 1
            if family.networks is not None:
                network = _network(address)
                family.networks[network] = family.networks.get(network, 0) + 1

    def _has_room(self, swarm: Swarm, family: _Family, address: bytes) -> bool:
        """Whether one more peer may come: none is put out for another."""
        limits = self._limits
        if self.peers >= limits.max_peers or len(swarm) >= limits.max_in_swarm:
            return False
        if len(family) < limits.crowded:
            return True
        if family.networks is None:
            family.networks = _count_networks(family)
        return family.networks.get(_network(address), 0) < limits.max_of_network

    def _choose(self, family: _Family, wanted: int, *, is_seed: bool) -> bytes:
        """Leechers are told of both kinds, in the proportion that there are; seeds of leechers."""
        seeds, leechers = len(family.seeds), len(family.leechers)
        if is_seed:
            return family.leechers.some(wanted, self._chance(leechers)) if leechers else b""
        if seeds + leechers <= wanted:
            return bytes(family.seeds.addresses) + bytes(family.leechers.addresses)
        start = self._chance(seeds + leechers)
        return _row(family, start, wanted)


def _without(given: bytes, address: bytes, wanted: int) -> bytes:
    """So many addresses, and not the one of whoever asked."""
    width = len(address)
    at = given.find(address)
    while at >= 0 and at % width:
        at = given.find(address, at + 1)
    if at >= 0:
        given = given[:at] + given[at + width :]
    return given[: wanted * width]


def _row(family: _Family, start: int, wanted: int) -> bytes:
    """Some peers of the row of seeds and leechers, which is taken as a ring."""
    seeds, leechers = len(family.seeds), len(family.leechers)
    total, width = seeds + leechers, family.seeds.width
    parts = []
    while wanted:
        kind, first, count = (
            (family.seeds, start, seeds) if start < seeds else (family.leechers, start - seeds, leechers)
        )
        take = min(wanted, count - first)
        parts.append(bytes(kind.addresses[first * width : (first + take) * width]))
        wanted -= take
        start = (start + take) % total
    return b"".join(parts)


def _forget(family: _Family, address: bytes) -> int:
    """Whether a peer was there, as a number."""
    gone = int(family.seeds.remove(address) or family.leechers.remove(address))
    if gone and family.networks is not None:
        network = _network(address)
        family.networks[network] = family.networks.get(network, 1) - 1
    return gone


def _network(address: bytes) -> bytes:
    """/24 of IPv4, /48 of IPv6: what one person can easily have all of."""
    return address[:3] if len(address) == V4 else address[:6]


def _count_networks(family: _Family) -> dict[bytes, int]:
    found: dict[bytes, int] = {}
    for kind in (family.seeds, family.leechers):
        for at in range(0, len(kind.addresses), kind.width):
            network = _network(bytes(kind.addresses[at : at + kind.width]))
            found[network] = found.get(network, 0) + 1
    return found
