# SPDX-License-Identifier: Apache-2.0
"""Datagrams of many clients of a tracker, good and bad ones, the same each time."""

from __future__ import annotations

import random
import struct
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from seedbed.tracker.tracker import Tracker

PROTOCOL = 0x417_2710_1980
CLIENTS, HASHES = 400, 7


def talk(
    tracker: Tracker, count: int = 20_000, answer: Callable[[bytes, bytes, int], bytes | None] | None = None
) -> list[str]:
    """Let clients connect, announce, scrape, stop, forge and stammer; peers expire, and swarms are removed.

    Args:
        tracker: Open, with chance that is the same each time.
        count: Datagrams.
        answer: Another way to its answers than ``tracker.datagram``.

    Returns:
        Its answers in hex; empty where there was none. The last one is what it counted.
    """
    answer = answer or tracker.datagram
    chance, ids, answers = random.Random(11), dict[int, bytes](), []
    for number in range(count):
        client, now_s = chance.randrange(CLIENTS), number // 20
        ip = _ip(client)
        if client not in ids or chance.random() < 0.05:
            found = answer(struct.pack(">QII", PROTOCOL, 0, number), ip, now_s)
            ids[client] = (found or bytes(16))[8:]
        else:
            found = answer(_question(chance, ids[client], number), ip, now_s)
        answers.append((found or b"").hex())
        if number % 1000 == 999:
            tracker.swarms.expire([bytes([one]) * 20 for one in range(HASHES)], now_s + 2_000)
        if number % 7000 == 6999:
            tracker.swarms.drop(bytes([number // 7000]) * 20)
    return [*answers, repr((tracker.totals, tracker.swarms.peers, len(tracker.swarms)))]


def _ip(client: int) -> bytes:
    """Every fourth has IPv6; IPv4 of three networks, so that some are full."""
    return (
        bytes.fromhex("2a0104f8") + client.to_bytes(12, "big")
        if client % 4 == 0
        else bytes((11, 22, client % 3, client % 251))
    )


def _question(chance: random.Random, connection: bytes, number: int) -> bytes:
    if chance.random() < 0.05:
        connection = chance.randbytes(8)
    if chance.random() < 0.1:
        hashes = [bytes([chance.randrange(HASHES + 1)]) * 20 for _ in range(chance.randrange(80))]
        return struct.pack(">8sII", connection, 2, number) + b"".join(hashes)
    data = struct.pack(
        ">8sII20s20sQQQIIIiH", connection, 1, number, bytes([chance.randrange(HASHES)]) * 20, b"-XX0001-abcdefghijkl",
        5, chance.choice((0, 0, 0, 7, 2**64 - 1)), 6, chance.choice((0, 0, 0, 1, 2, 3, 4, 2**32 - 1)), 0, 1,
        chance.choice((-1, 0, 1, 5, 30, 80, 200, 2**31 - 1, -(2**31))), chance.choice((6881, 6882, 1023, 0, 65535)),
    )  # fmt: skip
    return data[: chance.choice((16, 36, 97))] if chance.random() < 0.02 else data + bytes(chance.choice((0, 0, 9)))
