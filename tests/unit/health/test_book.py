# SPDX-License-Identifier: Apache-2.0
"""What a registry believes: leases that are new enough, for as long as they last, of nodes that were proved."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from seedbed.health.leases import book as books
from seedbed.health.leases.book import Book, Node, Refused, Table
from seedbed.health.leases.lease import Lease

NOW_S = 1_800_000_000
HOUR_S = 3_600


class World:
    """A registry and its clocks."""

    def __init__(self, *units: int) -> None:
        self.passed_s = 0.0
        self.book = Book(b"k" * 32, lambda: self.passed_s, dict.fromkeys(units, 10**9))
        self.serial = 0

    def lease(self, name: str, held: tuple[int, ...] = (), **changes: Any) -> Lease:
        """Of a node, newer than all before."""
        self.serial += 1
        fetching = np.array(sorted(changes.pop("fetching", ())), np.uint64)
        values: dict[str, Any] = {
            "node": name.encode().ljust(32), "serial": self.serial, "until_s": self.now_s + HOUR_S,
            "held": np.array(sorted(held), np.uint64), "fetching": fetching, "capacity_bytes": 10**12, "uptime": 0.5,
            "port": 6881,
        }  # fmt: skip
        return Lease(**(values | changes))

    @property
    def now_s(self) -> int:
        """Seconds since 1970."""
        return NOW_S + int(self.passed_s)

    def take(self, lease: Lease, ip: bytes = bytes((11, 1, 1, 1))) -> Node | Refused:
        """A lease comes."""
        return self.book.take(lease, ip, self.now_s)

    def proved(self, name: str, held: tuple[int, ...], net: int, **changes: Any) -> Node:
        """A node that was proved, in a network of its own."""
        node = self.take(self.lease(name, held, **changes), bytes((11, 1, net, 1)))
        assert isinstance(node, Node)
        self.book.judged(node, is_good=True)
        return self.book.nodes[node.lease.node]

    def table(self) -> Table:
        """All that holds now."""
        self.book.expire()
        return Table.of(tuple(self.book.nodes.values()))

    def told(self, unit: int) -> tuple[int, int, int, int]:
        """Holders, proved, independent and fetching."""
        report = self.table().report(self.book.sizes, self.now_s, NOW_S)
        (row,) = report.rows_of(np.array([unit], np.uint64)).tolist()
        if row < 0:
            return 0, 0, 0, 0
        counts = (report.holders, report.proved, report.independent, report.fetching)
        return tuple(int(one[row]) for one in counts)  # type: ignore[return-value]


def status(found: Node | Refused) -> int:
    """Of HTTP."""
    return found.status if isinstance(found, Refused) else 200


def test_who_holds_and_fetches() -> None:
    """Newcomers are holders; they count once they are proved."""
    world = World(1, 2)
    node = world.take(world.lease("a", (1,), fetching=(2,)))
    assert isinstance(node, Node)
    assert world.told(1) == (1, 0, 0, 0)
    assert world.told(2) == (0, 0, 0, 1)
    world.book.judged(node, is_good=True)
    assert world.told(1) == (1, 1, 1, 0)


def test_one_operator_and_one_network_count_once() -> None:
    """Five were proved, three of them are independent."""
    world = World(1)
    world.proved("a", (1,), 1, operator="Us")
    world.proved("b", (1,), 2, operator="Us")
    world.proved("c", (1,), 3)
    world.proved("d", (1,), 3)
    world.proved("e", (1,), 4)
    assert world.told(1) == (5, 5, 3, 0)


def test_what_a_node_is_told_is_without_itself() -> None:
    """Its neighbour in the same network is one copy, and so are both of them together."""
    world = World(1, 2, 3)
    one = world.proved("a", (1, 2), 1)
    world.proved("b", (1,), 1)
    world.proved("c", (1, 3), 2)
    answer = world.table().answer(world.lease("a", (1, 2, 9)), world.now_s, is_proved=one.is_proved)
    assert answer.proved.tolist() == [2, 0, 0]
    assert answer.independent.tolist() == [2, 0, 0]
    assert world.told(1) == (3, 3, 2, 0)


def test_an_answer_of_an_empty_book() -> None:
    """Not a fault."""
    world = World()
    answer = world.table().answer(world.lease("a", (1, 2)), world.now_s, is_proved=False)
    assert answer.independent.tolist() == [0, 0]


def test_only_units_of_the_catalogue_count() -> None:
    """Whatever else a lease says; without a catalogue all do."""
    world = World(1)
    world.take(world.lease("a", (1, 2), fetching=(3,)))
    assert world.table().keys.tolist() == [1]
    world = World()
    world.take(world.lease("a", (1, 2), fetching=(3,)))
    assert world.table().keys.tolist() == [1, 2, 3]


def test_a_new_list_of_units_is_followed() -> None:
    """By the leases that come from then on."""
    world = World(1)
    world.book.sizes = {2: 5}
    world.take(world.lease("a", (1, 2)))
    assert world.table().keys.tolist() == [2]


def test_a_lease_ends() -> None:
    """Nobody holds what nobody says any more."""
    world = World(1)
    world.proved("a", (1,), 1)
    world.passed_s += HOUR_S
    assert world.told(1) == (0, 0, 0, 0)


def test_a_node_that_leaves_says_so() -> None:
    """With a lease that is over; it counts from then on no more, and its old leases do not come back."""
    world = World(1)
    old = world.lease("a", (1,))
    world.take(old)
    assert status(world.take(world.lease("a", (1,), until_s=world.now_s))) == 200
    assert world.told(1) == (0, 0, 0, 0)
    assert status(world.take(old)) == 409


def test_an_old_lease_sent_again() -> None:
    """Whoever kept it cannot take back what the node has said since; not even after its end."""
    world = World(1)
    old, new = world.lease("a", (1,), until_s=NOW_S + 2 * HOUR_S), world.lease("a", ())
    assert (status(world.take(new)), status(world.take(old)), status(world.take(new))) == (200, 409, 409)
    world.passed_s += HOUR_S
    assert status(world.take(old)) == 409


def test_a_lease_for_too_long() -> None:
    """Or from a clock that is ahead: so long nobody remembers its serial."""
    world = World(1)
    assert status(world.take(world.lease("a", (1,), until_s=NOW_S + books.MAX_LIFE_S + 1))) == 400


def test_a_node_that_fails_is_unproved_at_once() -> None:
    """And proved again when it gives again."""
    world = World(1)
    node = world.proved("a", (1,), 1)
    world.book.judged(node, is_good=False)
    assert (world.told(1), world.book.nodes[node.lease.node].failures) == ((1, 0, 0, 0), 1)
    world.book.judged(node, is_good=True)
    assert (world.told(1), world.book.nodes[node.lease.node].failures) == ((1, 1, 1, 0), 0)


def test_what_was_proved_stays_with_a_refresh() -> None:
    """From the same address and port; from another one it is proved again."""
    world = World(1, 2)
    world.proved("a", (1,), 1)
    world.take(world.lease("a", (1, 2)), bytes((11, 1, 1, 1)))
    assert world.told(2) == (1, 1, 1, 0)
    world.take(world.lease("a", (1, 2), port=7000), bytes((11, 1, 1, 1)))
    assert world.told(2) == (1, 0, 0, 0)
    world.proved("a", (1, 2), 1)
    world.take(world.lease("a", (1, 2)), bytes((11, 1, 9, 1)))
    assert world.told(2) == (1, 0, 0, 0)


def test_a_probe_of_where_a_node_was() -> None:
    """It says nothing of where it is now."""
    world = World(1)
    before = world.take(world.lease("a", (1,)), bytes((11, 1, 1, 1)))
    world.take(world.lease("a", (1,)), bytes((11, 1, 2, 1)))
    assert isinstance(before, Node)
    world.book.judged(before, is_good=True)
    assert world.told(1) == (1, 0, 0, 0)


def test_too_many_nodes_of_one_network() -> None:
    """One more is refused; those that are there may refresh."""
    world = World(1)
    found = [status(world.take(world.lease(f"n{number}", (1,)))) for number in range(books.MAX_NODES_OF_NETWORK + 1)]
    assert found == [200] * books.MAX_NODES_OF_NETWORK + [429]
    assert status(world.take(world.lease("n0", (1,)))) == 200
    assert status(world.take(world.lease("other", (1,)), bytes((12, 1, 1, 1)))) == 200


@pytest.mark.parametrize("limit", ["MAX_NODES", "MAX_UNITS"])
def test_a_full_registry(limit: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """It says so; whoever is there may refresh."""
    monkeypatch.setattr(books, limit, 1)
    world = World(1)
    assert status(world.take(world.lease("a", (1,)))) == 200
    assert status(world.take(world.lease("b", (1,)))) == 503
    assert status(world.take(world.lease("a", (1,)))) == 200


def test_those_that_left_are_forgotten_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also sooner, the oldest first, where they are too many."""
    world = World(1)
    for name in "abc":
        world.take(world.lease(name, (1,), until_s=world.now_s))
    monkeypatch.setattr(books, "MAX_LEFT", 2)
    world.book.expire()
    assert len(world.book._left) == 2
    world.passed_s += books.MAX_LIFE_S
    world.book.expire()
    assert not world.book._left


def test_what_all_nodes_give() -> None:
    """Of those that were proved; and of a node that boasts, no more than is likely."""
    world = World(1, 2)
    world.book.sizes = {1: 10**12, 2: 1}
    world.proved("a", (1,), 1, capacity_bytes=4 * 10**12, uptime=0.5)
    world.proved("b", (2,), 2, capacity_bytes=10**18, uptime=1.0)
    world.take(world.lease("c", (1,), capacity_bytes=10**15))
    report = world.table().report(world.book.sizes, world.now_s, NOW_S)
    assert int(report.online_bytes.sum()) == 2 * 10**12 + books.LEAST_COUNTED_BYTES


def test_countries() -> None:
    """Different ones, of the proved holders that tell one."""
    world = World(1)
    for number, country in enumerate(("IS", "IS", "NO", "")):
        world.proved(f"n{number}", (1,), number, country=country)
    world.take(world.lease("x", (1,), country="SE"))
    report = world.table().report(world.book.sizes, world.now_s, NOW_S)
    assert report.countries.tolist() == [2]
    assert (report.nodes, report.proved_nodes) == (5, 4)
