# SPDX-License-Identifier: Apache-2.0
"""A portal over a small catalogue, spoken with in this process."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pytest

from tests.portals import Stand, small_catalog

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def stand(tmp_path: Path) -> Iterator[Stand]:
    """A portal with three datasets, and a browser's place before it."""
    small_catalog(tmp_path / "catalog")
    with Stand.open(tmp_path, now=dt.datetime(2026, 11, 21, 12, tzinfo=dt.UTC)) as opened:
        yield opened
