# SPDX-License-Identifier: Apache-2.0
"""A node's SQLite file: WAL with full synchronisation, so that what was said to be written survives a power cut."""

from __future__ import annotations

import contextlib
import sqlite3
from typing import TYPE_CHECKING, Any

from seedbed.errors import NoSpaceError, StateError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

_DAMAGED = frozenset((sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB))
_HINT = "Data is not touched. 'seedbed node run' looks again; a damaged file is built anew from what is on disk."


class Database:
    """One file. One writer; readers may look at any time.

    Args:
        path: Made when missing.
        schema: Statements that may be run again and again.
        version: Of the schema; a file with a larger one is refused.

    Raises:
        StateError: it cannot be opened; ``data['is_damaged']`` says whether its bytes are wrong.
        NoSpaceError: the disk is full.
    """

    def __init__(self, path: Path, schema: str, version: int) -> None:
        self._path = path
        with self._as_ours():
            path.parent.mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(path, timeout=30, isolation_level=None, check_same_thread=False)
        try:
            self._open(schema, version)
        except BaseException:
            self._db.close()
            raise

    def _open(self, schema: str, version: int) -> None:
        with self._as_ours():
            self._db.execute("pragma journal_mode = wal")
            self._db.execute("pragma synchronous = full")
            found = int(self._db.execute("pragma user_version").fetchone()[0])
            if found > version:
                raise StateError(f"{self._path}: a newer seedbed wrote it", hint="Update seedbed on this machine.")
            if (told := self._db.execute("pragma quick_check").fetchone()[0]) != "ok":
                raise StateError(f"{self._path}: it is damaged: {told}", hint=_HINT, is_damaged=True)
            self._db.executescript(schema)
            if found < version:
                self._db.execute(f"pragma user_version = {version}")

    def close(self) -> None:
        """Close it; twice is harmless."""
        self._db.close()

    def ask(self, text: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Run one statement; returns its rows.

        Raises:
            StateError: or NoSpaceError: the file cannot be used.
        """
        with self._as_ours():
            return self._db.execute(text, values).fetchall()

    def fill(self, text: str, rows: Iterator[tuple[Any, ...]]) -> None:
        """Run one statement for each row; within :meth:`transaction`."""
        with self._as_ours():
            self._db.executemany(text, rows)

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing.

        Raises:
            StateError: or NoSpaceError: nothing was written.
        """
        self.ask("begin immediate")
        try:
            yield
            self.ask("commit")
        except BaseException:
            with contextlib.suppress(sqlite3.Error):  # a full disk may have ended it already
                self._db.execute("rollback")
            raise

    @contextlib.contextmanager
    def _as_ours(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            code = getattr(error, "sqlite_errorcode", 0) & 0xFF
            if code == sqlite3.SQLITE_FULL:
                raise NoSpaceError(
                    f"{self._path}: the disk is full", hint="Free some space; nothing is lost."
                ) from error
            raise StateError(
                f"{self._path}: it cannot be used: {error}", hint=_HINT, is_damaged=code in _DAMAGED
            ) from error
        except OSError as error:
            raise StateError(f"{self._path}: it cannot be used: {error.strerror}") from error
