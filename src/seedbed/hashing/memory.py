# SPDX-License-Identifier: Apache-2.0
"""Memory that both Python and a C library can see: where data is read to and hashed from."""

from __future__ import annotations

import contextlib
import ctypes
import mmap
from dataclasses import dataclass, field

HUGE_PAGE_BYTES = 2 << 20
"""From here on huge pages are asked for: sixteen lanes far apart need sixteen entries instead of thousands."""


@dataclass(frozen=True, slots=True)
class Memory:
    """A fixed piece of memory of one thread; pages are taken from the system as they are touched."""

    length: int
    """Bytes."""
    view: memoryview = field(init=False, repr=False, compare=False)
    """The bytes, writable."""
    address: int = field(init=False, repr=False, compare=False)
    """Where they start, for C."""

    def __post_init__(self) -> None:
        pages = mmap.mmap(-1, max(self.length, 1))
        if self.length >= HUGE_PAGE_BYTES and hasattr(mmap, "MADV_HUGEPAGE"):
            with contextlib.suppress(OSError):  # a kernel without huge pages
                pages.madvise(mmap.MADV_HUGEPAGE)
        view = memoryview(pages)
        object.__setattr__(self, "view", view)
        object.__setattr__(self, "address", address_of(view))


def address_of(buffer: bytearray | memoryview) -> int:
    """Where a writable buffer starts; valid while the caller holds the buffer unchanged."""
    return ctypes.addressof(ctypes.c_char.from_buffer(buffer))
