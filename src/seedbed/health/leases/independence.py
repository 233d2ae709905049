# SPDX-License-Identifier: Apache-2.0
"""How many copies there are if one operator, and one network, count once (pure).

Holders are edges between operators and networks; what is counted is the largest set of them of which no two share
either (a matching). It never falls when somebody joins: whoever takes another's name loses no one a copy.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias, TypeVar

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

Ints: TypeAlias = npt.NDArray[np.int64]
Number = TypeVar("Number", np.int64, np.uint64)
EXACT_UP_TO = 16
"""Pairs of operator and network that hold a unit and are tangled; of more, the smaller number of both is counted."""


@dataclass(frozen=True, slots=True)
class Owners:
    """Who runs each node, and where: numbers that stand for names, side by side."""

    operators: Ints
    networks: Ints
    pairs: Ints
    """Which pair of both each node is."""
    is_plain: npt.NDArray[np.bool_]
    """Of each pair, whether neither its operator nor its network is in any other."""
    of_pair: tuple[Ints, Ints]
    """Operator and network of each pair."""

    @classmethod
    def of(cls, operators: Sequence[Hashable], networks: Sequence[Hashable]) -> Owners:
        """Number them."""
        ops, nets = _numbered(operators), _numbered(networks)
        distinct, pairs = np.unique(np.stack([ops, nets], 1), axis=0, return_inverse=True)
        their_ops, their_nets = distinct[:, 0], distinct[:, 1]
        is_plain = (np.bincount(their_ops)[their_ops] == 1) & (np.bincount(their_nets)[their_nets] == 1)
        return cls(ops, nets, pairs.reshape(-1).astype(np.int64), is_plain, (their_ops, their_nets))


def count(units: Ints, nodes: Ints, owners: Owners, total: int) -> Ints:
    """Independent holders of each unit.

    Args:
        units: Of each holding, the unit's number.
        nodes: Of each holding, the node's number.
        owners: Of all nodes.
        total: How many units there are.
    """
    held = distinct(units, owners.pairs[nodes])
    is_plain = owners.is_plain[held[1]]
    found = np.bincount(held[0][is_plain], minlength=total)
    return found + _tangled(held[0][~is_plain], held[1][~is_plain], owners, total)


def _tangled(units: Ints, pairs: Ints, owners: Owners, total: int) -> Ints:
    """Of holders who share a name or a network with somebody.

    Where all names of a unit's holders differ, each network among them counts once, and the other way round; only
    where neither do all differ is there something to try out.
    """
    operators, networks = owners.of_pair[0][pairs], owners.of_pair[1][pairs]
    names = np.bincount(distinct(units, operators)[0], minlength=total)
    places = np.bincount(distinct(units, networks)[0], minlength=total)
    sizes, found = np.bincount(units, minlength=total), np.minimum(names, places)
    doubtful = (names < sizes) & (places < sizes) & (found > 1) & (sizes <= EXACT_UP_TO)
    starts = np.searchsorted(units, np.arange(total + 1)) if doubtful.any() else sizes
    for unit in np.flatnonzero(doubtful).tolist():
        rows = slice(int(starts[unit]), int(starts[unit + 1]))
        found[unit] = _matched(operators[rows], networks[rows])
    return found


def distinct(units: Ints, others: Ints) -> tuple[Ints, Ints]:
    """Each pair of numbers once, in the order of the first."""
    width = int(others.max()) + 1 if len(others) else 1
    found = once(units * width + others)
    return found // width, found % width


def once(numbers: npt.NDArray[Number]) -> npt.NDArray[Number]:
    """Each number once, ascending; numpy's own way through a hash table takes ten times as long for millions."""
    numbers = np.sort(numbers)
    is_new = np.ones(len(numbers), np.bool_)
    is_new[1:] = numbers[1:] != numbers[:-1]
    return numbers[is_new]


def _matched(operators: Ints, networks: Ints) -> int:
    """The largest matching, by augmenting paths (Kuhn, 1955)."""
    where: dict[int, list[int]] = defaultdict(list)
    for operator, network in zip(operators.tolist(), networks.tolist(), strict=True):
        where[operator].append(network)
    taken: dict[int, int] = {}

    def finds(operator: int, tried: set[int]) -> bool:
        for network in where[operator]:
            if network not in tried:
                tried.add(network)
                if network not in taken or finds(taken[network], tried):
                    taken[network] = operator
                    return True
        return False

    return sum(finds(operator, set()) for operator in where)


def _numbered(names: Sequence[Hashable]) -> Ints:
    known: dict[Hashable, int] = {}
    return np.array([known.setdefault(name, len(known)) for name in names], np.int64)
