# SPDX-License-Identifier: Apache-2.0
# What the compiled form of http_wire.py knows besides: types of C.
cimport cython

cdef dict _EVENTS
cdef Py_ssize_t _MAX_DIGITS


cpdef parse_announce(bytes query)
@cython.locals(seeds='long long', leechers='long long', peers=bytes, told=bytes)
cpdef bytes announced(answer, long long interval_s, bytes ip, bint compact, completed=*)
@cython.locals(info_hash=bytes, port=bytes, left=bytes, wanted=bytes, event=bytes, compact=bytes)
cdef _read(bytes query)
@cython.locals(at=Py_ssize_t, end=Py_ssize_t)
cdef bytes _value(bytes query, bytes name)
@cython.locals(found=bytes)
cdef bytes _hash(bytes value)
@cython.locals(written=bytes)
cdef bytes _unescape(bytes value)
cdef bint _is_number(bytes text) except -1
