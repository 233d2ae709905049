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


_COMPLETED, _STOPPED = 1, 3


class Event(IntEnum):
    """Why a peer announces itself; the numbers of BEP 15."""

    NONE = 0
    COMPLETED = _COMPLETED
    STARTED = 2
    STOPPED = _STOPPED


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


class Swarm:
    """All peers of one info-hash."""

    __slots__ = ("completed", "v4", "v6")

    def __init__(self, completed: int = 0) -> None:
        self.completed = completed
        """How often a peer that we knew as a leecher said that it was done."""
        self.v4 = Peers(V4)
        self.v6: Peers | None = None
        """Made when the first such peer comes."""

    def __len__(self) -> int:
        return len(self.v4.seen) + (0 if self.v6 is None else len(self.v6.seen))

    @property
    def count(self) -> Count:
        """Of both families together."""
        seeds = self.seeds()
        return Count(seeds, self.completed, len(self) - seeds)

    def seeds(self) -> int:
        """How many, of both families."""
        return self.v4.seeds + (0 if self.v6 is None else self.v6.seeds)

    def family(self, address: bytes) -> Peers:
        """Where a peer belongs."""
        if len(address) == V4:
            return self.v4
        if self.v6 is None:
            self.v6 = Peers(V6)
        return self.v6


class Swarms:
    """All swarms. Not for several threads.

    Args:
        limits: How much is kept and given.
        chance: Gives a whole number below its argument, each as often.
    """

    def __init__(self, limits: Limits, chance: Callable[[int], int]) -> None:
        self._limits = limits
        self._max_given = limits.max_given
        self._chance = chance
        self._swarms: dict[bytes, Swarm] = {}
        self.peers = 0
        """Of all swarms together."""
        self.removed = 0
        """Swarms so far that are no more: whoever remembers where one was looks it up anew when there are others."""

    def __len__(self) -> int:
        return len(self._swarms)

    @property
    def lease_s(self) -> int:
        """A peer that is silent for so long is forgotten."""
        return self._limits.lease_s

    def announce(
        self, info_hash: bytes, address: bytes, *, is_seed: bool, event: int, wanted: int, now_s: int
    ) -> Answer:
        """The same as :meth:`hear`, with names, and with numbers of any size."""
        wanted = max(-1, min(wanted, self._limits.max_given))
        return Answer(*self.hear(info_hash, address, is_seed, event, wanted, now_s))

    def hear(  # noqa: PLR0917
        self,
        info_hash: bytes,
        address: bytes,
        is_seed: bool,  # noqa: FBT001
        event: int,
        wanted: int,
        now_s: int,
    ) -> tuple[int, int, bytes]:
        """Note what a peer says of itself, and tell it of others. By place alone: so compiled code calls at once.

        Args:
            info_hash: 20 bytes; who may announce it is decided elsewhere.
            address: Compact: where it came from, with the port that it named.
            is_seed: Whether it has everything.
            event: An :class:`Event`.
            wanted: Peers that it asks for; negative for as many as we give.
            now_s: Seconds of a clock that never goes back.

        Returns:
            Seeds, leechers and peers, as in :class:`Answer`.
        """
        swarm = self._swarms.get(info_hash)
        if swarm is None:
            if event == _STOPPED:
                return 0, 0, b""
            swarm = self._swarms[info_hash] = Swarm()
        family = swarm.family(address)
        if event == _STOPPED:
            self._forget(family, address)
            given = b""
        else:
            place = self._note(swarm, family, address, is_seed, event, now_s)
            given = self._tell(family, place, is_seed, wanted)
        seeds = swarm.seeds()
        return seeds, len(swarm) - seeds, given

    def knows(self, info_hash: bytes) -> bool:
        """Whether there is such a swarm: only what is listed has one, and who asks so spares the list."""
        return info_hash in self._swarms

    def scrape(self, info_hash: bytes) -> Count:
        """The numbers of one swarm; zeros where there is none."""
        swarm = self._swarms.get(info_hash)
        return Count(0, 0, 0) if swarm is None else swarm.count

    def completed(self, info_hash: bytes) -> int:
        """How often peers of a swarm said that they were done."""
        swarm = self._swarms.get(info_hash)
        return 0 if swarm is None else swarm.completed

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
            gone += swarm.v4.expire(now_s - self._limits.lease_s)
            if swarm.v6 is not None:
                gone += swarm.v6.expire(now_s - self._limits.lease_s)
            if not len(swarm) and not swarm.completed:
                self._remove(info_hash)
        self.peers -= gone
        return gone

    def drop(self, info_hash: bytes) -> None:
        """Forget a swarm that may no longer be."""
        if info_hash in self._swarms:
            self.peers -= len(self._swarms[info_hash])
            self._remove(info_hash)

    def _remove(self, info_hash: bytes) -> None:
        self.removed += 1
        del self._swarms[info_hash]

    def _tell(self, family: Peers, place: int, is_seed: bool, wanted: int) -> bytes:  # noqa: FBT001
        """Some peers of its family, without itself: leechers are told of both kinds as there are, seeds of leechers."""
        if wanted < 0 or wanted > self._max_given:
            wanted = self._max_given
        first = family.seeds if is_seed else 0
        count = len(family.seen) - first
        if wanted == 0 or count == 0:
            return b""
        return family.some(first, wanted, self._chance(count) if count > wanted else 0, place)

    def _note(  # noqa: PLR0917
        self,
        swarm: Swarm,
        family: Peers,
        address: bytes,
        is_seed: bool,  # noqa: FBT001
        event: int,
        now_s: int,
    ) -> int:
        """Note a peer; its place, or -1 where there is no room for it."""
        place = family.find(address)
        if place < 0:
            if not self._has_room(swarm, family, address):
                return -1
            self._add(family, address, is_seed, now_s)
            return len(family.seen) - 1 if not is_seed else family.seeds - 1
        family.seen[place] = now_s
        was_seed = place < family.seeds
        if was_seed == is_seed:  # most announces
            return place
        if was_seed:
            family.make_leecher(place)
            return family.seeds
        family.make_seed(place)
        if event == _COMPLETED:
            swarm.completed += 1
        return family.seeds - 1

    def _add(self, family: Peers, address: bytes, is_seed: bool, now_s: int) -> None:  # noqa: FBT001
        family.put(address, is_seed, now_s)
        self.peers += 1
        if family.networks is not None:
            network = _network(address)
            family.networks[network] = family.networks.get(network, 0) + 1

    def _forget(self, family: Peers, address: bytes) -> None:
        place = family.find(address)
        if place < 0:
            return
        family.remove(place)
        self.peers -= 1
        if family.networks is not None:
            network = _network(address)
            family.networks[network] = family.networks.get(network, 1) - 1

    def _has_room(self, swarm: Swarm, family: Peers, address: bytes) -> bool:
        """Whether one more peer may come: none is put out for another."""
        limits = self._limits
        if self.peers >= limits.max_peers or len(swarm) >= limits.max_in_swarm:
            return False
        if len(family.seen) < limits.crowded:
            return True
        if family.networks is None:
            family.networks = _count_networks(family)
        return family.networks.get(_network(address), 0) < limits.max_of_network


def chance_of(random: Callable[[], float]) -> Callable[[int], int]:
    """Chance for :class:`Swarms`: no secret hangs on it, and it is asked for each answer.

    Args:
        random: Gives a number from 0 to below 1.
    """
    return lambda below: int(random() * below)


def _network(address: bytes) -> bytes:
    """/24 of IPv4, /48 of IPv6: what one person can easily have all of."""
    return address[:3] if len(address) == V4 else address[:6]


def _count_networks(family: Peers) -> dict[bytes, int]:
    found: dict[bytes, int] = {}
    for at in range(0, len(family.addresses), family.width):
        network = _network(bytes(family.addresses[at : at + family.width]))
        found[network] = found.get(network, 0) + 1
    return found
