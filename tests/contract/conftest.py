# SPDX-License-Identifier: Apache-2.0
"""What several contract tests need."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.persons import Person
from tests.web import Site, serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def person(tmp_path: Path) -> Person:
    """Somebody."""
    return Person(tmp_path)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """The web server."""
    with serving(Site(folder=tmp_path / "www")) as served:
        yield served
