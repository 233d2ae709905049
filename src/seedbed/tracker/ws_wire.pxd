# SPDX-License-Identifier: Apache-2.0
# What the compiled form of ws_wire.py knows besides: types of C.
cimport cython


cdef dict _EVENTS

cpdef parse(text)
cpdef bytes announced(bytes info_hash, long long interval_s, Py_ssize_t seeds, Py_ssize_t leechers)
@cython.locals(begin=bytes)
cpdef list offered(bytes info_hash, str peer_id, offers)
cpdef bytes answered(answer)
@cython.locals(info_hash=bytes)
cdef _read(dict said)
cdef bytes _begin(bytes info_hash, str peer_id)
cdef bytes _passed_on(bytes begin, bytes kind, str offer_id, str sdp)
cdef _answer(dict said, bytes info_hash)
cdef _is_seed(dict said)
cdef _offer(said)
cdef str _sdp(dict said, str kind)
cdef str _text20(dict said, str name)
cdef bint _is_of_bytes(str text) except -1
