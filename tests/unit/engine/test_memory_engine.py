# SPDX-License-Identifier: Apache-2.0
"""The memory engine is an engine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seedbed.engine.memory_engine import MemoryEngine
from seedbed.engine.memory_network import MemoryNetwork
from seedbed.testing.engine_life_suite import EngineLifeSuite
from seedbed.testing.engine_suite import EngineSuite

if TYPE_CHECKING:
    from seedbed.engine.settings import Settings


class TestData(EngineSuite):
    """The shared suite, without sockets."""

    def begin(self) -> None:
        """A network for each test."""
        self.network = MemoryNetwork()

    def engine(self, settings: Settings) -> MemoryEngine:
        """An engine on this test's network."""
        return MemoryEngine(self.network, settings)


class TestLife(EngineLifeSuite):
    """The other shared suite, without sockets."""

    def begin(self) -> None:
        """A network for each test."""
        self.network = MemoryNetwork()

    def engine(self, settings: Settings) -> MemoryEngine:
        """An engine on this test's network."""
        return MemoryEngine(self.network, settings)
