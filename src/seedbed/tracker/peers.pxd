# SPDX-License-Identifier: Apache-2.0
# What the compiled form of peers.py knows besides: types of C.
cimport cython
from cpython.array cimport array


cdef class Peers:
    cdef readonly Py_ssize_t width
    cdef readonly bytearray addresses
    cdef readonly array seen
    cdef readonly Py_ssize_t seeds
    cdef public dict networks
    cdef bint _has_table
    cdef array _table

    @cython.locals(at=Py_ssize_t, width=Py_ssize_t)
    cpdef Py_ssize_t find(self, bytes address) except -2
    cpdef put(self, bytes address, bint is_seed, long long now_s)
    cpdef make_seed(self, Py_ssize_t place)
    cpdef make_leecher(self, Py_ssize_t place)
    @cython.locals(last=Py_ssize_t)
    cpdef remove(self, Py_ssize_t place)
    @cython.locals(count=Py_ssize_t, ahead=Py_ssize_t, given=bytes)
    cpdef bytes some(self, Py_ssize_t first, Py_ssize_t wanted, Py_ssize_t start, Py_ssize_t besides)
    @cython.locals(width=Py_ssize_t, begin=Py_ssize_t, stop=Py_ssize_t, part=bytes)
    cdef bytes _ring(self, Py_ssize_t first, Py_ssize_t count, Py_ssize_t start, Py_ssize_t wanted)
    cdef bytes _address(self, Py_ssize_t place)
    @cython.locals(width=Py_ssize_t, here=bytes, there=bytes)
    cdef _exchange(self, Py_ssize_t one, Py_ssize_t other)
    @cython.locals(count=Py_ssize_t)
    cdef _add_to_table(self)
    cdef _make_table(self)
    cdef _drop_table(self)
    cdef _put_into(self, array table, Py_ssize_t place)
    cdef Py_ssize_t _look_up(self, bytes address) except -2
    cdef Py_ssize_t _slot_of(self, Py_ssize_t place) except -2
    cdef _take_out(self, Py_ssize_t place)
