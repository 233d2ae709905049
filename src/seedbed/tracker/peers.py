# SPDX-License-Identifier: Apache-2.0
"""Peers of one kind of address in one swarm, side by side in one piece of memory: an answer is a part of it (pure).

A peer is its compact address (BEP 23, BEP 7): 4 or 16 bytes of IP and 2 of port. Seeds stand in front, leechers behind
them: both kinds, or one, are a row. Small swarms are searched as they are; in large ones a table of places leads to a
peer at once (open addressing with linear probing, Knuth, TAOCP 3, 6.4). A peer costs its address, 4 bytes for when it
was seen, and in large swarms some 18 for the table.
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

    __slots__ = ("_has_table", "_table", "addresses", "networks", "seeds", "seen", "width")

    def __init__(self, width: int) -> None:
        self.width = width
        self.addresses = bytearray()
        self.seen = array("I")
        """When each was heard of last, in seconds of the caller's clock."""
        self.seeds = 0
        """How many of them, in front."""
        self.networks: dict[bytes, int] | None = None
        """Network -> peers; kept by whoever has a use for it, and lost when peers expire."""
        self._has_table = False
        self._table = array("I")
        """Places, by hash of the address; empty while the swarm is small."""

    def __len__(self) -> int:
        return len(self.seen)

    def find(self, address: bytes) -> int:
        """The place of a peer; -1 when it is not there."""
        if self._has_table:
            return self._look_up(address)
        at = self.addresses.find(address)
        while at >= 0 and at % self.width:  # bytes of two neighbours that look like an address
            at = self.addresses.find(address, at + 1)
        return at // self.width if at >= 0 else -1

    def put(self, address: bytes, is_seed: bool, now_s: int) -> None:  # noqa: FBT001  # by place: see Swarms.hear
        """Note a peer that was not here."""
        place = len(self.seen)
        self.addresses += address
        self.seen.append(now_s)
        self._add_to_table()
        if is_seed:
            self.make_seed(place)

    def make_seed(self, place: int) -> None:
        """A leecher has everything now."""
        self._exchange(place, self.seeds)
        self.seeds += 1

    def make_leecher(self, place: int) -> None:
        """A seed lacks something now."""
        self.seeds -= 1
        self._exchange(place, self.seeds)

    def remove(self, place: int) -> None:
        """Forget a peer: the last of its kind takes its place, and the last of all that one's."""
        if place < self.seeds:
            self.make_leecher(place)
            place = self.seeds
        last = len(self.seen) - 1
        self._exchange(place, last)
        if self._has_table:
            self._take_out(last)
        del self.addresses[last * self.width :]
        self.seen.pop()
        if self._has_table and last <= SEARCHED // 2:
            self._drop_table()

    def expire(self, before_s: int) -> int:
        """Forget who was not heard of since a moment.

        Returns:
            How many were forgotten.
        """
        kept = [place for place, seen_s in enumerate(self.seen) if seen_s >= before_s]
        gone = len(self.seen) - len(kept)
        if gone:
            width, old = self.width, self.addresses
            self.seeds = sum(place < self.seeds for place in kept)
            self.addresses = bytearray(b"".join([old[place * width : (place + 1) * width] for place in kept]))
            self.seen = array("I", [self.seen[place] for place in kept])
            self.networks = None
            self._make_table()
        return gone

    def some(self, first: int, wanted: int, start: int, besides: int) -> bytes:
        """Addresses of some peers of a row, one after the other.

        Args:
            first: Where the row begins: 0 for all, ``seeds`` for leechers. It ends with the last peer.
            wanted: At most so many.
            start: From which of the row on; from its end it goes on at its beginning. By chance, so that each peer is
                given to as many others.
            besides: Place of a peer that is left out: whoever asks. -1 for none.
        """
        count = len(self.seen) - first
        if wanted >= count:
            wanted, start = count, 0
        if besides < first:
            return self._ring(first, count, start, wanted)
        ahead = (besides - first + count - start) % count
        if ahead >= wanted:
            return self._ring(first, count, start, wanted)
        given = self._ring(first, count, start, min(wanted + 1, count))
        return given[: ahead * self.width] + given[(ahead + 1) * self.width :]

    def _ring(self, first: int, count: int, start: int, wanted: int) -> bytes:
        """Neighbours in a row whose end is beside its beginning."""
        width, begin = self.width, first + start
        stop = begin + wanted
        part = bytes(self.addresses[begin * width : stop * width])
        if start + wanted <= count:
            return part
        return part + bytes(self.addresses[first * width : (stop - count) * width])

    def _address(self, place: int) -> bytes:
        return bytes(self.addresses[place * self.width : (place + 1) * self.width])

    def _exchange(self, one: int, other: int) -> None:
        """Two peers take each other's place."""
        if one == other:
            return
        width, seen = self.width, self.seen
        here, there = self._address(one), self._address(other)
        if self._has_table:
            slot, other_slot = self._slot_of(one), self._slot_of(other)
            self._table[slot], self._table[other_slot] = other, one
        self.addresses[one * width : (one + 1) * width] = there
        self.addresses[other * width : (other + 1) * width] = here
        seen[one], seen[other] = seen[other], seen[one]

    def _add_to_table(self) -> None:
        """The last peer is new."""
        count = len(self.seen)
        if self._has_table and count * 2 <= len(self._table):
            self._put_into(self._table, count - 1)
        elif count > SEARCHED:
            self._make_table()

    def _make_table(self) -> None:
        """A table at most half full afterwards, for as many peers again; none for a small swarm."""
        count = len(self.seen)
        if count <= SEARCHED:
            self._drop_table()
            return
        size = 1 << (count * 3 - 1).bit_length()
        self._has_table = True
        self._table = array("I", [_FREE]) * size
        for place in range(count):
            self._put_into(self._table, place)

    def _drop_table(self) -> None:
        self._has_table, self._table = False, array("I")

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
