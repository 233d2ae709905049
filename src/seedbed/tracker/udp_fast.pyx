# SPDX-License-Identifier: Apache-2.0
# cython: language_level=3
"""The commonest datagrams answered without an object: connects, and announces of IPv4 peers that are known already.

Of the compiled form alone. It reads and writes the same swarms as the plain functions and gives the same bytes; whatever
is rarer (peers that are new, stop, or change their kind; IPv6, scrapes, keys, errors) is passed to them.
"""

from cpython.array cimport array
from cpython.bytearray cimport PyByteArray_AS_STRING, PyByteArray_GET_SIZE
from cpython.bytes cimport PyBytes_FromStringAndSize
from libc.string cimport memcmp, memcpy, memmove
from seedbed.tracker.peers cimport Peers
from seedbed.tracker.swarm cimport Swarm
from seedbed.tracker.tracker cimport Tracker
from seedbed.tracker.udp_known cimport Known, KnownSwarm

cdef extern from *:
    Py_ssize_t Py_SIZE(object) nogil

cdef enum:
    WIDTH = 6
    HEAD_BYTES = 20
    ROOM_BYTES = 2048
    MOST = 300  # peers that find room in an answer
    PASS = -1

cdef unsigned char[8] _PROTOCOL = [0, 0, 0x04, 0x17, 0x27, 0x10, 0x19, 0x80]


cdef class Fast:
    """Answers for a tracker.

    Args:
        tracker: What answers when this passes.
    """

    def __init__(self, Tracker tracker not None):
        self._tracker, self.known, self.passed = tracker, Known(tracker), 0

    def datagram(self, bytes data, bytes ip, long long now_s):
        """As :meth:`seedbed.tracker.tracker.Tracker.datagram`, by the way that a datagram of a batch takes."""
        cdef unsigned char to[ROOM_BYTES]
        cdef unsigned int packed
        cdef Py_ssize_t size = PASS
        if len(ip) == 4:
            memcpy(&packed, <const char *> ip, 4)
            self.known.begin(now_s)
            size = self.answer(<const unsigned char *> <const char *> data, len(data), packed, to)
        return self._tracker.datagram(data, ip, now_s) if size < 0 else PyBytes_FromStringAndSize(<char *> to, size)

    cdef Py_ssize_t answer(self, const unsigned char *data, Py_ssize_t size, unsigned int ip, unsigned char *to) except -2:
        """Write an answer; ``known`` has been told of the moment.

        Args:
            data: A datagram of ``size`` bytes.
            ip: Where it came from, as it stands in memory.
            to: Has room for 2,048 bytes.

        Returns:
            Bytes of the answer; -1 to pass.
        """
        cdef KnownSwarm *found
        cdef unsigned long long connection
        cdef Py_ssize_t done = PASS
        if size >= 98 and memcmp(data + 8, b"\0\0\0\1", 4) == 0 and not self._tracker.keys:
            memcpy(&connection, data, 8)
            if self.known.is_good(connection, ip):
                found = self.known.swarm(data + 16)
                if found is not NULL:
                    done = self._announce(data, <Swarm> found.swarm, ip, to)
        elif size >= 16 and memcmp(data + 8, b"\0\0\0\0", 4) == 0 and memcmp(data, _PROTOCOL, 8) == 0:
            connection = self.known.connection_of(ip)
            self._tracker.totals.connects += 1
            memcpy(to, data + 8, 8)  # 0, and the transaction
            memcpy(to + 8, &connection, 8)
            done = 16
        self.passed += done < 0
        return done

    cdef Py_ssize_t _announce(self, const unsigned char *data, Swarm swarm, unsigned int ip, unsigned char *to) except -2:
        """Of a peer that is there, and is what it was: ``Swarms.hear`` without what it has for others."""
        cdef Peers row = swarm.v4
        cdef bint is_seed = memcmp(data + 64, b"\0\0\0\0\0\0\0\0", 8) == 0
        cdef Py_ssize_t most = self._tracker.swarms._max_given, wanted = most, start = 0
        cdef Py_ssize_t place, seeds, first, count
        if data[92] | data[93] | data[94] == 0:
            wanted = min(most, data[95])
        elif data[92] < 128:
            wanted = min(most, 255)
        if wanted > MOST or memcmp(data + 80, b"\0\0\0\3", 4) == 0:
            return PASS
        place = _find(row, ip, data + 96)
        if place < 0 or (place < row.seeds) != is_seed:
            return PASS
        first = row.seeds if is_seed else 0
        count = Py_SIZE(row.seen) - first
        if count > wanted > 0:
            start = self._tracker.swarms._chance(count)
            if start < 0 or start >= count:  # whatever chance is passed in: nothing behind the row is read
                return PASS
        row.seen.data.as_uints[place] = <unsigned int> self.known.now_s
        self._tracker.totals.announces += 1
        seeds = swarm.seeds()
        memcpy(to, data + 8, 8)  # 1, and the transaction
        _put(to + 8, self._tracker.interval_s)
        _put(to + 12, len(swarm) - seeds)
        _put(to + 16, seeds)
        return HEAD_BYTES + (_some(row, first, wanted, start, place, to + HEAD_BYTES) if wanted and count else 0)


cdef inline void _put(unsigned char *to, Py_ssize_t number) noexcept:
    """A number of four bytes."""
    to[0], to[1], to[2], to[3] = number >> 24 & 255, number >> 16 & 255, number >> 8 & 255, number & 255


cdef Py_ssize_t _find(Peers row, unsigned int ip, const unsigned char *port) except -2:
    """As ``Peers.find``."""
    cdef unsigned char address[WIDTH]
    cdef const unsigned char *at = <unsigned char *> PyByteArray_AS_STRING(row.addresses)
    cdef Py_ssize_t count = Py_SIZE(row.seen), place
    cdef unsigned int mask, slot
    memcpy(address, &ip, 4)
    memcpy(address + 4, port, 2)
    if PyByteArray_GET_SIZE(row.addresses) != count * WIDTH:
        raise SystemError("a swarm's memory is not what it should be")
    if not row._has_table:
        for place in range(count):
            if memcmp(at + place * WIDTH, address, WIDTH) == 0:
                return place
        return -1
    mask = <unsigned int> Py_SIZE(row._table) - 1
    slot = <unsigned int> hash(PyBytes_FromStringAndSize(<char *> address, WIDTH)) & mask
    while row._table.data.as_uints[slot] < count:  # a free one has the largest number that there is
        place = row._table.data.as_uints[slot]
        if memcmp(at + place * WIDTH, address, WIDTH) == 0:
            return place
        slot = (slot + 1) & mask
    return -1


cdef Py_ssize_t _some(
    Peers row, Py_ssize_t first, Py_ssize_t wanted, Py_ssize_t start, Py_ssize_t besides, unsigned char *to
) noexcept:
    """As ``Peers.some``; how many bytes were written: of one peer more than wanted, for a moment."""
    cdef const unsigned char *begin = <unsigned char *> PyByteArray_AS_STRING(row.addresses) + first * WIDTH
    cdef Py_ssize_t count = Py_SIZE(row.seen) - first, ahead, given, straight
    if wanted >= count:
        wanted, start = count, 0
    ahead = wanted if besides < first else (besides - first + count - start) % count
    given = min(wanted + 1, count) if ahead < wanted else wanted
    straight = min(given, count - start)
    memcpy(to, begin + start * WIDTH, straight * WIDTH)
    memcpy(to + straight * WIDTH, begin, (given - straight) * WIDTH)
    if ahead < wanted:
        given -= 1
        memmove(to + ahead * WIDTH, to + (ahead + 1) * WIDTH, (given - ahead) * WIDTH)
    return given * WIDTH
