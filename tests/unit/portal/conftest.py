# SPDX-License-Identifier: Apache-2.0
"""A portal over a small catalogue, spoken with in this process."""

from __future__ import annotations

import datetime as dt
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from seedbed.portal.store.base import Store
from tests import postgres
from tests.portals import Stand, small_catalog

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def quick_path() -> Iterator[Path]:
    """A folder in memory, where there is such a place: a database that syncs each change waits for disks."""
    memory = Path("/dev/shm")  # noqa: S108  # Linux
    place = memory if os.access(memory, os.W_OK) else None
    with tempfile.TemporaryDirectory(dir=place, prefix="seedbed-") as folder:
        yield Path(folder)


@pytest.fixture
def stand(quick_path: Path) -> Iterator[Stand]:
    """A portal with three datasets, and a browser's place before it."""
    small_catalog(quick_path / "catalog")
    with Stand.open(quick_path, now=dt.datetime(2026, 11, 21, 12, tzinfo=dt.UTC)) as opened:
        yield opened


@pytest.fixture(scope="session")
def cluster() -> Iterator[postgres.Cluster]:
    """PostgreSQL, once for all tests."""
    if reason := postgres.missing():
        pytest.skip(reason)
    with postgres.running() as started:
        yield started


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest, quick_path: Path) -> str:
    """An empty database of each kind, as SQLAlchemy names it."""
    if request.param == "sqlite":
        return f"sqlite:///{quick_path / 'portal.sqlite'}"
    cluster: postgres.Cluster = request.getfixturevalue("cluster")
    return cluster.database().replace("postgresql://", "postgresql+pg8000://", 1)


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    """A database of each kind with all tables."""
    with Store(store_url) as opened:
        opened.make()
        yield opened


@pytest.fixture
def both(quick_path: Path, store_url: str) -> Iterator[Stand]:
    """A portal on each database."""
    small_catalog(quick_path / "catalog")
    database_url = "" if store_url.startswith("sqlite") else store_url.replace("+pg8000", "")
    now = dt.datetime(2026, 11, 21, 12, tzinfo=dt.UTC)
    with Stand.open(quick_path, now=now, database_url=database_url) as opened:
        yield opened
