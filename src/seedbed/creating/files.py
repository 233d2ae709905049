# SPDX-License-Identifier: Apache-2.0
"""Putting a torrent file in its place: whole or not at all."""

from __future__ import annotations

import errno
import os
import time
from typing import TYPE_CHECKING

from seedbed.errors import InputError, NoSpaceError, StateError

if TYPE_CHECKING:
    from pathlib import Path


def refuse_overwrite(path: Path) -> None:
    """Say before the work starts what would be said after it.

    Raises:
        InputError: a file is there already, or the folder is not.
    """
    if not path.parent.is_dir():
        raise InputError(f"{path}: there is no folder {path.parent}")
    if path.exists():
        raise InputError(f"{path}: it exists already", hint="--force replaces it, -o writes elsewhere.")


def write_whole(path: Path, data: bytes, *, replace: bool) -> None:
    """Write a file under its final name only when all of it is on disk.

    Args:
        path: Where.
        data: What.
        replace: Whether a file that stands there may be replaced.

    Raises:
        InputError: a file is there already and may not be replaced.
        NoSpaceError: the disk is full.
        StateError: it cannot be written.
    """
    temporary = path.with_name(f".{path.name[:60]}.{os.getpid()}.{time.monotonic_ns()}.part")
    try:
        with temporary.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if replace:
            os.replace(temporary, path)
        else:
            os.link(temporary, path)  # unlike a rename, fails when somebody else was faster
        _sync_folder(path.parent)
    except FileExistsError as error:
        raise InputError(f"{path}: it exists already", hint="--force replaces it, -o writes elsewhere.") from error
    except OSError as error:
        kind = NoSpaceError if error.errno in {errno.ENOSPC, errno.EDQUOT} else StateError
        raise kind(f"{path}: it cannot be written: {error.strerror}") from error
    finally:
        temporary.unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    """Make the new name itself durable."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
