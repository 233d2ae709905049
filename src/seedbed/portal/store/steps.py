# SPDX-License-Identifier: Apache-2.0
"""The database's shape has a version, and steps lead from each version to the next; never back.

A new database is made as the tables say, and has the last version at once. An older one takes the steps that it lacks,
all in one transaction: a failure leaves it as it was. A newer one is refused: an old program must not write into it.

A step changes tables that were there before; tables that are only new are made without one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

import sqlalchemy as sa

from seedbed.errors import StateError
from seedbed.portal.store.base import metadata

Step: TypeAlias = Callable[[sa.Connection], None]
STEPS: tuple[Step, ...] = ()
"""In the order made. A step that was in a release is never changed: databases have gone it."""

version_table = sa.Table("schema_version", metadata, sa.Column("version", sa.Integer, nullable=False))
_LOCK = 7_337_201
"""Of PostgreSQL: two servers that start at once do not both step."""


def bring_up(connection: sa.Connection, steps: Sequence[Step] = STEPS) -> int:
    """Make or change the tables.

    Args:
        connection: Of a transaction that writes.
        steps: All of them.

    Returns:
        How many steps were taken.

    Raises:
        StateError: the database is of a newer program.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
    known = set(sa.inspect(connection).get_table_names())
    version = _version(connection, known, len(steps))
    if version > len(steps):
        raise StateError(
            f"the portal's database has version {version}: expected at most {len(steps)}",
            hint="A newer seedbed made it; use that one, or newer.",
        )
    for step in steps[version:]:
        step(connection)
    metadata.create_all(connection)
    connection.execute(version_table.delete())
    connection.execute(version_table.insert().values(version=len(steps)))
    return len(steps) - version


def _version(connection: sa.Connection, known: set[str], newest: int) -> int:
    """Of the database; one without any of our tables is as good as the newest."""
    if version_table.name not in known:
        return 0 if known & set(metadata.tables) else newest
    return int(connection.execute(sa.select(version_table.c.version)).scalar() or 0)
