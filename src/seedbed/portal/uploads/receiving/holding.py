# SPDX-License-Identifier: Apache-2.0
"""One receiver at a time for each file (table U33).

A client whose connection broke comes back before the server has noticed that the old one is dead. So whoever comes
second is refused (423) only while bytes flow: a receiver that heard nothing for a while is told to end, settles what it
has, and makes way.
"""

from __future__ import annotations

import asyncio
import contextlib
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from seedbed.portal.web.failures import RefusedError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

SILENT_S = 5.0
"""A receiver that heard nothing for so long makes way."""
SETTLE_S = 20.0
"""So long the second one waits for the first to settle."""


@dataclass(slots=True)
class Held:
    """A file that somebody receives."""

    heard_s: float
    """When bytes came last, by the loop's clock."""
    scope: asyncio.Timeout
    ended: asyncio.Event = field(default_factory=asyncio.Event)


@dataclass(slots=True)
class Holdings:
    """All files that are being received in this process."""

    _held: dict[str, Held] = field(default_factory=dict)

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self._held)

    @asynccontextmanager
    async def hold(self, file_id: str) -> AsyncIterator[Held]:
        """Receive a file alone.

        Raises:
            RefusedError: somebody else receives it (423), or took over because nothing came for a while (408).
        """
        await self._wait_for(file_id)
        try:
            async with asyncio.timeout(None) as scope:
                held = Held(asyncio.get_running_loop().time(), scope)
                self._held[file_id] = held
                try:
                    yield held
                finally:
                    del self._held[file_id]
                    held.ended.set()
        except TimeoutError as error:
            raise RefusedError(
                "another connection goes on with this file", hint="What came is kept.", status=408
            ) from error

    async def _wait_for(self, file_id: str) -> None:
        held = self._held.get(file_id)
        if held is None:
            return
        now_s = asyncio.get_running_loop().time()
        if now_s - held.heard_s >= SILENT_S and not held.scope.expired():
            held.scope.reschedule(now_s)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(SETTLE_S):
                    await held.ended.wait()
        if file_id in self._held:
            raise RefusedError(
                "somebody else sends this file at this moment",
                hint=f"Wait until they are done, or have been silent for {SILENT_S:.0f} s; then ask again (HEAD).",
                status=423,
            )
