# SPDX-License-Identifier: Apache-2.0
"""A part of a file as botocore reads it: in large steps without copies, and no further once the push is to end."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_STEP_BYTES = 1 << 20
"""Given at once, however little is asked for: http.client asks for 16 KiB, and each step costs a turn of Python."""


class StoppedError(BaseException):
    """Ends a request half-way. Not an ``Exception``: botocore would take it for a bad connection, and try again."""


class Body:
    """Bytes to send.

    Args:
        data: All of them.
        is_stopped: Asked before each step.
    """

    def __init__(self, data: bytes, is_stopped: Callable[[], bool]) -> None:
        self._data, self._is_stopped = memoryview(data), is_stopped
        self._at = 0

    def __len__(self) -> int:
        return len(self._data)

    def read(self, _size_bytes: int = -1) -> memoryview:
        """The next step; empty at the end.

        Raises:
            StoppedError: the push is to end.
        """
        if self._is_stopped():
            raise StoppedError
        step = self._data[self._at : self._at + _STEP_BYTES]
        self._at += len(step)
        return step

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go back, for another attempt."""
        self._at = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: len(self._data)}[whence]
        return self._at

    def tell(self) -> int:
        """Where the next step begins."""
        return self._at
