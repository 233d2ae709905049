# SPDX-License-Identifier: Apache-2.0
"""What a registry knows of nodes: their leases, and which of them were proved. In memory only, and no longer than told.

Clock, chance and keys are passed in. No address leaves this module but to the one who probes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from seedbed.health.leases.independence import Owners, count, distinct, once
from seedbed.health.leases.networks import network_of
from seedbed.health.leases.report import Answer, Report, classes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    import numpy.typing as npt

    from seedbed.health.leases.independence import Ints
    from seedbed.health.leases.lease import Lease
    from seedbed.health.leases.signed import Keys

MAX_LIFE_S = 6 * 3_600
"""A lease may not last for longer: so long the serial of a node that left is remembered, and an old lease of it that
somebody sends again is known for what it is."""
MAX_LEFT = 200_000
"""Nodes that left, of which so much is remembered."""
MAX_NODES = 50_000
MAX_NODES_OF_NETWORK = 64
MAX_UNITS = 20_000_000
"""Of all leases together: 160 MB."""
LEAST_COUNTED_BYTES = 10**12
COUNTED_TIMES = 10
"""What a node gives is believed up to so many times what it holds, or the bytes above if that is more: one that says
that it has a million times what there is would make all others think that there is room for ever."""


@dataclass(slots=True, eq=False)
class Node:
    """One that has a lease."""

    lease: Lease
    ip: bytes
    """From where the lease came, packed."""
    network: bytes
    came: int
    """The how-manieth node of this book: those that came first are proved first."""
    until_s: float
    """When its lease ends here."""
    is_proved: bool = False
    failures: int = 0
    """In a row, since it was proved last."""
    probed_s: float | None = None
    """When it was probed last; None for a newcomer."""

    @property
    def operator(self) -> str:
        """Nobody's name is a name of its own."""
        return self.lease.operator or self.lease.node.hex()


@dataclass(frozen=True, slots=True)
class Refused:
    """Why a lease is not taken."""

    status: int
    """Of HTTP."""
    why: str


@dataclass(frozen=True, slots=True, eq=False)
class _Side:
    """Holdings, or fetches, of all nodes: unit and node of each."""

    units: Ints
    nodes: Ints


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """All leases at one moment, as arrays; made again when there are others."""

    nodes: tuple[Node, ...]
    keys: Keys
    """Units of which anybody has a lease, ascending; a unit's number is its place."""
    held: _Side
    fetched: _Side
    owners: Owners
    is_proved: npt.NDArray[np.bool_]
    countries: Ints
    """Of each node a number that stands for its country; -1 where it tells none."""

    @classmethod
    def of(cls, nodes: tuple[Node, ...]) -> Table:
        """Lay them side by side."""
        held, fetched = [one.lease.held for one in nodes], [one.lease.fetching for one in nodes]
        keys = once(np.concatenate([*held, *fetched, np.empty(0, np.uint64)]))
        names = {name: number for number, name in enumerate({one.lease.country for one in nodes} - {""})}
        return cls(
            nodes, keys, _side(keys, held), _side(keys, fetched),
            Owners.of([one.operator for one in nodes], [one.network for one in nodes]),
            np.array([one.is_proved for one in nodes], np.bool_),
            np.array([names.get(one.lease.country, -1) for one in nodes], np.int64),
        )  # fmt: skip

    def report(self, sizes: Mapping[int, int], at_s: int, since_s: int) -> Report:
        """What everybody is told.

        Args:
            sizes: Key -> bytes of each unit, where the catalogue is known.
            at_s: Now: seconds since 1970.
            since_s: When the registry began.
        """
        total, proved = len(self.keys), self.is_proved[self.held.nodes]
        units, nodes = self.held.units[proved], self.held.nodes[proved]
        least, online = classes(self._given(sizes))
        named = self.countries[nodes] >= 0
        abroad, _ = distinct(units[named], self.countries[nodes][named])
        return Report(
            at_s, since_s, len(self.nodes), int(self.is_proved.sum()), self.keys,
            holders=_counts(self.held.units, total), proved=_counts(units, total),
            independent=_short(count(units, nodes, self.owners, total)),
            fetching=_counts(self.fetched.units, total), countries=_counts(abroad, total),
            sizes_bytes=least, online_bytes=online,
        )  # fmt: skip

    def _given(self, sizes: Mapping[int, int]) -> Iterator[tuple[int, float]]:
        """What each node that was proved gives, as far as that is believed; and its uptime."""
        of_units = np.array([sizes.get(key, 0) for key in self.keys.tolist()], np.float64)
        held = np.bincount(self.held.nodes, of_units[self.held.units], minlength=len(self.nodes))
        for node, held_bytes in zip(self.nodes, held.tolist(), strict=True):
            if node.is_proved:
                most = max(COUNTED_TIMES * int(held_bytes), LEAST_COUNTED_BYTES)
                yield min(node.lease.capacity_bytes, most), node.lease.uptime

    def answer(self, lease: Lease, at_s: int, *, is_proved: bool) -> Answer:
        """What one node is told: of each unit that it says it holds, how many others do."""
        total = len(self.keys)
        at = np.minimum(np.searchsorted(self.keys, lease.held), max(total - 1, 0))
        is_here = _is_among(self.keys, lease.held)
        others = np.array([other.lease.node != lease.node for other in self.nodes], np.bool_)
        rows = (self.is_proved & others)[self.held.nodes] & np.isin(self.held.units, at[is_here])
        units, nodes = self.held.units[rows], self.held.nodes[rows]
        found = (np.bincount(units, minlength=total + 1), count(units, nodes, self.owners, total + 1))
        proved, independent = (_short(np.where(is_here, one[at], 0)) for one in found)
        return Answer(at_s, lease.serial, is_proved, proved, independent)


@dataclass(slots=True)
class Book:
    """See the module's text.

    Args:
        key: For networks; made anew at each start.
        clock_s: Seconds that never go back.
    """

    key: bytes
    clock_s: Callable[[], float]
    sizes: Mapping[int, int] = field(default_factory=dict)
    """Key -> bytes of every unit of the catalogue; empty where there is none, and then any unit counts."""
    nodes: dict[bytes, Node] = field(default_factory=dict)
    """By public key, those that came first before the others."""
    changes: int = 0
    """Goes up when a table would be another one."""
    _came: int = 0
    _left: dict[bytes, tuple[int, float]] = field(default_factory=dict)
    """Nodes that left: the highest serial of each, and until when it is remembered."""
    _known: Keys | None = None
    _known_of: Mapping[int, int] | None = None

    def take(self, lease: Lease, ip: bytes, now_s: int) -> Node | Refused:
        """Take a lease over, whose signature was right.

        Args:
            lease: What came.
            ip: From where, packed.
            now_s: Seconds since 1970.
        """
        self.expire()
        before = self.nodes.get(lease.node)
        if lease.serial <= (last := before.lease.serial if before else self._left.get(lease.node, (-1, 0.0))[0]):
            return Refused(409, f"there is a newer lease of this node: expected a serial above {last}")
        if lease.until_s > now_s + MAX_LIFE_S:
            return Refused(400, f"the lease is too long, or your clock is wrong: expected at most {MAX_LIFE_S} s")
        network = network_of(ip, self.key)
        if lease.until_s <= now_s:
            self._leave(lease.node, lease.serial)
            return Node(lease, ip, network, self._came, self.clock_s())
        if why := self._too_many(lease, network, before):
            return why
        node = Node(self._of_catalog(lease), ip, network, self._came, self.clock_s() + lease.until_s - now_s)
        if before and (before.ip, before.lease.port) == (ip, lease.port):
            node.is_proved, node.failures, node.probed_s = before.is_proved, before.failures, before.probed_s
        node.came = before.came if before else self._came
        self._came += before is None
        self.nodes[lease.node] = node
        self._left.pop(lease.node, None)
        self.changes += 1
        return node

    def expire(self) -> None:
        """Forget nodes whose leases are over."""
        now_s = self.clock_s()
        for node in [one for one in self.nodes.values() if one.until_s <= now_s]:
            self._leave(node.lease.node, node.lease.serial)
        while self._left and (next(iter(self._left.values()))[1] <= now_s or len(self._left) > MAX_LEFT):
            del self._left[next(iter(self._left))]

    def judged(self, node: Node, *, is_good: bool) -> None:
        """A node was probed: one that fails counts as unproved at once."""
        current = self.nodes.get(node.lease.node)
        if current is None or (current.ip, current.lease.port) != (node.ip, node.lease.port):
            return  # it has moved meanwhile: this says nothing of where it is now
        current.probed_s = self.clock_s()
        current.failures = 0 if is_good else current.failures + 1
        if current.is_proved != is_good:
            current.is_proved = is_good
            self.changes += 1

    def _leave(self, key: bytes, serial: int) -> None:
        """A node is gone, or says so; nobody waits for the end of the lease that it had."""
        if self.nodes.pop(key, None):
            self.changes += 1
        self._left.pop(key, None)
        self._left[key] = (serial, self.clock_s() + MAX_LIFE_S)

    def _too_many(self, lease: Lease, network: bytes, before: Node | None) -> Refused | None:
        others = [one for one in self.nodes.values() if one is not before]
        if len(others) >= MAX_NODES:
            return Refused(503, "the registry is full")
        if sum(one.network == network for one in others) >= MAX_NODES_OF_NETWORK:
            return Refused(429, f"expected at most {MAX_NODES_OF_NETWORK} nodes of one network")
        units = sum(len(one.lease.held) + len(one.lease.fetching) for one in others)
        if units + len(lease.held) + len(lease.fetching) > MAX_UNITS:
            return Refused(503, "the registry is full")
        return None

    def _of_catalog(self, lease: Lease) -> Lease:
        """Without units that the catalogue does not have."""
        if not self.sizes:
            return lease
        if self._known is None or self._known_of is not self.sizes:
            self._known, self._known_of = np.array(sorted(self.sizes), np.uint64), self.sizes
        return lease.of_units(*(one[_is_among(self._known, one)] for one in (lease.held, lease.fetching)))


def _is_among(keys: Keys, some: Keys) -> npt.NDArray[np.bool_]:
    """Which of some are among keys that ascend."""
    if not len(keys):
        return np.zeros(len(some), np.bool_)
    return np.asarray(keys[np.minimum(np.searchsorted(keys, some), len(keys) - 1)] == some)


def _side(keys: Keys, of_nodes: list[Keys]) -> _Side:
    units = np.searchsorted(keys, np.concatenate([*of_nodes, np.empty(0, np.uint64)])).astype(np.int64)
    return _Side(units, np.repeat(np.arange(len(of_nodes)), [len(one) for one in of_nodes]))


def _counts(units: Ints, total: int) -> npt.NDArray[np.uint16]:
    return _short(np.bincount(units, minlength=total))


def _short(counts: npt.NDArray[np.integer]) -> npt.NDArray[np.uint16]:
    return np.asarray(np.clip(counts, 0, 0xFFFF), np.uint16)
