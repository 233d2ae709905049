# SPDX-License-Identifier: Apache-2.0
# What the compiled form of lines.py knows besides: types of C.
cimport cython


cdef class Lines:
    cdef readonly object limits
    cdef readonly object clock
    cdef object _proxies
    cdef dict _lines
    cdef dict _of_one
    cdef readonly Py_ssize_t turned_away

    cpdef bint admits(self, bytes ip) except -1
    @cython.locals(one=bytes)
    cpdef add(self, object line)
    cpdef remove(self, object line)
    cpdef touch(self, object line)
    @cython.locals(one=bytes, left=Py_ssize_t)
    cdef _leave(self, bytes ip)
    cdef bint _make_room(self) except -1


cdef bytes _one(bytes ip)
