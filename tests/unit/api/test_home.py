# SPDX-License-Identifier: Apache-2.0
"""Where this machine keeps what seedbed remembers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from seedbed.api.home import Home
from seedbed.errors import StateError

if TYPE_CHECKING:
    from pathlib import Path


def test_one_variable_moves_everything(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests and people with a second disk set ``SEEDBED_HOME``."""
    monkeypatch.setenv("SEEDBED_HOME", str(tmp_path))
    monkeypatch.delenv("SEEDBED_CACHE", raising=False)

    home = Home.of_environment()

    assert all(path.is_relative_to(tmp_path) for path in (home.keys, home.catalogs, home.cache))


def test_the_cache_may_lie_on_a_larger_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """``SEEDBED_CACHE`` moves the data only."""
    monkeypatch.setenv("SEEDBED_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("SEEDBED_CACHE", str(tmp_path / "big"))

    assert Home.of_environment().cache == tmp_path / "big"


def test_own_catalogues_are_remembered_while_they_are_there(tmp_path: Path) -> None:
    """``publish`` finds the only one without being told."""
    home = Home(tmp_path / "data", tmp_path / "cache")
    (tmp_path / "one").mkdir()

    home.remember_published(tmp_path / "one")
    home.remember_published(tmp_path / "one")
    home.remember_published(tmp_path / "gone")

    assert home.published == (tmp_path / "one",)


def test_a_broken_list_is_named(tmp_path: Path) -> None:
    """The person reads which file to remove."""
    (tmp_path / "published.json").write_text("{")

    with pytest.raises(StateError, match=r"published\.json"):
        _ = Home(tmp_path, tmp_path).published
