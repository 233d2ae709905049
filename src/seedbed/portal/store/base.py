# SPDX-License-Identifier: Apache-2.0
"""The database behind all parts: one engine, transactions, and tables that each part declares on ``metadata``.

Moments are stored as seconds of Unix time, lists and mappings as JSON: both databases then hold the same.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Self

import sqlalchemy as sa
from sqlalchemy import event

from seedbed.errors import InputError, NoSpaceError, StateError

if TYPE_CHECKING:
    from collections.abc import Iterator

BUSY_S = 30
"""A writer waits so long for another one (SQLite)."""

metadata = sa.MetaData()
"""Every part's tables; ``tables.py`` of a part adds its own when it is imported."""


class Store:
    """The database. Safe to be used by several threads, and by several processes.

    Args:
        url: As SQLAlchemy names it: ``sqlite:///…`` or ``postgresql+pg8000://…``.

    Raises:
        InputError: no such kind of database.
        StateError: it cannot be opened.
    """

    def __init__(self, url: str) -> None:
        if not url.startswith(("sqlite:", "postgresql+pg8000:")):
            kind = url.partition(":")[0]
            raise InputError(f"--database: expected postgresql://…, got {kind}:…")
        self._is_sqlite = url.startswith("sqlite:")
        arguments: dict[str, Any] = {"connect_args": {"timeout": BUSY_S}} if self._is_sqlite else {"pool_size": 10}
        self._engine = sa.create_engine(url, pool_pre_ping=not self._is_sqlite, **arguments)
        if self._is_sqlite:
            event.listen(self._engine, "connect", _prepare_sqlite)
            event.listen(self._engine, "begin", _begin_sqlite)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the database."""
        self._engine.dispose()

    def make(self) -> None:
        """Make what tables are not there, and bring those of an older program up to date.

        Raises:
            StateError: it cannot be opened or written, or is of a newer program.
        """
        from seedbed.portal.store import steps, tables  # noqa: F401, PLC0415  # they declare themselves on metadata

        with self.begin() as connection:
            steps.bring_up(connection)

    @contextmanager
    def begin(self) -> Iterator[sa.Connection]:
        """A transaction that may write: all of it or nothing.

        Raises:
            StateError: the database fails.
            NoSpaceError: its disk is full.
        """
        writing = self._engine.execution_options(seedbed_writes=True)
        with _our_errors(), writing.begin() as connection:
            yield connection

    @contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """A transaction that only reads.

        Raises:
            StateError: the database fails.
        """
        with _our_errors(), self._engine.connect() as connection, connection.begin():
            yield connection


def _prepare_sqlite(raw: Any, _record: object) -> None:
    """Durable, with readers beside a writer; and transactions are ours to begin, not the driver's to guess."""
    raw.isolation_level = None
    for text in ("journal_mode = wal", "synchronous = full", "foreign_keys = on"):
        raw.execute(f"pragma {text}")


def _begin_sqlite(connection: sa.Connection) -> None:
    """A writer takes its lock at once: two that read first would each wait for the other."""
    writes = connection.get_execution_options().get("seedbed_writes")
    connection.exec_driver_sql("begin immediate" if writes else "begin")


@contextmanager
def _our_errors() -> Iterator[None]:
    try:
        yield
    except sa.exc.IntegrityError:
        raise  # the part that wrote knows what it means
    except sa.exc.SQLAlchemyError as error:
        cause = str(getattr(error, "orig", None) or error)
        if "full" in cause:
            raise NoSpaceError(f"the portal's database cannot be written: {cause}") from error
        raise StateError(
            f"the portal's database fails: {cause}", hint="The server's keeper finds more in its log."
        ) from error
