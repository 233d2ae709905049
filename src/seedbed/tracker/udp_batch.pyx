# SPDX-License-Identifier: Apache-2.0
# cython: language_level=3
"""Datagrams in batches: two calls of the system for up to 128 of them (recvmmsg(2), sendmmsg(2)).

Of the compiled form alone: plain Python spends ten times as long on the answers as such calls would save.
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize
from libc.errno cimport EAGAIN, EINTR, ENOBUFS, errno
from libc.string cimport memcpy, memset
from seedbed.tracker.tracker cimport Tracker
from seedbed.tracker.udp_fast cimport Fast

cdef extern from *:
    """
    #ifndef _GNU_SOURCE
    #define _GNU_SOURCE
    #endif
    #include <netinet/in.h>
    #include <sys/socket.h>
    """
    enum: AF_INET, AF_INET6, MSG_DONTWAIT

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
    cdef struct iovec:
        void *iov_base
        size_t iov_len
    cdef struct msghdr:
        void *msg_name
        unsigned int msg_namelen
        iovec *msg_iov
        size_t msg_iovlen
    cdef struct mmsghdr:
        msghdr msg_hdr
        unsigned int msg_len
    int recvmmsg(int, mmsghdr *, unsigned int, int, void *) nogil
    int sendmmsg(int, mmsghdr *, unsigned int, int) nogil

cdef enum:
    BATCH = 128
    LOOKS_AHEAD = 4  # steps of Known.look_ahead
    ROOM_BYTES = 2048
    STEP_BYTES = 2048 + 64  # beginnings a power of two apart would share few lines of the processor's cache

AT_ONCE = BATCH
"""Datagrams of one batch."""


cdef class Batch:
    """Takes datagrams from a socket and answers them.

    Args:
        tracker: What answers.
        fd: Of a UDP socket that does not block; whoever owns it closes it.
    """

    cdef Tracker _tracker
    cdef Fast _fast
    cdef int _fd
    cdef unsigned char _room[BATCH][STEP_BYTES]
    cdef unsigned char _out[BATCH * ROOM_BYTES]
    cdef sockaddr_storage _sources[BATCH]
    cdef iovec _parts[BATCH]
    cdef iovec _answer_parts[BATCH]
    cdef mmsghdr _questions[BATCH]
    cdef mmsghdr _replies[BATCH]

    def __init__(self, Tracker tracker, int fd):
        cdef int at
        self._tracker, self._fast, self._fd = tracker, Fast(tracker), fd
        memset(self._questions, 0, sizeof(self._questions))
        memset(self._replies, 0, sizeof(self._replies))
        for at in range(BATCH):
            self._parts[at].iov_base, self._parts[at].iov_len = self._room[at], ROOM_BYTES
            self._questions[at].msg_hdr.msg_name = &self._sources[at]
            self._questions[at].msg_hdr.msg_iov, self._questions[at].msg_hdr.msg_iovlen = &self._parts[at], 1
            self._replies[at].msg_hdr.msg_iov, self._replies[at].msg_hdr.msg_iovlen = &self._answer_parts[at], 1

    def drain(self, long long now_s):
        """Answer what has come, one batch of it at most.

        Args:
            now_s: Seconds of a clock that never goes back.

        Returns:
            How many datagrams there were; less than ``AT_ONCE`` when no more wait.
        """
        cdef int at, step, count, answered = 0
        cdef unsigned char *to = self._out
        cdef Py_ssize_t size
        for at in range(BATCH):
            self._questions[at].msg_hdr.msg_namelen = sizeof(sockaddr_storage)
        with nogil:
            count = recvmmsg(self._fd, self._questions, BATCH, MSG_DONTWAIT, NULL)
        if count < 0:  # nothing has come, or an earlier answer came back as unreachable
            return 0 if errno == EAGAIN else 1
        self._fast.known.begin(now_s)
        for step in range(LOOKS_AHEAD):
            for at in range(count):
                self._fast.known.look_ahead(step, &self._room[at][16], self._ip(at))
        for at in range(count):
            size = self._answer(at, to, now_s)
            if size > 0:
                self._put(answered, at, to, size)
                to += size
                answered += 1
        self._send(answered)
        return count

    cdef unsigned int _ip(self, int at) noexcept:
        """Of IPv4, as it stands in memory."""
        return (<sockaddr_in *> &self._sources[at]).sin_addr.s_addr

    cdef Py_ssize_t _answer(self, int at, unsigned char *to, long long now_s) except -2:
        """Write the answer to a datagram; its size, at most ``ROOM_BYTES``, or -1 for none."""
        cdef Py_ssize_t size = -1
        cdef bytes data, answer
        if self._sources[at].ss_family == AF_INET:
            size = self._fast.answer(self._room[at], self._questions[at].msg_len, self._ip(at), to)
        if size >= 0:
            return size
        data = PyBytes_FromStringAndSize(<char *> self._room[at], self._questions[at].msg_len)
        answer = self._tracker.datagram(data, self._source(at), now_s)
        if answer is None or len(answer) > ROOM_BYTES:
            return -1
        memcpy(to, PyBytes_AS_STRING(answer), len(answer))
        return len(answer)

    cdef bytes _source(self, int at):
        """The packed address that a datagram came from."""
        if self._sources[at].ss_family == AF_INET6:
            return PyBytes_FromStringAndSize(<char *> (<sockaddr_in6 *> &self._sources[at]).sin6_addr.s6_addr, 16)
        return PyBytes_FromStringAndSize(<char *> &(<sockaddr_in *> &self._sources[at]).sin_addr.s_addr, 4)

    cdef void _put(self, int place, int question, unsigned char *answer, Py_ssize_t size) noexcept:
        """Put an answer into the batch that goes out."""
        self._answer_parts[place].iov_base = answer
        self._answer_parts[place].iov_len = size
        self._replies[place].msg_hdr.msg_name = &self._sources[question]
        self._replies[place].msg_hdr.msg_namelen = self._questions[question].msg_hdr.msg_namelen

    cdef _send(self, int count):
        """Send a batch. What cannot be sent is left out: the client asks again."""
        cdef int done, sent = 0
        while sent < count:
            with nogil:
                done = sendmmsg(self._fd, &self._replies[sent], count - sent, MSG_DONTWAIT)
            if done > 0:
                sent += done
            elif errno == EAGAIN or errno == ENOBUFS:  # no room for any
                return
            elif errno != EINTR:  # this one goes nowhere
                sent += 1
