# SPDX-License-Identifier: Apache-2.0
"""The UDP tracker protocol as bytes (BEP 15; the extension of BEP 41 is passed over). Pure.

A datagram that is not what it should be gets no answer: whoever sends it may have forged where it came from, and an
answer would hit somebody else. Connection ids need no memory: each is a keyed hash of address and time.
"""

from __future__ import annotations

import hashlib
import struct
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seedbed.tracker.swarm import Answer, Count

PROTOCOL = 0x417_2710_1980
CONNECT, ANNOUNCE, SCRAPE, ERROR = range(4)
CONNECT_BYTES, ANNOUNCE_BYTES = 16, 98
MAX_SCRAPED = 70
"""Hashes in one datagram: about 74 fit (BEP 15), and 70 is what clients send."""
ID_LIFE_S = 120
"""A connection id is good for two minutes (BEP 15); here for one to two slots of this length."""

_HEAD = struct.Struct(">QII")
_ANNOUNCE = struct.Struct(">QII20s20sQQQIIIiH")
_CONNECTED = struct.Struct(">IIQ")
_ANSWER = struct.Struct(">IIIII")
_TWO, _THREE = struct.Struct(">II"), struct.Struct(">III")


class Connect(NamedTuple):
    """A client asks for a connection id."""

    transaction: int


class Announce(NamedTuple):
    """A client says what it has, and asks for peers. What it says of its address is passed over."""

    transaction: int
    connection: int
    info_hash: bytes
    left: int
    event: int
    wanted: int
    """Negative for as many as we give."""
    port: int


class Scrape(NamedTuple):
    """A client asks for numbers."""

    transaction: int
    connection: int
    info_hashes: tuple[bytes, ...]


def parse(datagram: bytes) -> Connect | Announce | Scrape | None:
    """Read a request; None for anything that is none."""
    if len(datagram) < CONNECT_BYTES:
        return None
    connection, action, transaction = _HEAD.unpack_from(datagram)
    if action == ANNOUNCE and len(datagram) >= ANNOUNCE_BYTES:
        _, _, _, info_hash, _, _, left, _, event, _, _, wanted, port = _ANNOUNCE.unpack_from(datagram)
        return Announce(transaction, connection, info_hash, left, event if event < 4 else 0, wanted, port)
    if action == CONNECT and connection == PROTOCOL:
        return Connect(transaction)
    if action == SCRAPE and len(datagram) >= CONNECT_BYTES + 20:
        stop = min(len(datagram), CONNECT_BYTES + 20 * MAX_SCRAPED) - 19
        return Scrape(transaction, connection, tuple(datagram[at : at + 20] for at in range(CONNECT_BYTES, stop, 20)))
    return None


def connected(transaction: int, connection: int) -> bytes:
    """The answer to :class:`Connect`: 16 bytes, as long as the question."""
    return _CONNECTED.pack(CONNECT, transaction, connection)


def announced(transaction: int, interval_s: int, answer: Answer) -> bytes:
    """The answer to :class:`Announce`."""
    return _ANSWER.pack(ANNOUNCE, transaction, interval_s, answer.leechers, answer.seeds) + answer.peers


def scraped(transaction: int, counts: Sequence[Count]) -> bytes:
    """The answer to :class:`Scrape`: seeds, completed, leechers of each hash."""
    return _TWO.pack(SCRAPE, transaction) + b"".join([_THREE.pack(*count) for count in counts])


def refused(transaction: int, why: str) -> bytes:
    """For people who configured a wrong tracker; only for those whose connection id was good."""
    return _TWO.pack(ERROR, transaction) + why.encode()


class ConnectionIds:
    """Connection ids without memory: who asks must have got the answer, and so be where it says that it is.

    Args:
        key: Secret; kept over restarts (:func:`seedbed.tracker.keeping.key_of`), so that ids stay good.
    """

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._slot = -1
        self._known: dict[bytes, int] = {}
        """Ids of this slot: most clients ask again at once. Emptied when it grows, or the slot ends."""

    def of(self, ip: bytes, now_s: int) -> int:
        """The id of an address now.

        Args:
            ip: Packed: 4 or 16 bytes. The port is left out: some routers change it with each datagram.
            now_s: Seconds of a clock that never goes back.
        """
        slot = now_s // ID_LIFE_S
        if slot != self._slot or len(self._known) > 100_000:
            self._slot = slot
            self._known.clear()
        found = self._known.get(ip)
        if found is None:
            found = self._known[ip] = self._make(ip, slot)
        return found

    def is_good(self, connection: int, ip: bytes, now_s: int) -> bool:
        """Whether this address got this id in this slot, or in the one before."""
        return connection == self.of(ip, now_s) or connection == self._make(ip, now_s // ID_LIFE_S - 1)

    def _make(self, ip: bytes, slot: int) -> int:
        made = hashlib.blake2b(ip + slot.to_bytes(8, "big", signed=True), key=self._key, digest_size=8)
        return int.from_bytes(made.digest(), "big")
