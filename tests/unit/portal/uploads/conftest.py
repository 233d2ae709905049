# SPDX-License-Identifier: Apache-2.0
"""The part of a portal that takes data, spoken with in this process by people who need no password."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pytest

from tests.uploading import Giver

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def giver(quick_path: Path) -> Iterator[Giver]:
    """Ann, who may give data, before an empty portal."""
    with Giver.open(quick_path, now=dt.datetime(2026, 11, 21, 12, 0, 0, 123_456, tzinfo=dt.UTC)) as opened:
        yield opened
