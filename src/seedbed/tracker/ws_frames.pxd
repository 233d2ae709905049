# SPDX-License-Identifier: Apache-2.0
# What the compiled form of ws_frames.py knows besides: types of C.
cimport cython

cdef int _MAX_CONTROL


cdef class Reader:
    cdef int _kind
    cdef list _parts
    cdef Py_ssize_t _parts_bytes
    cdef bytearray _waiting

    @cython.locals(at=Py_ssize_t, end=Py_ssize_t, size=Py_ssize_t, found=list)
    cpdef list read(self, bytes data)
    @cython.locals(first=int, length=int, start=Py_ssize_t, kind=int, is_last=bint)
    cdef _frame(self, bytes data, Py_ssize_t at, Py_ssize_t size)
    cdef _part(self, int kind, bytes plain, bint is_last)


cpdef bytes text_head(Py_ssize_t length)
cpdef bint is_text(bytes data) except -1
@cython.locals(there=Py_ssize_t, first=int, second=int, length='long long', head=int)
cdef Py_ssize_t _size(bytes data, Py_ssize_t at) except -2
