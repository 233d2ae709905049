# SPDX-License-Identifier: Apache-2.0
"""Peers of one kind in one swarm, side by side in one piece of memory, so that an answer is a part of it (pure).

A peer is its compact address (BEP 23, BEP 7): 4 or 16 bytes of IP and 2 of port. Small swarms are searched as they are;
in large ones a table of places leads to a peer at once (open addressing with linear probing, Knuth, TAOCP 3, 6.4).
A peer costs its address, 4 bytes for when it was seen, and in large swarms some 8 for the table.
"""

from __future__ import annotations

from array import array

SEARCHED = 128
"""Peers that are searched without a table: a few hundred bytes are found faster than they are hashed."""
_FREE = 0xFFFF_FFFF


class Peers:
    """Peers of one length of address.

    Args:
        width: Bytes of an address with its port: 6 or 18.
    """

    def __init__(self, width: int) -> None:
        self.width = width
        self.addresses = bytearray()
        self.seen = array("I")
        """When each was heard of last, in seconds of the caller's clock."""
        self._table = array("I")
        """Places, by hash of the address; empty while the swarm is small."""

    def __len__(self) -> int:
        return len(self.seen)

    def find(self, address: bytes) -> int:
        """The place of a peer; -1 when it is not there."""
        if self._table:
            return self._look_up(address)
        at = self.addresses.find(address)
        while at >= 0 and at % self.width:  # bytes of two neighbours that look like an address
            at = self.addresses.find(address, at + 1)
        return at // self.width if at >= 0 else -1

    def renew(self, address: bytes, now_s: int) -> bool:
        """Note that a peer was heard of again; whether it is here."""
        place = self.find(address)
        if place >= 0:
            self.seen[place] = now_s
        return place >= 0

    def put(self, address: bytes, now_s: int) -> bool:
        """Note that a peer was heard of; whether it is new here."""
        if self.renew(address, now_s):
            return False
        self.addresses += address
        self.seen.append(now_s)
        self._add_to_table()
        return True

    def remove(self, address: bytes) -> bool:
        """Forget a peer; whether it was there."""
        place = self.find(address)
        if place < 0:
            return False
        self._remove_at(place)
        return True

    def expire(self, before_s: int) -> int:
        """Forget who was not heard of since a moment.

        Returns:
            How many were forgotten.
        """
        kept = [place for place, seen_s in enumerate(self.seen) if seen_s >= before_s]
        gone = len(self.seen) - len(kept)
        if gone:
            width, old = self.width, self.addresses
            self.addresses = bytearray(b"".join([old[place * width : (place + 1) * width] for place in kept]))
            self.seen = array("I", [self.seen[place] for place in kept])
            self._make_table()
        return gone

    def some(self, wanted: int, start: int) -> bytes:
        """Addresses of some peers, one after the other.

        Args:
            wanted: At most so many.
            start: Place of the first; from the end it goes on at the beginning. By chance, so that each peer is given
                to as many others.
        """
        count, width = len(self.seen), self.width
        if wanted >= count:
            return bytes(self.addresses)
        stop = start + wanted
        part = bytes(self.addresses[start * width : stop * width])
        return part if stop <= count else part + bytes(self.addresses[: (stop - count) * width])

    def _remove_at(self, place: int) -> None:
        """The last peer takes the place of the one that goes."""
        width, last = self.width, len(self.seen) - 1
        if self._table:
            self._take_out(place)
            if place != last:
                self._table[self._slot_of(last)] = place
        if place != last:
            self.addresses[place * width : (place + 1) * width] = self.addresses[last * width :]
            self.seen[place] = self.seen[last]
        del self.addresses[last * width :]
        self.seen.pop()
        if self._table and len(self.seen) <= SEARCHED // 2:
            self._table = array("I")

    def _address(self, place: int) -> bytes:
        return bytes(self.addresses[place * self.width : (place + 1) * self.width])

    def _add_to_table(self) -> None:
        count = len(self.seen)
        if count <= SEARCHED and not self._table:  # a swarm that has shrunk has its table still
            return
        if count * 2 > len(self._table):
            self._make_table()
        else:
            self._put_into(self._table, count - 1)

    def _make_table(self) -> None:
        """A table at most half full afterwards, for as many peers again; none for a small swarm."""
        count = len(self.seen)
        if count <= SEARCHED:
            self._table = array("I")
            return
        size = 1 << (count * 3 - 1).bit_length()
        self._table = array("I", [_FREE]) * size
        for place in range(count):
            self._put_into(self._table, place)

    def _put_into(self, table: array[int], place: int) -> None:
        mask = len(table) - 1
        slot = hash(self._address(place)) & mask
        while table[slot] != _FREE:
            slot = (slot + 1) & mask
        table[slot] = place

    def _look_up(self, address: bytes) -> int:
        table, width, addresses = self._table, self.width, self.addresses
        mask = len(table) - 1
        slot = hash(address) & mask
        while (place := table[slot]) != _FREE:
            if addresses[place * width : (place + 1) * width] == address:
                return place
            slot = (slot + 1) & mask
        return -1

    def _slot_of(self, place: int) -> int:
        table = self._table
        mask = len(table) - 1
        slot = hash(self._address(place)) & mask
        while table[slot] != place:
            slot = (slot + 1) & mask
        return slot

    def _take_out(self, place: int) -> None:
        """Empty a slot, and move up whoever stands behind it because it was taken."""
        table = self._table
        mask = len(table) - 1
        hole = self._slot_of(place)
        slot = hole
        while True:
            slot = (slot + 1) & mask
            other = table[slot]
            if other == _FREE:
                break
            home = hash(self._address(other)) & mask
            if (slot - home) & mask >= (slot - hole) & mask:
                table[hole] = other
                hole = slot
        table[hole] = _FREE
