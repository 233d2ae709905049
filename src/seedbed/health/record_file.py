# SPDX-License-Identifier: Apache-2.0
"""The SQLite files in which numbers on a catalogue's health are kept: how they are opened, and their errors."""

from __future__ import annotations

import contextlib
import sqlite3
from typing import TYPE_CHECKING

from seedbed.errors import NoSpaceError, StateError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def opened(path: Path, schema: str, *, any_thread: bool = False) -> sqlite3.Connection:
    """A record; made when it is not there.

    Args:
        path: Where it is.
        schema: Its tables; those that are there already are left alone.
        any_thread: Whether several threads use it, one at a time.

    Raises:
        StateError: it cannot be opened, read or written.
        NoSpaceError: the disk is full.
    """
    with as_ours(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        db = sqlite3.connect(path, timeout=30, check_same_thread=not any_thread)
        try:
            db.executescript(schema)
        except BaseException:
            db.close()
            raise
        return db


@contextlib.contextmanager
def as_ours(path: Path) -> Iterator[None]:
    """SQLite's errors as ours.

    Raises:
        StateError: the record cannot be opened, read or written.
        NoSpaceError: the disk is full.
    """
    try:
        yield
    except sqlite3.Error as error:
        kind = NoSpaceError if "full" in str(error) else StateError
        raise kind(f"{path}: the health record cannot be used: {error}") from error
    except OSError as error:
        raise StateError(f"{path}: the health record cannot be opened: {error.strerror}") from error
