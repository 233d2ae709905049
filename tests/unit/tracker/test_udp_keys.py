# SPDX-License-Identifier: Apache-2.0
"""Keys over UDP: the path of the announce address stands in options behind an announce (BEP 41)."""

from __future__ import annotations

import random
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seedbed.tracker import udp_wire
from seedbed.tracker.access import Everything
from seedbed.tracker.swarm import Limits, Swarms
from seedbed.tracker.tracker import NO_KEY, Tracker
from seedbed.tracker.udp_wire import ConnectionIds
from tests.datagrams import PROTOCOL

HOME = bytes((11, 22, 33, 44))


def option(text: bytes) -> bytes:
    """Of path and query."""
    return bytes((2, len(text))) + text


def announce(connection: bytes, options: bytes = b"") -> bytes:
    """With what stands behind it."""
    head = struct.pack(">8sII20s20s", connection, 1, 99, b"h" * 20, b"-TR4060-abcdefghijkl")
    return head + struct.pack(">QQQIIIiH", 5, 1, 6, 0, 0, 1234, -1, 6881) + options


@pytest.mark.parametrize(
    ("options", "key"),
    [
        (b"", ""),
        (option(b"/announce"), ""),
        (option(b"/town-key/announce"), "town-key"),
        (option(b"/town-key/announce?x=/other/announce"), "town-key"),
        (option(b"/town-") + b"\x01\x01" + option(b"key/announce") + b"\x00" + option(b"x"), "town-key"),
        (b"\x09\x03abc" + option(b"/town-key/announce"), "town-key"),
        (option(b"/town-key/scrape"), ""),
        (b"\x02", ""),
        (b"\x02\xff/town-key/announce", "town-key"),  # cut off: what is there counts
    ],
)
def test_the_path_of_an_announce(options: bytes, key: str) -> None:
    """In one part or several, with others between."""
    assert udp_wire.key_of(announce(bytes(8), options)) == key


def test_only_those_with_a_key() -> None:
    """Others are told so, and nothing of them is kept; a scrape names no key."""
    swarms = Swarms(Limits(), random.Random(1).randrange)
    one = Tracker(swarms, Everything(), ConnectionIds(b"key"), keys=frozenset({"town-key"}))
    answer = one.datagram(struct.pack(">QII", PROTOCOL, 0, 77), HOME, 0)
    assert answer
    connection = answer[8:]

    refused = [announce(connection), announce(connection, option(b"/no-such-key/announce")),
               struct.pack(">8sII", connection, 2, 99) + b"h" * 20 * 9]  # fmt: skip
    for data in refused:
        assert one.datagram(data, HOME, 0) == struct.pack(">II", 3, 99) + NO_KEY.encode()
    assert (swarms.peers, one.totals.refused) == (0, 3)
    assert one.datagram(announce(connection, option(b"/town-key/announce")), HOME, 0)
    assert swarms.peers == 1
    assert one.datagram(announce(bytes(8), option(b"/town-key/announce")), HOME, 0) is None


@given(st.binary(max_size=300))
def test_any_options_are_a_key_or_none(options: bytes) -> None:
    """Never an error, never an end that does not come."""
    assert isinstance(udp_wire.key_of(announce(bytes(8), options)), str)
