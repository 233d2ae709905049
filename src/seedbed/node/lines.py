# SPDX-License-Identifier: Apache-2.0
"""The lines to a door: so many at once, none kept by who takes too long, and all cut when the door is shut."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable


@dataclass(frozen=True, slots=True)
class Lines:
    """See the module's text; called with each new one, as ``asyncio.start_server`` does.

    Args:
        talk: Talks to whoever asks; has its own limits of time.
        most: Lines at once: one more is cut.
    """

    talk: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
    most: int
    _open: set[asyncio.Task[None]] = field(default_factory=set)

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Talk, to the end."""
        task = asyncio.current_task()
        if task is None or len(self._open) >= self.most:
            writer.transport.abort()
            return
        self._open.add(task)
        try:
            await self.talk(reader, writer)
        except (OSError, EOFError, TimeoutError, asyncio.CancelledError):
            pass  # whoever asked has gone, or takes too long, or we stop
        finally:
            self._open.discard(task)
            writer.transport.abort()

    async def cut(self) -> None:
        """End all that are open."""
        tasks = list(self._open)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
