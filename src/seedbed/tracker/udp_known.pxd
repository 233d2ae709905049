# SPDX-License-Identifier: Apache-2.0
# What udp_fast.pyx sees of udp_known.pyx.
from seedbed.tracker.tracker cimport Tracker

cdef struct KnownId:
    unsigned int ip
    unsigned int tag
    unsigned long long connection

cdef struct KnownSwarm:
    unsigned char info_hash[20]
    unsigned int removed
    void *swarm
    void *v4


cdef class Known:
    cdef Tracker _tracker
    cdef long long now_s
    cdef unsigned int _slot
    cdef Py_ssize_t _mask
    cdef KnownId *_ids
    cdef KnownSwarm *_swarms

    cdef begin(self, long long now_s)
    cdef void look_ahead(self, int step, const unsigned char *info_hash, unsigned int ip) noexcept
    cdef bint is_good(self, unsigned long long connection, unsigned int ip) except -1
    cdef unsigned long long connection_of(self, unsigned int ip) except? 0
    cdef KnownSwarm *swarm(self, const unsigned char *info_hash) except? NULL
    cdef KnownSwarm *_find(self, const unsigned char *info_hash) noexcept
    cdef void _remember_id(self, unsigned long long connection, unsigned int ip, unsigned int tag) noexcept
    cdef _resize(self)
