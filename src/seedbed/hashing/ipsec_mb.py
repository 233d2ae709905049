# SPDX-License-Identifier: Apache-2.0
"""The door to ``libipsec-mb``, Intel's multi-buffer library, by ctypes.

It hashes up to 16 messages side by side in vector registers and picks the kernels for the processor it
finds. Debian and Ubuntu ship it as ``libipsec-mb1``; nothing needs compiling.

Rules:

* One :class:`Lanes` belongs to one thread: the library keeps its state in the manager.
* Only versions whose structures were read in the header are used (`_LAYOUTS`); for these the self-test in
  ``choice`` compares answers with hashlib before anything is trusted.
* The *burst* calls are used, ``nocheck``: the checking ones refuse plain hashes of more than 65,534 bytes.
  What they would check (lengths, pointers) is checked here.

Terms are the library's: a *job* is one message, a *burst* up to 128 jobs, the *ring* 256 jobs in the manager.
"""

from __future__ import annotations

import ctypes
import operator
from array import array
from dataclasses import dataclass
from typing import TYPE_CHECKING

from seedbed.errors import MissingProgramError
from seedbed.hashing.base import DIGEST_LENGTHS
from seedbed.hashing.memory import address_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seedbed.hashing.base import Algorithm
    from seedbed.hashing.memory import Memory

LIBRARY = "libIPSec_MB.so.1"
BURST = 128
"""IMB_MAX_BURST_SIZE: most jobs in one call."""
RING = 256
"""IMB_MAX_JOBS: jobs in the manager."""

_CIPHER_NULL, _ENCRYPT, _HASH_CIPHER = 3, 1, 2
_HASH_NUMBERS: dict[Algorithm, int] = {"sha1": 13, "sha256": 15}
"""IMB_AUTH_SHA_1 and IMB_AUTH_SHA_256. Plain MD5 is not offered, only HMAC-MD5."""

_BURST_CALL = ctypes.CFUNCTYPE(ctypes.c_uint32, ctypes.c_void_p, ctypes.c_uint32, ctypes.c_void_p)


@dataclass(frozen=True, slots=True)
class _Layout:
    """Offsets in the library's structures, in bytes, for x86-64."""

    manager_length: int
    get_next_burst: int
    submit_burst_nocheck: int
    flush_burst: int
    jobs: int
    job_length: int = 200


_LAYOUTS = {
    0x10300: _Layout(52_520, 952, 968, 976, 1024),
}
"""imb_get_version() -> layout, from ``intel-ipsec-mb.h`` of that version."""

_SRC, _OFFSET, _LENGTH, _TAG, _TAG_LENGTH, _CIPHER_MODE, _CIPHER_DIRECTION, _CHAIN_ORDER = 3, 7, 8, 11, 12, 16, 17, 18
"""Fields of a job, counted in words of 8 bytes. Word 16 ends in the cipher mode, word 17 starts with the
direction and ends in the hash number."""


def load(name: str = LIBRARY) -> ctypes.CDLL:
    """Load the library and make sure that its structures are known.

    Raises:
        MissingProgramError: it is not installed, or of a version whose structures are not known.
    """
    try:
        library = ctypes.CDLL(name)
        version = library.imb_get_version()
        library.imb_get_mb_mgr_size.restype = ctypes.c_size_t
        layout = _LAYOUTS.get(version)
    except (OSError, AttributeError) as error:
        raise MissingProgramError(f"{name}: {error}") from error
    if layout is None or library.imb_get_mb_mgr_size() < layout.manager_length:
        raise MissingProgramError(f"{name}: version {version:#x} is not one that seedbed knows")
    library.alloc_mb_mgr.restype = ctypes.c_void_p
    library.alloc_mb_mgr.argtypes = [ctypes.c_uint64]
    library.free_mb_mgr.argtypes = [ctypes.c_void_p]
    library.init_mb_mgr_auto.argtypes = [ctypes.c_void_p, ctypes.c_void_p]
    return library


class Lanes:
    """One manager of the library, for one thread; a :class:`seedbed.hashing.base.Hasher`."""

    prefers_streams = False

    def __init__(self, library: ctypes.CDLL) -> None:
        layout = _LAYOUTS[library.imb_get_version()]
        self._library = library
        manager = library.alloc_mb_mgr(0)
        if not manager:
            raise MemoryError("libipsec-mb: no memory for a manager")
        self._manager = manager
        library.init_mb_mgr_auto(manager, None)
        self._next = _function_at(manager + layout.get_next_burst)
        self._submit = _function_at(manager + layout.submit_burst_nocheck)
        self._flush = _function_at(manager + layout.flush_burst)
        self._pointers = (ctypes.c_uint64 * RING)()
        self._pointers_at = ctypes.addressof(self._pointers)
        self._first_job = manager + layout.jobs
        self._stride = layout.job_length // 8
        self._turned_to: tuple[Algorithm, int] | None = None
        words = (ctypes.c_uint64 * (self._stride * RING)).from_address(self._first_job)
        self._words = memoryview(words).cast("B").cast("Q")
        self._prepare()

    def __del__(self) -> None:
        if manager := getattr(self, "_manager", None):
            self._library.free_mb_mgr(manager)

    def digests(self, algorithm: Algorithm, memory: Memory, starts: Sequence[int], lengths: Sequence[int]) -> bytes:
        """Hash messages side by side; see :class:`seedbed.hashing.base.Hasher`.

        Raises:
            ValueError: a message is not inside ``memory``.
        """
        if len(starts) != len(lengths):
            raise ValueError(f"expected as many lengths as starts, got {len(lengths)} and {len(starts)}")
        if not starts:
            return b""
        if min(starts) < 0 or min(lengths) < 0 or max(map(operator.add, starts, lengths)) > memory.length:
            raise ValueError(f"a message lies outside the memory of {memory.length} bytes")
        return self._bursts(algorithm, memory, array("Q", starts), array("Q", lengths))

    def even_digests(self, algorithm: Algorithm, memory: Memory, start: int, count: int, length: int) -> bytes:
        """Hash messages that lie side by side; see :class:`seedbed.hashing.base.Hasher`.

        Raises:
            ValueError: a message is not inside ``memory``.
        """
        stop = start + count * length
        if min(start, count) < 0 or length <= 0 or stop > memory.length:
            raise ValueError(f"a message lies outside the memory of {memory.length} bytes")
        return self._bursts(algorithm, memory, array("Q", range(start, stop, length)), array("Q", [length]) * count)

    def _bursts(self, algorithm: Algorithm, memory: Memory, starts: array[int], lengths: array[int]) -> bytes:
        size = DIGEST_LENGTHS[algorithm]
        out = bytearray(len(starts) * size)
        tags = address_of(out) if out else 0
        for at in range(0, len(starts), BURST):
            self._burst(algorithm, memory, starts[at : at + BURST], lengths[at : at + BURST], tags + at * size)
        return bytes(out)

    def _prepare(self) -> None:
        """Fill the fields that are the same for all jobs, once."""
        words, stride = self._words, self._stride
        for job in range(0, RING * stride, stride):
            words[job + _CIPHER_MODE] = _CIPHER_NULL << 32
            words[job + _CHAIN_ORDER] = _HASH_CIPHER

    def _turn_to(self, algorithm: Algorithm, address: int) -> None:
        """Fill the fields that change with the hash and the memory only, which is seldom."""
        if self._turned_to == (algorithm, address):
            return
        for field, value in (
            (_SRC, address),
            (_TAG_LENGTH, DIGEST_LENGTHS[algorithm]),
            (_CIPHER_DIRECTION, _ENCRYPT | _HASH_NUMBERS[algorithm] << 32),
        ):
            self._words[field :: self._stride] = memoryview(array("Q", [value]) * RING)
        self._turned_to = (algorithm, address)

    def _burst(
        self, algorithm: Algorithm, memory: Memory, starts: array[int], lengths: array[int], tags_at: int
    ) -> None:
        count, stride, words, size = len(starts), self._stride, self._words, DIGEST_LENGTHS[algorithm]
        self._turn_to(algorithm, memory.address)
        first = self._claim(count)
        stop = first + count * stride
        words[first + _OFFSET : stop : stride] = memoryview(starts)
        words[first + _LENGTH : stop : stride] = memoryview(lengths)
        words[first + _TAG : stop : stride] = memoryview(array("Q", range(tags_at, tags_at + count * size, size)))
        done = self._submit(self._manager, count, self._pointers_at)
        while done < count:
            more = self._flush(self._manager, count - done, self._pointers_at)
            if not more:
                raise RuntimeError(f"libipsec-mb: expected {count} finished jobs, got {done}")
            done += more

    def _claim(self, count: int) -> int:
        """The next ``count`` jobs of the ring, as the index of their first word.

        The ring is empty between our bursts and the library then starts at its beginning, so that the jobs lie
        side by side. Should another version do otherwise, the burst is refused rather than guessed.
        """
        got = self._next(self._manager, count, self._pointers_at)
        offset, last = self._pointers[0] - self._first_job, self._pointers[count - 1] - self._pointers[0]
        if got != count or last != (count - 1) * self._stride * 8 or offset % (self._stride * 8):
            raise RuntimeError(f"libipsec-mb: expected {count} adjacent jobs, got {got}")
        return int(offset) // 8


def _function_at(address: int) -> ctypes._FuncPointer:
    return _BURST_CALL(ctypes.c_uint64.from_address(address).value)
