# SPDX-License-Identifier: Apache-2.0
# What the compiled form of ws_door.py knows besides: types of C.
cimport cython
from seedbed.tracker.lines cimport Lines
from seedbed.tracker.ws_frames cimport Reader
from seedbed.tracker.ws_swarm cimport Connection
from seedbed.tracker.ws_tracker cimport WebTracker
from seedbed.tracker cimport ws_frames


cdef class WsDoor:
    cdef object _soon
    cdef public WebTracker web
    cdef readonly Lines lines
    cdef readonly object proxies
    cdef readonly dict talks
    cdef dict _told

    @cython.locals(waits=list)
    cpdef tell(self, Connection to, bytes text)
    @cython.locals(talk=WsTalk, told=dict)
    cpdef _send_told(self)


cdef class WsTalk:
    cdef WsDoor _door
    cdef readonly object line
    cdef bytes _head
    cdef Reader _reader
    cdef Connection _connection
    cdef int _silences
    cdef readonly bint may_make_room

    @cython.locals(kind=int, said=bytes)
    cpdef received(self, bytes data)
    cpdef lost(self)
    cpdef end(self, int code, why)
    cdef bytes _shake(self, bytes head)
    cdef _begin(self, bytes answer)
    cdef bint _has_key(self, bytes target) except -1
    cdef bint _is_one_of_few(self, bytes rest) except -1
    cdef _refuse(self, page)
    cdef _heard(self, int kind, bytes said)
    cdef _message(self, Connection connection, bytes said)
