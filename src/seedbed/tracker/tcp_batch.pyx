# SPDX-License-Identifier: Apache-2.0
# cython: language_level=3
"""Connections accepted many at a time, each as a number of the system and no more.

Of the compiled form alone. A socket of the standard library costs as much as all that is done with it: for one announce
it is made, asked for its peer in letters, and closed.
"""

from cpython.buffer cimport PyBUF_SIMPLE, PyBuffer_Release, PyObject_GetBuffer
from cpython.bytes cimport PyBytes_FromStringAndSize
from cpython.exc cimport PyErr_SetFromErrno
from libc.errno cimport EAGAIN, ECONNABORTED, EINTR, errno
from libc.string cimport memcmp

cdef extern from *:
    """
    #ifndef _GNU_SOURCE
    #define _GNU_SOURCE
    #endif
    #include <netinet/in.h>
    #include <sys/socket.h>
    #include <unistd.h>
    """
    enum: AF_INET, AF_INET6, MSG_NOSIGNAL, SOCK_CLOEXEC

    cdef struct in_addr:
        unsigned int s_addr
    cdef struct in6_addr:
        unsigned char s6_addr[16]
    cdef struct sockaddr_in:
        in_addr sin_addr
    cdef struct sockaddr_in6:
        in6_addr sin6_addr
    cdef struct sockaddr_storage:
        unsigned short ss_family
    cdef struct sockaddr:
        pass
    int accept4(int, sockaddr *, unsigned int *, int)
    ssize_t c_recv "recv"(int, void *, size_t, int)
    ssize_t c_send "send"(int, const void *, size_t, int)
    int c_shutdown "shutdown"(int, int)
    int c_close "close"(int)

cdef enum:
    ROOM_BYTES = 65536

cdef char _room[ROOM_BYTES]
cdef char *_MAPPED = b"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\xff\xff"


cdef class Handle:
    """A connection; what :class:`seedbed.tracker.tcp_door.TcpLine` needs of a socket, with the same names."""

    def __dealloc__(self):
        if self._fd >= 0:
            c_close(self._fd)

    def fileno(self):
        """Its number; negative once it is closed."""
        return self._fd

    def detach(self):
        """Its number, for somebody else to close."""
        fd, self._fd = self._fd, -1
        return fd

    cpdef bytes recv(self, size_t size, int flags):
        """What is there."""
        cdef ssize_t got = c_recv(self._fd, _room, min(size, <size_t>ROOM_BYTES), flags)
        if got < 0:
            PyErr_SetFromErrno(OSError)
        return PyBytes_FromStringAndSize(_room, got)

    cpdef Py_ssize_t send(self, object data, int flags) except -1:
        """How much the system took."""
        cdef Py_buffer whole
        PyObject_GetBuffer(data, &whole, PyBUF_SIMPLE)
        cdef ssize_t sent = c_send(self._fd, whole.buf, whole.len, flags | MSG_NOSIGNAL)
        PyBuffer_Release(&whole)
        if sent < 0:
            PyErr_SetFromErrno(OSError)
        return sent

    def shutdown(self, int how):
        """Say that no more comes."""
        if c_shutdown(self._fd, how) < 0:
            PyErr_SetFromErrno(OSError)

    cpdef close(self):
        """End it; may be told twice."""
        if self._fd >= 0:
            c_close(self._fd)
            self._fd = -1


def accept_all(int listener, Py_ssize_t count):
    """All connections that wait, with the packed addresses of their peers.

    Args:
        listener: Number of a socket that listens and does not block.
        count: At most so many.

    Raises:
        OSError: there was none, and for another reason than that none waits.
    """
    cdef sockaddr_storage peer
    cdef unsigned int size
    cdef unsigned char *at
    cdef Handle handle
    cdef int fd
    found = []
    while len(found) < count:
        size = sizeof(peer)
        fd = accept4(listener, <sockaddr *>&peer, &size, SOCK_CLOEXEC)
        if fd < 0:
            if errno != EAGAIN and errno != EINTR and errno != ECONNABORTED and not found:
                PyErr_SetFromErrno(OSError)
            break
        handle = Handle.__new__(Handle)
        handle._fd = fd
        if peer.ss_family == AF_INET:
            ip = PyBytes_FromStringAndSize(<char *>&(<sockaddr_in *>&peer).sin_addr, 4)
        else:
            at = (<sockaddr_in6 *>&peer).sin6_addr.s6_addr
            if memcmp(at, _MAPPED, 12) == 0:
                ip = PyBytes_FromStringAndSize(<char *>at + 12, 4)
            else:
                ip = PyBytes_FromStringAndSize(<char *>at, 16)
        found.append((handle, ip))
    return found
