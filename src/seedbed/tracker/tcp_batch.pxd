# SPDX-License-Identifier: Apache-2.0
# What other compiled modules call at once.


cdef class Handle:
    cdef int _fd

    cpdef bytes recv(self, size_t size, int flags)
    cpdef Py_ssize_t send(self, object data, int flags) except -1
    cpdef close(self)
