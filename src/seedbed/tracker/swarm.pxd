# SPDX-License-Identifier: Apache-2.0
# What the compiled form of swarm.py knows besides: types of C.
cimport cython
from seedbed.tracker.peers cimport Peers

cdef int _COMPLETED, _STOPPED


cdef class Swarm:
    cdef public long long completed
    cdef readonly Peers v4
    cdef readonly Peers v6

    cpdef Py_ssize_t seeds(self) except -1
    cpdef Peers family(self, bytes address)


cdef class Swarms:
    cdef object _limits
    cdef Py_ssize_t _max_given
    cdef object _chance
    cdef dict _swarms
    cdef public long long peers
    cdef readonly long long removed

    @cython.locals(swarm=Swarm, family=Peers, place=Py_ssize_t, given=bytes, seeds=Py_ssize_t)
    cpdef bint knows(self, bytes info_hash) except -1
    @cython.locals(swarm=Swarm)
    cpdef long long completed(self, bytes info_hash) except -1
    cpdef tuple hear(self, bytes info_hash, bytes address, bint is_seed, int event, long long wanted, long long now_s)
    @cython.locals(first=Py_ssize_t, count=Py_ssize_t)
    cdef bytes _tell(self, Peers family, Py_ssize_t place, bint is_seed, Py_ssize_t wanted)
    @cython.locals(place=Py_ssize_t, was_seed=bint)
    cdef Py_ssize_t _note(
        self, Swarm swarm, Peers family, bytes address, bint is_seed, int event, long long now_s
    ) except -2
    cdef _add(self, Peers family, bytes address, bint is_seed, long long now_s)
    cdef _forget(self, Peers family, bytes address)
    cdef bint _has_room(self, Swarm swarm, Peers family, bytes address) except -1


cdef bytes _network(bytes address)
