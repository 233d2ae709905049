# SPDX-License-Identifier: Apache-2.0
"""What a registry tells: of every unit how many hold it, and of one lease how many others do (pure)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np
import numpy.typing as npt

from seedbed.errors import FormatError
from seedbed.health.leases import signed
from seedbed.health.leases.lease import MAX_UNITS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from seedbed.health.leases.signed import Counts, Keys, Signs

KIND, ANSWER = "health", "lease answer"
MAX_UNITS_TOLD = 4_000_000
MAX_BYTES = MAX_UNITS_TOLD * 18 + 100_000
MAX_ANSWER_BYTES = MAX_UNITS * 4 + 1_000
_FAR = 2**53
_MOST_BYTES = 2**62
_MAX_CLASSES = 200
_COUNTS = {"holders": b"h", "proved": b"p", "independent": b"i", "fetching": b"f", "countries": b"cc"}


@dataclass(frozen=True, slots=True, eq=False)
class Report:
    """See the module's text. Arrays side by side."""

    at_s: int
    """When it was made: seconds since 1970."""
    since_s: int
    """Since when the registry has been listening: one that has just begun knows few leases."""
    nodes: int
    """Leases that hold now."""
    proved_nodes: int
    """Of them, those whose node was found to have what it says."""
    units: Keys
    """Ascending; what nobody has a lease of is not here."""
    holders: Counts
    """Nodes that say that they hold it."""
    proved: Counts
    """Of them, those that were proved."""
    independent: Counts
    """Of those, how many there are if one operator, and one network, count once."""
    fetching: Counts
    """Nodes that say that they fetch it, or will."""
    countries: Counts
    """Different countries that the proved holders say they are in."""
    sizes_bytes: npt.NDArray[np.uint64]
    """Classes of nodes by what they give, ascending: the least of each class."""
    online_bytes: npt.NDArray[np.uint64]
    """Of each class, bytes times uptime of all its nodes that were proved."""

    def sealed(self, signs: Signs) -> bytes:
        """As it is sent."""
        numbers = {b"a": self.at_s, b"s": self.since_s, b"n": self.nodes, b"np": self.proved_nodes}
        counts = {name: signed.packed_counts(getattr(self, one)) for one, name in _COUNTS.items()}
        arrays = {b"k": self.units, b"z": self.sizes_bytes, b"zo": self.online_bytes}
        packed = {name: signed.packed(one) for name, one in arrays.items()}
        return signed.seal(KIND, {**numbers, **counts, **packed}, signs)

    @classmethod
    def unsealed(cls, data: bytes) -> tuple[bytes, Self]:
        """Read one, whose signature is right; returns the registry's key too.

        Raises:
            FormatError: it is none.
        """
        registry, fields = signed.unseal(KIND, data, max_bytes=MAX_BYTES)
        units = fields.keys(b"k", MAX_UNITS_TOLD)
        sizes = fields.keys(b"z", _MAX_CLASSES)
        online = np.frombuffer(fields.data(b"zo", 8 * len(sizes)), np.uint8)
        if len(online) != 8 * len(sizes):
            raise FormatError("health: expected as many sums as classes of nodes")
        sums = online.view(">u8").astype(np.uint64)
        if (sums > _MOST_BYTES).any():
            raise FormatError("health: a class of nodes gives more than there is")
        return registry, cls(
            fields.number(b"a", 0, _FAR), fields.number(b"s", 0, _FAR), fields.number(b"n", 0, _FAR),
            fields.number(b"np", 0, _FAR), units,
            **{one: fields.counts(name, len(units)) for one, name in _COUNTS.items()}, sizes_bytes=sizes,
            online_bytes=sums,
        )  # fmt: skip

    def rows_of(self, keys: Keys) -> npt.NDArray[np.int64]:
        """Where each unit stands; -1 for what nobody has a lease of."""
        if not len(self.units):
            return np.full(len(keys), -1, np.int64)
        at = np.minimum(np.searchsorted(self.units, keys), len(self.units) - 1)
        return np.where(self.units[at] == keys, at, -1)


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """What a registry says to a lease."""

    at_s: int
    serial: int
    """Of the lease that it has now."""
    is_proved: bool
    proved: Counts
    """Of each unit that the lease says is held, in its order: other nodes that were proved to hold it."""
    independent: Counts
    """Of those, how many there are if one operator, and one network, count once."""

    def sealed(self, signs: Signs) -> bytes:
        """As it is sent."""
        counts = {b"p": signed.packed_counts(self.proved), b"i": signed.packed_counts(self.independent)}
        return signed.seal(ANSWER, {b"a": self.at_s, b"n": self.serial, b"q": int(self.is_proved), **counts}, signs)

    @classmethod
    def unsealed(cls, data: bytes, units: int) -> Self:
        """Read one, to a lease that says that so many units are held.

        Raises:
            FormatError: it is none.
        """
        _, fields = signed.unseal(ANSWER, data, max_bytes=MAX_ANSWER_BYTES)
        return cls(
            fields.number(b"a", 0, _FAR), fields.number(b"n", 0, _FAR), bool(fields.number(b"q", 0, 1)),
            fields.counts(b"p", units), fields.counts(b"i", units),
        )  # fmt: skip


def classes(given: Iterable[tuple[int, float]]) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.uint64]]:
    """Nodes by size, each class half as large again as the one before: nobody's own number is told.

    Args:
        given: Of each node, bytes and uptime.

    Returns:
        The least size of each class, ascending, and the sum of bytes times uptime of its nodes.
    """
    sums: dict[int, float] = {}
    for capacity_bytes, uptime in given:
        if capacity_bytes > 0:
            least = _class_of(capacity_bytes)
            sums[least] = sums.get(least, 0.0) + capacity_bytes * uptime
    sizes = sorted(sums)
    online = [min(int(sums[one]), _MOST_BYTES) for one in sizes]
    return np.array(sizes, np.uint64), np.array(online, np.uint64)


def _class_of(capacity_bytes: int) -> int:
    """The two leading bits: 1, 1.5, 2, 3, 4, 6, 8 … times a unit."""
    shift = max(capacity_bytes.bit_length() - 2, 0)
    return capacity_bytes >> shift << shift
