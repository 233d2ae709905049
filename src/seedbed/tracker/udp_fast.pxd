# SPDX-License-Identifier: Apache-2.0
# What udp_batch.pyx sees of udp_fast.pyx.
from seedbed.tracker.swarm cimport Swarm
from seedbed.tracker.tracker cimport Tracker
from seedbed.tracker.udp_known cimport Known


cdef class Fast:
    cdef Tracker _tracker
    cdef Known known
    cdef readonly long long passed

    cdef Py_ssize_t answer(self, const unsigned char *data, Py_ssize_t size, unsigned int ip, unsigned char *to) except -2
    cdef Py_ssize_t _announce(self, const unsigned char *data, Swarm swarm, unsigned int ip, unsigned char *to) except -2
