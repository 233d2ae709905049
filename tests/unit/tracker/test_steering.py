# SPDX-License-Identifier: Apache-2.0
"""The kernel's program chooses the owner of a swarm; rounds come to every swarm; what others have is added."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seedbed.tracker.others import Others
from seedbed.tracker.rounds import ROUND_S, Rounds
from seedbed.tracker.swarm import Count
from seedbed.tracker.workers.steering import owner, program


def chosen(datagram: bytes, workers: int) -> int:
    """What the kernel would choose: the few instructions that are used, by the text of linux/filter.h."""
    at = number = 0
    instructions = program(workers)
    while True:
        code, when, otherwise, operand = instructions[at]
        at += 1
        match code:
            case 0x80:
                number = len(datagram)
            case 0x30:
                number = datagram[operand]
            case 0x35:
                at += when if number >= operand else otherwise
            case 0x15:
                at += when if number == operand else otherwise
            case 0x05:
                at += operand
            case 0x94:
                number %= operand
            case 0x16:
                return number
            case 0x06:
                return operand


@given(st.binary(min_size=8, max_size=8), st.binary(min_size=20, max_size=20), st.integers(2, 256))
def test_announces_come_to_the_owner_and_scrapes_to_the_first(
    connection: bytes, info_hash: bytes, workers: int
) -> None:
    """Whoever sends them."""
    announce = struct.pack(">8sII20s", connection, 1, 7, info_hash) + bytes(62)

    assert chosen(announce, workers) == owner(info_hash, workers)
    assert chosen(struct.pack(">8sII20s", connection, 2, 7, info_hash), workers) == 0


@given(st.binary(max_size=200), st.integers(2, 256))
def test_any_bytes_come_to_somebody(datagram: bytes, workers: int) -> None:
    """No instruction reads behind the end; connects are shared by a byte of their transaction id."""
    assert 0 <= chosen(datagram, workers) < workers


@pytest.mark.parametrize("count", [0, 1, 119, 120, 121, 1000])
def test_every_swarm_is_looked_at_in_each_round(count: int) -> None:
    """Once, and about as many each second."""
    all_ = [number.to_bytes(20, "big") for number in range(count)]
    rounds = Rounds(lambda: all_)

    shares = [rounds.share(1) for _ in range(ROUND_S)]

    assert {one for share in shares for one in share} == set(all_)
    assert max(map(len, shares)) <= -(-count // ROUND_S)


def test_numbers_of_others_are_added() -> None:
    """Of swarms, and of workers."""
    others = Others({b"a": Count(1, 2, 3)}, {1: {"peers": 4}, 2: {"peers": 5, "swarms": 1}})

    assert others.plus(b"a", Count(10, 20, 30)) == Count(11, 22, 33)
    assert others.plus(b"b", Count(10, 20, 30)) == Count(10, 20, 30)
    assert (others.total("peers"), others.total("swarms"), others.total("refused")) == (9, 1, 0)
