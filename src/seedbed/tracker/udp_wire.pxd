# SPDX-License-Identifier: Apache-2.0
# What the compiled form of udp_wire.py knows besides: types of C.
cimport cython

cdef dict _KINDS, _EVENTS
cdef bytes _PROTOCOL, _CONNECTED, _ANNOUNCED, _SCRAPED, _REFUSED, _NOTHING_LEFT
cdef tuple _WORDS
cdef Py_ssize_t _REMEMBERED


@cython.locals(size=Py_ssize_t, kind=int)
cpdef int kind_of(bytes datagram) except -1
cpdef bytes connection_of(bytes datagram)
cpdef bytes transaction_of(bytes datagram)
@cython.locals(wanted=int, event=int)
cpdef tuple read_announce(bytes datagram)
cpdef bytes connected(bytes transaction, bytes connection)
cpdef bytes announced(bytes transaction, long long interval_s, long long leechers, long long seeds, bytes peers)
cdef bytes _word(long long number)


cdef class ConnectionIds:
    cdef readonly bytes key
    cdef object _keyed
    cdef long long _slot
    cdef set _good
    cdef set _good_before

    @cython.locals(slot='long long', made=bytes)
    cpdef bytes of(self, bytes ip, long long now_s)
    @cython.locals(slot='long long', known=bytes)
    cpdef bint is_good(self, bytes connection, bytes ip, long long now_s) except -1
    cdef bytes _make(self, bytes ip, long long slot)
