# SPDX-License-Identifier: Apache-2.0
"""What ends a node's rest: somebody asks for a round, and may wait for its end."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(slots=True)
class Bell:
    """See the module's text. Who rings during a round asks for another: that one began too early.

    Args:
        due: Set, it ends the rest; whoever rests clears it.
    """

    due: asyncio.Event
    _waiting: list[asyncio.Future[dict[str, Any]]] = field(default_factory=list)

    def ring(self) -> asyncio.Future[dict[str, Any]]:
        """Ask for a round; gives what will be told of it."""
        told: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._waiting.append(told)
        self.due.set()
        return told

    @contextlib.contextmanager
    def answered(self) -> Iterator[dict[str, Any]]:
        """A round: what is put into the object is told to those who asked before it began."""
        self.due.clear()
        asked, self._waiting = self._waiting, []
        told: dict[str, Any] = {}
        try:
            yield told
        finally:
            for one in asked:
                if not one.done():
                    one.set_result(told)
