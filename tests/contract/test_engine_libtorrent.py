# SPDX-License-Identifier: Apache-2.0
"""The libtorrent adapter is an engine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seedbed.engine.libtorrent_engine import LibtorrentEngine
from seedbed.testing.engine_life_suite import EngineLifeSuite
from seedbed.testing.engine_suite import EngineSuite

if TYPE_CHECKING:
    from seedbed.engine.settings import Settings


class TestData(EngineSuite):
    """The shared suite, over loopback."""

    def engine(self, settings: Settings) -> LibtorrentEngine:
        """An engine on a free port."""
        return LibtorrentEngine(settings)


class TestLife(EngineLifeSuite):
    """The other shared suite, over loopback."""

    def engine(self, settings: Settings) -> LibtorrentEngine:
        """An engine on a free port."""
        return LibtorrentEngine(settings)
