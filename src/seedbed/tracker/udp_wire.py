# SPDX-License-Identifier: Apache-2.0
"""The UDP tracker protocol as bytes (BEP 15; of BEP 41 the path of the address, for keys). Pure.

A datagram that is not what it should be gets no answer: whoever sends it may have forged where it came from, and an
answer would hit somebody else. Connection ids need no memory: each is a keyed hash of address and time.
"""

from __future__ import annotations

import hashlib
import struct
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seedbed.tracker.swarm import Count

PROTOCOL = 0x417_2710_1980
CONNECT, ANNOUNCE, SCRAPE, ERROR, NOTHING = range(5)
CONNECT_BYTES, ANNOUNCE_BYTES = 16, 98
MAX_SCRAPED = 70
"""Hashes in one datagram: about 74 fit (BEP 15), and 70 is what clients send."""
ID_LIFE_S = 120
"""A connection id is good for two minutes (BEP 15); here for one to two slots of this length."""

_REMEMBERED = 100_000
"""Ids that are known to be good, of each of two slots: some 10 MB."""
_PROTOCOL = PROTOCOL.to_bytes(8, "big")
_KINDS = {kind.to_bytes(4, "big"): kind for kind in (CONNECT, ANNOUNCE, SCRAPE)}
_CONNECTED, _ANNOUNCED, _SCRAPED, _REFUSED = (kind.to_bytes(4, "big") for kind in (CONNECT, ANNOUNCE, SCRAPE, ERROR))
_EVENTS = {event.to_bytes(4, "big"): event for event in range(4)}
_NOTHING_LEFT = bytes(8)
_WORDS = tuple(number.to_bytes(4, "big") for number in range(4_096))
"""Numbers that most answers are made of."""
_THREE = struct.Struct(">III")


def kind_of(datagram: bytes) -> int:
    """``CONNECT``, ``ANNOUNCE``, ``SCRAPE``, or ``NOTHING`` for anything that is no request."""
    size = len(datagram)
    kind: int = _KINDS.get(datagram[8:12], NOTHING)
    if kind == ANNOUNCE:
        return kind if size >= ANNOUNCE_BYTES else NOTHING
    if kind == CONNECT:
        return kind if size >= CONNECT_BYTES and datagram[:8] == _PROTOCOL else NOTHING
    return kind if size >= CONNECT_BYTES + 20 else NOTHING


def connection_of(datagram: bytes) -> bytes:
    """The connection id in an announce or a scrape: 8 bytes."""
    return datagram[:8]


def transaction_of(datagram: bytes) -> bytes:
    """What the answer repeats: 4 bytes."""
    return datagram[12:16]


def read_announce(datagram: bytes) -> tuple[bytes, bool, int, int, int]:
    """What an announce says. What it says of its address is passed over.

    Returns:
        Info-hash; whether nothing is left; event; wanted peers (negative: as many as we give; 255: or more); port.
    """
    wanted = datagram[95] if datagram[92] == datagram[93] == datagram[94] == 0 else 255 if datagram[92] < 128 else -1
    event: int = _EVENTS.get(datagram[80:84], 0)
    return datagram[16:36], datagram[64:72] == _NOTHING_LEFT, event, wanted, datagram[96] << 8 | datagram[97]


def read_scrape(datagram: bytes) -> list[bytes]:
    """The info-hashes that a scrape asks for."""
    stop = min(len(datagram), CONNECT_BYTES + 20 * MAX_SCRAPED) - 19
    return [datagram[at : at + 20] for at in range(CONNECT_BYTES, stop, 20)]


def connected(transaction: bytes, connection: bytes) -> bytes:
    """The answer to a connect: 16 bytes, as long as the question."""
    return _CONNECTED + transaction + connection


def announced(transaction: bytes, interval_s: int, leechers: int, seeds: int, peers: bytes) -> bytes:
    """The answer to an announce."""
    return b"".join((_ANNOUNCED, transaction, _word(interval_s), _word(leechers), _word(seeds), peers))


def scraped(transaction: bytes, counts: Sequence[Count]) -> bytes:
    """The answer to a scrape: seeds, completed, leechers of each hash."""
    return _SCRAPED + transaction + b"".join([_THREE.pack(*count) for count in counts])


def refused(transaction: bytes, why: str) -> bytes:
    """For people who configured a wrong tracker; only for those whose connection id was good."""
    return _REFUSED + transaction + why.encode()


def key_of(datagram: bytes) -> str:
    """What stands before ``/announce`` in the path of the address that a client asks at; empty when it tells none.

    The path stands in options behind an announce (BEP 41): 0 ends them, 1 is a byte of nothing, 2 has a length and a
    part of path and query; of others the length tells how to pass over them.
    """
    at, path = 98, b""
    while at < len(datagram) and datagram[at]:
        if datagram[at] == 1:
            at += 1
            continue
        length = datagram[at + 1] if at + 1 < len(datagram) else 0
        if datagram[at] == 2:
            path += datagram[at + 2 : at + 2 + length]
        at += 2 + length
    key, _, page = path.partition(b"?")[0].decode("latin-1")[1:].rpartition("/")
    return key if page == "announce" else ""


def _word(number: int) -> bytes:
    """A number of four bytes."""
    return _WORDS[number] if number < 4_096 else number.to_bytes(4, "big")


class ConnectionIds:
    """Connection ids without memory: who asks must have got the answer, and so be where it says that it is.

    Args:
        key: Secret; kept over restarts (:func:`seedbed.tracker.keeping.key_of`), so that ids stay good.
    """

    def __init__(self, key: bytes) -> None:
        self.key = key
        self._keyed = hashlib.blake2b(key=key, digest_size=8)
        self._slot = -1
        self._good: set[bytes] = set()
        """Addresses, each with its id behind it, of the slot that is: a set costs less than to make an id again."""
        self._good_before: set[bytes] = set()

    @property
    def remembered(self) -> int:
        """How many ids are known to be good."""
        return len(self._good) + len(self._good_before)

    def of(self, ip: bytes, now_s: int) -> bytes:
        """The id of an address now: 8 bytes.

        Args:
            ip: Packed: 4 or 16 bytes. The port is left out: some routers change it with each datagram.
            now_s: Seconds of a clock that never goes back.
        """
        slot = now_s // ID_LIFE_S
        if slot != self._slot or len(self._good) > _REMEMBERED:
            self._good_before = self._good if slot == self._slot + 1 else set()
            self._slot, self._good = slot, set()
        made = self._make(ip, slot)
        self._good.add(ip + made)
        return made

    def is_good(self, connection: bytes, ip: bytes, now_s: int) -> bool:
        """Whether this address got this id in this slot, or in the one before."""
        slot = now_s // ID_LIFE_S
        if slot == self._slot:
            known = ip + connection
            if known in self._good or known in self._good_before:
                return True
        if connection == self._make(ip, slot):
            self.of(ip, now_s)
            return True
        return connection == self._make(ip, slot - 1)

    def _make(self, ip: bytes, slot: int) -> bytes:
        made = self._keyed.copy()
        made.update(ip + slot.to_bytes(8, "big", signed=True))
        return made.digest()
