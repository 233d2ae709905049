# SPDX-License-Identifier: Apache-2.0
"""Who answers a need: a lottery in which each node knows its own lot and needs nobody's list of nodes (pure).

Risk-weighted rendezvous hashing (after Thaler and Ravishankar, 1998): the lot is a hash of node and unit and never
changes, so the same nodes answer each time, and copies do not wander. How many answer depends on how much is lacking,
and on the share of the network's space that a node gives.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from seedbed.node.policy.rules import DEFAULT, Rules

if TYPE_CHECKING:
    from seedbed.node.policy.arrays import Flags, Floats, Ints, Keys

_EAGER = 4.0


def key_of(name: bytes) -> int:
    """64 bits that stand for a node (its public key) or a unit (its info-hash and part)."""
    return int.from_bytes(hashlib.blake2b(name, digest_size=8).digest(), "big")


@dataclass(frozen=True, slots=True)
class Space:
    """How much all nodes give, by size of node: one published histogram. To be wrong by ten times does no harm."""

    budgets_bytes: Floats
    """Sizes of nodes, ascending."""
    online_bytes: Floats
    """Bytes times uptime of all nodes of at least that size."""

    @classmethod
    def of(cls, budgets_bytes: Floats, uptimes: Floats) -> Space:
        """Of a list of nodes."""
        order = np.argsort(budgets_bytes)
        budgets = np.asarray(budgets_bytes, np.float64)[order]
        given = (budgets * np.asarray(uptimes)[order])[::-1].cumsum()[::-1]
        return cls(budgets, given)

    @property
    def total_bytes(self) -> float:
        """Bytes that are online, of all nodes."""
        return float(self.online_bytes[0]) if len(self.online_bytes) else 0.0

    def able_bytes(self, sizes_bytes: Ints) -> Floats:
        """Bytes online, of the nodes that could hold a unit of each size."""
        if not len(self.budgets_bytes):
            return np.zeros(len(sizes_bytes))
        at = np.minimum(np.searchsorted(self.budgets_bytes, sizes_bytes), len(self.budgets_bytes) - 1)
        return self.online_bytes[at]


def pull(short: Floats, needed_h: Floats, able_bytes: Floats, rules: Rules = DEFAULT) -> Floats:
    """How strongly each need calls: times a node's online bytes it is the chance that this node answers.

    Args:
        short: Copies lacking.
        needed_h: For how long.
        able_bytes: From :meth:`Space.able_bytes`.
        rules: The policy's.
    """
    doublings = np.minimum(needed_h / rules.doubling_h, rules.max_doublings)
    return np.asarray(rules.factor * np.maximum(short, 0) * np.exp2(doublings) / np.maximum(able_bytes, 1), np.float64)


def lots(unit_keys: Keys, node_key: int | Keys) -> Floats:
    """The lot of a node for each unit, in [0, 1): the last step of SplitMix64 over both keys.

    Arrays of different shapes are combined as numpy does: a column of units and a row of nodes give a table.
    """
    with np.errstate(over="ignore"):
        x = unit_keys ^ (node_key if isinstance(node_key, np.ndarray) else np.uint64(node_key))
        x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        x ^= x >> np.uint64(31)
    return np.asarray((x >> np.uint64(40)) * np.float32(2**-24), np.float32)


def eagerness(free_share: float) -> float:
    """By how much sooner a node answers that has room: small nodes, which few units fit, would stay empty without.

    Args:
        free_share: Of its budget, 0 to 1.
    """
    return 1 + _EAGER * min(max(free_share, 0.0), 1.0)


def answers(drawn: Floats, pulls: Floats, online_bytes: float | Floats) -> Flags:
    """Which needs a node answers."""
    return np.asarray(drawn < pulls * online_bytes)
