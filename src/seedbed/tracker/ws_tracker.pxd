# SPDX-License-Identifier: Apache-2.0
# What the compiled form of ws_tracker.py knows besides: types of C. A field there is a field here.
cimport cython
from seedbed.tracker.tracker cimport Tracker
from seedbed.tracker.ws_swarm cimport Connection, Member, WebSwarms


cdef class WebTracker:
    cdef public Tracker tracker
    cdef public WebSwarms swarms
    cdef public long long interval_s
    cdef public Py_ssize_t connections

    cpdef Connection connected(self)
    cpdef closed(self, Connection connection)
    @cython.locals(info_hash=bytes)
    cpdef list message(self, Connection connection, text, long long now_s)
    @cython.locals(info_hash=bytes, before=Member, to=list)
    cdef list _announce(self, Connection connection, request, long long now_s)
    cdef list _answer(self, Connection connection, request)
    cdef bytes _numbers(self, bytes info_hash)
