# SPDX-License-Identifier: Apache-2.0
"""A portal that a whole file of tests reads from; ``stand`` is for those that change what is in it."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pytest

from tests.portals import Stand, small_catalog

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stand]:
    """Over the catalogue of :mod:`tests.portals`."""
    folder = tmp_path_factory.mktemp("portal")
    small_catalog(folder / "catalog")
    with Stand.open(folder, now=dt.datetime(2026, 11, 21, 12, tzinfo=dt.UTC)) as opened:
        yield opened
