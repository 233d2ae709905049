# SPDX-License-Identifier: Apache-2.0
# What the compiled form of tracker.py knows besides: types of C. A field there is a field here.
cimport cython
from seedbed.tracker.swarm cimport Swarms
from seedbed.tracker cimport http_wire, udp_wire


cdef class Totals:
    cdef public long long announces
    cdef public long long scrapes
    cdef public long long connects
    cdef public long long refused
    cdef public long long dropped


cdef class Tracker:
    cdef public Swarms swarms
    cdef public object access
    cdef public udp_wire.ConnectionIds ids
    cdef public long long interval_s
    cdef public bint allows_private
    cdef public frozenset keys
    cdef public object web
    cdef public Totals totals
    cdef public object others

    @cython.locals(kind=int)
    cpdef bytes datagram(self, bytes data, bytes ip, long long now_s)
    @cython.locals(key=str, page=str)
    cpdef bytes http(self, str path, bytes query, bytes ip, long long now_s)
    cpdef str _why_not(self, bytes info_hash, bytes ip, object port)
    @cython.locals(info_hash=bytes, is_seed=bint, event=int, wanted='long long', port='long long', why=str, address=bytes, peers=bytes)
    cdef bytes _announce_datagram(self, bytes data, bytes ip, long long now_s)
    @cython.locals(info_hash=bytes, event=int, why=str, address=bytes, found=tuple)
    cdef bytes _http_announce(self, bytes query, bytes ip, long long now_s)
