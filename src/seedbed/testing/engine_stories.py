# SPDX-License-Identifier: Apache-2.0
"""What the engine suites share: engines to play with, small data, and a limit for each story."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, TypeVar

import pytest

from seedbed.engine import base
from seedbed.engine.base import Addition, TorrentId
from seedbed.engine.settings import Settings
from seedbed.testing.datasets import PIECE_LENGTH, Dataset

if TYPE_CHECKING:
    from collections.abc import Coroutine
    from pathlib import Path

    from seedbed.core.metainfo import Format
    from seedbed.engine.base import Engine

_E = TypeVar("_E")
PATIENCE_S = 15.0
"""A story that takes longer hangs."""
SIZES = {
    "a-less": PIECE_LENGTH - 1,
    "b-piece": PIECE_LENGTH,
    "c-more": PIECE_LENGTH + 1,
    "d-empty": 0,
    "sub/e-byte": 1,
    "sub/f-many": 5 * PIECE_LENGTH + 77,
}
FORMATS: tuple[Format, ...] = ("v1", "v2", "hybrid")


def run(story: Coroutine[Any, Any, None]) -> None:
    """Play a story; nothing may be left running after it."""

    async def play() -> None:
        async with asyncio.timeout(PATIENCE_S):
            await story
        left = asyncio.all_tasks() - {asyncio.current_task()}
        assert not left, f"still running: {left}"

    asyncio.run(play())


async def next_event(stream: Any, kind: type[_E]) -> _E:
    """The next event of a kind; others are passed over."""
    async for event in stream:
        if isinstance(event, kind):
            return event
    raise AssertionError(f"the stream ended before {kind.__name__}")


class EngineStories:
    """Subclass a suite in a test module, and give it engines."""

    @pytest.fixture(autouse=True)
    def _fresh(self) -> None:
        self.begin()

    def begin(self) -> None:
        """Before each test: engines made from now on can reach each other, and no earlier ones."""

    def engine(self, settings: Settings) -> Engine:
        """A new engine, not yet opened."""
        raise NotImplementedError

    def open(self, **changes: Any) -> Engine:
        """An engine with loopback settings."""
        return self.engine(Settings.loopback(**changes))


async def fetch(engine: Engine, addition: Addition) -> None:
    """Add a torrent and wait until it is finished."""
    with engine.events() as events:
        torrent = await engine.add(addition)
        finished = await next_event(events, base.Finished)
        assert finished.torrent == torrent


def torrent_of(data: Dataset) -> TorrentId:
    """The name that engines give a dataset."""
    return TorrentId(data.metainfo.info_hashes.best_hex)


def damage(path: Path, *, at: int) -> None:
    """Flip a bit."""
    with path.open("r+b") as file:
        file.seek(at)
        byte = file.read(1)
        file.seek(at)
        file.write(bytes([byte[0] ^ 1]))
