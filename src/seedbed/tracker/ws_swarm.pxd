# SPDX-License-Identifier: Apache-2.0
# What the compiled form of ws_swarm.py knows besides: types of C.
cimport cython


cdef class Connection:
    cdef public bint is_open
    cdef readonly dict members
    cdef public long long minute
    cdef public Py_ssize_t offered


cdef class Member:
    cdef readonly Connection connection
    cdef readonly str peer_id
    cdef public bint is_seed
    cdef public Py_ssize_t place
    cdef public long long seen_s
    cdef readonly dict asked


cdef class _Swarm:
    cdef readonly list seeds
    cdef readonly list leechers

    @cython.locals(kind=list)
    cpdef add(self, Member member)
    @cython.locals(kind=list, last=Member)
    cpdef remove(self, Member member)


cdef class WebSwarms:
    cdef object _limits
    cdef object _chance
    cdef dict _swarms
    cdef readonly Py_ssize_t peers

    cpdef bint knows(self, bytes info_hash) except -1
    @cython.locals(swarm=_Swarm)
    cpdef tuple count(self, bytes info_hash)
    @cython.locals(member=Member, swarm=_Swarm)
    cpdef join(self, Connection connection, bytes info_hash, str peer_id, is_seed, long long now_s)
    @cython.locals(member=Member, swarm=_Swarm)
    cpdef leave(self, Connection connection, bytes info_hash)
    cpdef close(self, Connection connection)
    @cython.locals(wanted=Py_ssize_t, chosen=list, other=Member)
    cpdef list offer(self, bytes info_hash, Member member, list offer_ids, long long now_s)
    @cython.locals(member=Member, asker=Member)
    cpdef answer(self, Connection connection, bytes info_hash, str to_peer_id, str offer_id)
    cdef Py_ssize_t _may_offer(self, Connection connection, long long now_s) except? -1
    @cython.locals(member=Member)
    cdef Member _add(self, Connection connection, bytes info_hash, str peer_id, bint is_seed)
    @cython.locals(seeds=list, row=list, total=Py_ssize_t, start=Py_ssize_t, count=Py_ssize_t, other=Member)
    cdef list _others(self, _Swarm swarm, Member member, Py_ssize_t wanted)


@cython.locals(at=Py_ssize_t)
cdef list _stretch(list first, list then, Py_ssize_t start, Py_ssize_t count)
