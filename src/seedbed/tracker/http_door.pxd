# SPDX-License-Identifier: Apache-2.0
# What the compiled form of http_door.py knows besides: types of C.
cimport cython
from seedbed.tracker.lines cimport Lines

cdef bytes _END
cdef frozenset _METHODS


cdef class HttpDoor:
    cdef readonly object page
    cdef readonly Lines lines
    cdef readonly object proxies
    cdef readonly object posts
    cdef readonly object bodies


cdef class HttpTalk:
    cdef HttpDoor _door
    cdef object _line
    cdef bytes _waiting
    cdef object _answer
    cdef bint _is_last
    cdef object _body

    cpdef received(self, bytes data)
    @cython.locals(end=Py_ssize_t, head=bytes)
    cdef _go_on(self)
    @cython.locals(line=bytes, fields=bytes, lower=bytes, words=list, goes_on=bint, is_head=bint)
    cdef bint _ask(self, bytes head) except -1
    cdef bint _begin_body(self, list words, bytes fields, bytes lower) except -1
    cdef _feed(self, bytes data)
    cdef _posted(self, body)
    cdef _end_body(self)
    cdef bytes _client(self, bytes fields)
    @cython.locals(path=bytes, query=bytes, ip=bytes, door=HttpDoor)
    cdef _page(self, bytes target, bytes fields)
    cdef _resume(self)
    cdef bint _send(self, page, bint goes_on, bint is_head) except -1
    cdef bint _refuse(self, page) except -1


@cython.locals(body=bytes)
cpdef bytes written(page, bint goes_on, bint is_head=*)
@cython.locals(held=bytes)
cdef _unless(page, bytes held)
cdef _fault(list words, bytes lower)
cdef bytes _local(bytes target)
cdef bint _has_body(bytes lower) except -1
cdef Py_ssize_t _length(bytes lower) except -2
cdef bint _stays(bytes version, bytes lower) except -1
