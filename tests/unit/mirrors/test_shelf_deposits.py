# SPDX-License-Identifier: Apache-2.0
"""Folders and memory are depositories without drafts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from seedbed.mirrors.memory import MemoryMirror
from seedbed.mirrors.registry import open_depository
from seedbed.mirrors.shelf import Shelf
from seedbed.testing.depository_suite import FILES, DepositorySuite

if TYPE_CHECKING:
    from pathlib import Path

    from seedbed.mirrors.deposits import Deposit, Depository


class ShelfSuite(DepositorySuite):
    """What is put there is public at once, and one folder is one deposit."""

    is_private = False

    def is_public(self, deposit: Deposit) -> bool:
        """Whether the first file is there."""
        return deposit.mirror.find(deposit.key(next(iter(FILES)))) is not None

    def count(self) -> int:
        """One folder, by construction."""
        return 1


class TestFolder(ShelfSuite):
    """The shared suite, on a disk."""

    @pytest.fixture(autouse=True)
    def _folder(self, tmp_path: Path) -> None:
        self.url = tmp_path.as_uri()

    def opened(self) -> Depository:
        """A new one each time."""
        return open_depository(self.url, environ={})


class TestMemory(ShelfSuite):
    """The shared suite, in memory."""

    @pytest.fixture(autouse=True)
    def _memory(self) -> None:
        self.memory = MemoryMirror()

    def opened(self) -> Shelf:
        """On the same memory each time."""
        return Shelf(self.memory)
