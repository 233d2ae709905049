# SPDX-License-Identifier: Apache-2.0
"""A database is brought from each older shape to today's; on both kinds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from seedbed.errors import StateError
from seedbed.portal.store import steps
from seedbed.portal.store.base import Store

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def empty(store_url: str) -> Iterator[Store]:
    """A database without tables."""
    with Store(store_url) as opened:
        yield opened


def _add_colour(connection: sa.Connection) -> None:
    connection.execute(sa.text("alter table old add column colour text not null default 'green'"))


def _paint(connection: sa.Connection) -> None:
    connection.execute(sa.text("update old set colour = 'red' where n = 1"))


def _old_state(store: Store, version: int | None) -> None:
    """As a program of before left it."""
    with store.begin() as connection:
        connection.execute(sa.text("create table old (n integer)"))
        connection.execute(sa.text("insert into old values (1)"))
        connection.execute(sa.text("create table people (id text primary key)"))
        if version is not None:
            connection.execute(sa.text("create table schema_version (version integer not null)"))
            connection.execute(sa.text(f"insert into schema_version values ({version})"))


def test_a_new_database_has_the_last_version_and_takes_no_step(empty: Store) -> None:
    """Its tables are as they are declared."""
    with empty.begin() as connection:
        assert steps.bring_up(connection, [_add_colour, _paint]) == 0
    with empty.begin() as connection:
        assert steps.bring_up(connection, [_add_colour, _paint]) == 0
        assert "audit_log" in sa.inspect(connection).get_table_names()


@pytest.mark.parametrize(("version", "taken"), [(None, 2), (0, 2), (1, 1)])
def test_an_older_one_takes_the_steps_it_lacks(empty: Store, version: int | None, taken: int) -> None:
    """Each once, in order; its rows stay."""
    _old_state(empty, version)
    if version == 1:
        with empty.begin() as connection:
            _add_colour(connection)

    with empty.begin() as connection:
        assert steps.bring_up(connection, [_add_colour, _paint]) == taken
    with empty.begin() as connection:
        assert steps.bring_up(connection, [_add_colour, _paint]) == 0
        assert connection.execute(sa.text("select n, colour from old")).all() == [(1, "red")]


def test_a_step_that_fails_leaves_everything_as_it_was(empty: Store) -> None:
    """Also the steps before it."""
    _old_state(empty, 0)

    def fail(_connection: sa.Connection) -> None:
        raise StateError("no")

    with pytest.raises(StateError), empty.begin() as connection:
        steps.bring_up(connection, [_add_colour, fail])

    with empty.begin() as connection:
        assert connection.execute(sa.text("select * from old")).all() == [(1,)]
        assert steps.bring_up(connection, [_add_colour, _paint]) == 2


def test_a_newer_one_is_refused(empty: Store) -> None:
    """An old program must not write into it."""
    _old_state(empty, 9)

    with pytest.raises(StateError, match="has version 9: expected at most 2"), empty.begin() as connection:
        steps.bring_up(connection, [_add_colour, _paint])


def test_the_servers_own_make_brings_up(empty: Store) -> None:
    """As often as it is called."""
    empty.make()
    empty.make()

    with empty.read() as connection:
        assert connection.execute(sa.text("select version from schema_version")).all() == [(len(steps.STEPS),)]
