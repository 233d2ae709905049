# SPDX-License-Identifier: Apache-2.0
"""How many peers the table knows of is reckoned, and nobody is counted twice."""

from __future__ import annotations

import hashlib
import ipaddress

import pytest

from seedbed.core.krpc import Reply
from seedbed.following.dht.swarm import Swarm


def filter_of(count: int, network: str = "192.0.0.0/8") -> bytes:
    """A node's filter of so many addresses (BEP 33, *Bloom filters*)."""
    bits = bytearray(256)
    for number in range(count):
        digest = hashlib.sha1(ipaddress.ip_network(network, strict=False)[number].packed).digest()
        for at in (digest[0] | digest[1] << 8, digest[2] | digest[3] << 8):
            bits[at % 2048 // 8] |= 1 << at % 8
    return bytes(bits)


@pytest.mark.parametrize(("count", "off"), [(0, 0), (1, 0), (10, 1), (256, 15), (1_000, 60)])
def test_filters_are_reckoned(count: int, off: int) -> None:
    """To some percent; two nodes that know the same peers count them once."""
    swarm = Swarm()
    for _ in range(2):
        swarm.add(Reply(b"t", seed_filter=filter_of(count), peer_filter=filter_of(0)))

    assert swarm.seeds is not None
    assert abs(swarm.seeds - count) <= off
    assert swarm.leechers == 0


def test_the_standards_own_example() -> None:
    """BEP 33, *Test Vectors*: 192.0.2.0 to 192.0.2.255 and 2001:DB8:: to 2001:DB8::3E7 are some 1,224."""
    bits = int.from_bytes(filter_of(256, "192.0.2.0/24")) | int.from_bytes(filter_of(1_000, "2001:db8::/64"))
    swarm = Swarm()
    swarm.add(Reply(b"t", peer_filter=bits.to_bytes(256)))

    assert swarm.leechers == 1_225  # 1224.9308, rounded


def test_a_filter_of_a_liar_has_a_limit() -> None:
    """All bits set is some 7,800 peers, and no error."""
    swarm = Swarm()
    swarm.add(Reply(b"t", seed_filter=b"\xff" * 256))

    assert swarm.seeds is not None
    assert 7_000 < swarm.seeds < 8_000


def test_addresses_are_counted_once() -> None:
    """Without any filter nobody knows which of them are seeds."""
    swarm = Swarm()
    swarm.add(Reply(b"t", peers=(b"aaaaaa", b"bbbbbb")))
    swarm.add(Reply(b"t", peers=(b"bbbbbb",)))

    assert (swarm.seen, swarm.seeds, swarm.leechers) == (2, None, None)
