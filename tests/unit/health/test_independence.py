# SPDX-License-Identifier: Apache-2.0
"""How many copies there are if one operator, and one network, count once; and networks without addresses."""

from __future__ import annotations

import ipaddress
from itertools import combinations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from seedbed.health.leases.independence import EXACT_UP_TO, Owners, count
from seedbed.health.leases.networks import network_of

KEY = b"k" * 32
_holders = st.lists(st.tuples(st.sampled_from("abcdef"), st.integers(0, 5)), min_size=1, max_size=9)


def one_unit(holders: list[tuple[str, int]]) -> int:
    """Independent holders of a unit that all of them hold."""
    owners = Owners.of([one for one, _ in holders], [two for _, two in holders])
    nodes = np.arange(len(holders))
    return int(count(np.zeros_like(nodes), nodes, owners, 1)[0])


def truly(holders: list[tuple[str, int]]) -> int:
    """The same by trying everything."""
    distinct = list(set(holders))
    for size in range(len(distinct), 0, -1):
        for some in combinations(distinct, size):
            if len({one for one, _ in some}) == len({two for _, two in some}) == size:
                return size
    return 0


def test_strangers_count_each() -> None:
    """Nobody shares anything."""
    assert one_unit([("a", 1), ("b", 2), ("c", 3)]) == 3


def test_one_operator_counts_once() -> None:
    """In as many networks as it likes."""
    assert one_unit([("a", 1), ("a", 2), ("a", 3), ("b", 4)]) == 2


def test_one_network_counts_once() -> None:
    """Under as many names as they like."""
    assert one_unit([("a", 1), ("b", 1), ("c", 1), ("d", 2)]) == 2


def test_a_tangle() -> None:
    """Three names and three networks, and yet two copies."""
    assert one_unit([("a", 1), ("a", 2), ("a", 3), ("b", 1), ("c", 1)]) == 2


def test_several_units() -> None:
    """Each is counted by itself; what nobody holds has none."""
    owners = Owners.of(["a", "b", "a", "c"], [1, 2, 3, 2])
    units, nodes = np.array([0, 0, 0, 2, 2, 4]), np.array([0, 1, 2, 1, 3, 3])
    assert count(units, nodes, owners, 5).tolist() == [2, 0, 1, 0, 1]


def test_nobody() -> None:
    """Not a fault."""
    nothing = np.empty(0, np.int64)
    assert count(nothing, nothing, Owners.of([], []), 2).tolist() == [0, 0]


def test_more_than_is_reckoned_exactly() -> None:
    """The smaller number of operators and networks: at least as many as there are, and quick."""
    holders = [(f"o{number % 20}", number // 2) for number in range(3 * EXACT_UP_TO)]
    assert one_unit(holders) == 20


@given(_holders)
def test_as_by_trying_everything(holders: list[tuple[str, int]]) -> None:
    """Of few holders."""
    assert one_unit(holders) == truly(holders)


@given(_holders, st.tuples(st.sampled_from("abcdef"), st.integers(0, 5)))
def test_nobody_can_take_a_copy_from_others(holders: list[tuple[str, int]], more: tuple[str, int]) -> None:
    """Whoever joins, under whatever name: the count does not fall."""
    assert one_unit([*holders, more]) >= one_unit(holders)


def network(address: str, key: bytes = KEY) -> bytes:
    """Of an address as people write it."""
    return network_of(ipaddress.ip_address(address).packed, key)


def test_networks() -> None:
    """A /24 and a /48 are one; the next one is another."""
    assert network("11.22.33.1") == network("11.22.33.254") != network("11.22.34.1")
    assert network("2a01:1:2:3::1") == network("2a01:1:2:ffff::9") != network("2a01:1:3::1")


def test_at_home_a_machine_is_a_network() -> None:
    """There a machine is what fails."""
    assert network("192.168.1.4") != network("192.168.1.5")
    assert network("fd00::1") != network("fd00::2")


def test_a_network_tells_no_address() -> None:
    """Without the key, which is made anew at each start, nobody can try all of them."""
    assert network("11.22.33.1") != network("11.22.33.1", b"x" * 32)
