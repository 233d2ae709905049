# SPDX-License-Identifier: Apache-2.0
"""Transactions are whole, and a second writer waits."""

from __future__ import annotations

import contextlib
import threading
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from seedbed.errors import InputError, StateError
from seedbed.portal.store.base import Store

if TYPE_CHECKING:
    from pathlib import Path


def test_a_transaction_is_all_or_nothing(tmp_path: Path) -> None:
    """What was written before a failure is not there."""
    with Store(f"sqlite:///{tmp_path / 'a.sqlite'}") as store:
        with store.begin() as connection:
            connection.execute(sa.text("create table t (n integer)"))
        with contextlib.suppress(ZeroDivisionError), store.begin() as connection:
            connection.execute(sa.text("insert into t values (1)"))
            raise ZeroDivisionError
        with store.read() as connection:
            assert connection.execute(sa.text("select count(*) from t")).scalar() == 0


def test_two_writers_that_read_first_both_succeed(tmp_path: Path) -> None:
    """A writer holds the lock from its beginning: no count is lost."""
    with Store(f"sqlite:///{tmp_path / 'a.sqlite'}") as store:
        with store.begin() as connection:
            connection.execute(sa.text("create table t (n integer)"))
            connection.execute(sa.text("insert into t values (0)"))

        def count() -> None:
            for _ in range(20):
                with store.begin() as connection:
                    seen = connection.execute(sa.text("select n from t")).scalar_one()
                    connection.execute(sa.text("update t set n = :n"), {"n": seen + 1})

        threads = [threading.Thread(target=count) for _ in range(3)]
        for one in threads:
            one.start()
        for one in threads:
            one.join()
        with store.read() as connection:
            assert connection.execute(sa.text("select n from t")).scalar() == 60


def test_what_is_no_database_of_ours_is_refused() -> None:
    """Without telling the password that may stand in it."""
    with pytest.raises(InputError) as caught:
        Store("mysql://root:secret@127.0.0.1/x")
    assert "secret" not in str(caught.value)


def test_a_database_that_cannot_be_opened_is_our_error(tmp_path: Path) -> None:
    """And not SQLAlchemy's."""
    with Store(f"sqlite:///{tmp_path / 'nowhere' / 'a.sqlite'}") as store, pytest.raises(StateError):
        store.make()
