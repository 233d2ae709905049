# SPDX-License-Identifier: Apache-2.0
# cython: language_level=3
"""Good connection ids, and where swarms are: remembered in plain memory, so that no object is made to look them up.

Of the compiled form alone. It is a cache: whatever is not in it is asked of ``ConnectionIds`` and ``Swarms``, and to
forget it costs time and changes no answer. Both tables are rows of four places; a row is found by a hash of the address
or the info-hash, and whoever was remembered first makes room. Of IPv4 alone.
"""

from cpython.bytearray cimport PyByteArray_AS_STRING
from cpython.bytes cimport PyBytes_FromStringAndSize
from libc.stdlib cimport calloc, free
from libc.string cimport memcmp, memcpy, memmove
from seedbed.tracker.peers cimport Peers
from seedbed.tracker.swarm cimport Swarm
from seedbed.tracker.tracker cimport Tracker

cdef extern from *:
    """
    #define soon(address) __builtin_prefetch(address)
    """
    void soon(const void *) nogil

cdef enum:
    WAYS = 4
    ID_ROWS = 1 << 15  # of 64 bytes, a line of the processor's cache: 2 MB
    SWARM_ROWS = 1 << 12  # of 160 bytes; more when there are more swarms
    ID_LIFE_S = 120  # as in udp_wire.py


cdef class Known:
    """What is remembered of a tracker.

    Args:
        tracker: Whose ids and swarms they are.
    """

    def __cinit__(self, Tracker tracker not None):
        self._tracker = tracker
        self._ids = <KnownId *> calloc(ID_ROWS * WAYS, sizeof(KnownId))
        self._swarms = <KnownSwarm *> calloc(SWARM_ROWS * WAYS, sizeof(KnownSwarm))
        self._mask = SWARM_ROWS - 1
        if self._ids is NULL or self._swarms is NULL:
            raise MemoryError

    def __dealloc__(self):
        free(self._ids)
        free(self._swarms)

    cdef begin(self, long long now_s):
        """Before datagrams of one moment; not negative."""
        self.now_s = now_s
        self._slot = <unsigned int> (now_s // ID_LIFE_S) + 1  # 0 is in places that are free
        if len(self._tracker.swarms._swarms) > (self._mask + 1) * 2:
            self._resize()

    cdef void look_ahead(self, int step, const unsigned char *info_hash, unsigned int ip) noexcept:
        """Ask memory for what an answer will need, for all of a batch before the first is answered.

        Four steps, from 0: each reads what the one before it asked for. So memory works at all of a batch at once; else each answer
        would wait for it five times.
        """
        cdef KnownSwarm *found
        if step == 0:
            soon(&self._ids[_id_row(ip)])
            found = &self._swarms[_swarm_row(info_hash, self._mask)]
            soon(found)
            soon(found + 2)
            return
        found = self._find(info_hash)
        if found is NULL:
            return
        if step == 1:
            soon(found.swarm)
            soon(found.v4)
            soon(<char *> found.v4 + 64)
        elif step == 2:
            soon(<void *> (<Peers> found.v4).addresses)
            soon(<void *> (<Peers> found.v4).seen)
        else:
            soon(PyByteArray_AS_STRING((<Peers> found.v4).addresses))
            soon((<Peers> found.v4).seen.data.as_voidptr)

    cdef bint is_good(self, unsigned long long connection, unsigned int ip) except -1:
        """Whether an id is this address's. Within a slot of time that does not change: so it is remembered."""
        cdef KnownId *row = &self._ids[_id_row(ip)]
        cdef int way
        for way in range(WAYS):
            if row[way].connection == connection and row[way].ip == ip and row[way].tag >> 1 == self._slot:
                return True
        as_bytes = PyBytes_FromStringAndSize(<char *> &connection, 8)
        if not self._tracker.ids.is_good(as_bytes, PyBytes_FromStringAndSize(<char *> &ip, 4), self.now_s):
            return False
        self._remember_id(connection, ip, self._slot * 2)
        return True

    cdef unsigned long long connection_of(self, unsigned int ip) except? 0:
        """The id of an address now."""
        cdef KnownId *row = &self._ids[_id_row(ip)]
        cdef unsigned long long connection
        cdef bytes made
        cdef int way
        for way in range(WAYS):
            if row[way].ip == ip and row[way].tag == self._slot * 2 + 1:
                return row[way].connection
        made = self._tracker.ids.of(PyBytes_FromStringAndSize(<char *> &ip, 4), self.now_s)
        connection = _eight(<const unsigned char *> <const char *> made)
        self._remember_id(connection, ip, self._slot * 2 + 1)
        return connection

    cdef KnownSwarm *swarm(self, const unsigned char *info_hash) except? NULL:
        """Where a swarm is; NULL where there is none."""
        cdef KnownSwarm *row = self._find(info_hash)
        if row is not NULL:
            return row
        found = self._tracker.swarms._swarms.get(PyBytes_FromStringAndSize(<char *> info_hash, 20))
        if found is None:
            return NULL
        row = &self._swarms[_swarm_row(info_hash, self._mask)]
        memmove(row + 1, row, (WAYS - 1) * sizeof(KnownSwarm))
        memcpy(row.info_hash, info_hash, 20)
        row.removed = <unsigned int> self._tracker.swarms.removed + 1
        row.swarm, row.v4 = <void *> found, <void *> (<Swarm> found).v4
        return row

    cdef KnownSwarm *_find(self, const unsigned char *info_hash) noexcept:
        """Only what was remembered since a swarm was removed last: the memory of that one may be another's by now."""
        cdef KnownSwarm *row = &self._swarms[_swarm_row(info_hash, self._mask)]
        cdef unsigned int removed = <unsigned int> self._tracker.swarms.removed + 1
        cdef int way
        for way in range(WAYS):
            if row[way].removed == removed and memcmp(row[way].info_hash, info_hash, 20) == 0:
                return &row[way]
        return NULL

    cdef void _remember_id(self, unsigned long long connection, unsigned int ip, unsigned int tag) noexcept:
        """A tag is the slot of time, twice, and 1 more for the id that a connect is answered in it."""
        cdef KnownId *row = &self._ids[_id_row(ip)]
        memmove(row + 1, row, (WAYS - 1) * sizeof(KnownId))
        row.connection, row.ip, row.tag = connection, ip, tag

    cdef _resize(self):
        """Two places for each swarm that there is."""
        cdef Py_ssize_t rows = self._mask + 1
        cdef KnownSwarm *room
        while len(self._tracker.swarms._swarms) > rows * 2:
            rows *= 2
        room = <KnownSwarm *> calloc(rows * WAYS, sizeof(KnownSwarm))
        if room is NULL:
            raise MemoryError
        free(self._swarms)
        self._swarms, self._mask = room, rows - 1


cdef inline unsigned long long _eight(const unsigned char *data) noexcept:
    cdef unsigned long long number
    memcpy(&number, data, 8)
    return number


cdef inline Py_ssize_t _id_row(unsigned int ip) noexcept:
    """The highest bits of a product by an odd number: they hang on all of its bits (Knuth, TAOCP 3, 6.4)."""
    return (ip * <unsigned long long> 0x9E3779B97F4A7C15 >> 49) * WAYS


cdef inline Py_ssize_t _swarm_row(const unsigned char *info_hash, Py_ssize_t mask) noexcept:
    return (_eight(info_hash) * <unsigned long long> 0x9E3779B97F4A7C15 >> 32 & mask) * WAYS
