# SPDX-License-Identifier: Apache-2.0
"""One publisher at a time: a lock on the catalogue's folder that dies with the process that holds it."""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from seedbed.errors import BusyError, NotFoundError, StateError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NAME = ".lock"
_POLL_S = 0.05


@contextmanager
def held(
    folder: Path, *, wait_s: float, busy: str = "another publisher is at work on this catalogue"
) -> Iterator[None]:
    """Hold the lock; another process that wants it waits, or is told who has it.

    Args:
        folder: The catalogue.
        wait_s: How long to wait for somebody else.
        busy: What somebody else does, for the message.

    Raises:
        BusyError: somebody else still has it; the message names the process.
        NotFoundError: there is no such folder.
        StateError: the disk refused.
    """
    try:
        descriptor = os.open(folder / NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except FileNotFoundError as error:
        raise NotFoundError(f"{folder}: there is no such folder", hint="seedbed catalog init DIR makes it.") from error
    except OSError as error:
        raise StateError(f"{folder}: cannot be written to: {error.strerror}") from error
    try:
        _wait(descriptor, folder, wait_s, busy)
        with contextlib.suppress(OSError):  # who holds it is told for comfort; a full disk does not matter here
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        yield
    finally:
        os.close(descriptor)


def _wait(descriptor: int, folder: Path, wait_s: float, busy: str) -> None:
    until = time.monotonic() + wait_s
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= until:
                holder = os.pread(descriptor, 32, 0).decode("ascii", "replace").strip()
                raise BusyError(
                    f"{folder}: {busy} (process {holder or 'unknown'})",
                    hint="Try again when it has finished; nothing was changed.",
                    pid=holder,
                ) from None
            time.sleep(_POLL_S)
        else:
            return
