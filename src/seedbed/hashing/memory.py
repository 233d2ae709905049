# SPDX-License-Identifier: Apache-2.0
"""Memory that both Python and a C library can see: where data is read to and hashed from."""

from __future__ import annotations

import ctypes
import mmap
from dataclasses import dataclass, field


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
        view = memoryview(mmap.mmap(-1, max(self.length, 1)))
        object.__setattr__(self, "view", view)
        object.__setattr__(self, "address", address_of(view))


def address_of(buffer: bytearray | memoryview) -> int:
    """Where a writable buffer starts; valid while the caller holds the buffer unchanged."""
    return ctypes.addressof(ctypes.c_char.from_buffer(buffer))
