# SPDX-License-Identifier: Apache-2.0
# What the compiled form of tcp_door.py knows besides: types of C. There each connection is a Handle.
cimport cython
from seedbed.tracker.lines cimport Lines
from seedbed.tracker.tcp_batch cimport Handle

cdef int _NOW, _LAST


cdef class TcpDoor:
    cdef readonly object _listener
    cdef readonly object _begin
    cdef readonly Lines _lines
    cdef readonly object _loop
    cdef object _rests

    @cython.locals(line=TcpLine)
    cpdef _carry(self, accepted, bytes ip)


cdef class TcpLine:
    cdef public bytes ip
    cdef public object talk
    cdef readonly Py_ssize_t unsent_bytes
    cdef Handle _socket
    cdef Lines _lines
    cdef object _loop
    cdef object _unsent
    cdef bint _is_closing
    cdef bint _is_ending
    cdef bint _is_watched

    cpdef begin(self)
    cpdef send(self, bytes data)
    cpdef last(self, bytes data)
    cpdef hold(self)
    cpdef go_on(self)
    cpdef close(self)
    cpdef end(self)
    cpdef abort(self)
    @cython.locals(data=bytes)
    cpdef _read(self)
    @cython.locals(sent=Py_ssize_t)
    cdef _send(self, bytes data, int how)
    cdef _keep(self, object data)
    @cython.locals(sent=Py_ssize_t)
    cpdef _flush(self)
    cdef Py_ssize_t _sent(self, object data, int how) except -2
    cdef _flushed(self)
    cdef _half_close(self)
