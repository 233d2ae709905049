# SPDX-License-Identifier: Apache-2.0
"""What happens in a node, told to whoever listens: each has a queue, and who is too slow is let go."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

QUEUED = 1_000
"""For each listener: many hours of a node's life."""


@dataclass(slots=True)
class Happenings:
    """See the module's text."""

    _listeners: set[asyncio.Queue[dict[str, Any] | None]] = field(default_factory=set)

    def tell(self, what: str, facts: dict[str, Any]) -> None:
        """Something happened."""
        for queue in list(self._listeners):
            try:
                queue.put_nowait({"event": what, **facts})
            except asyncio.QueueFull:
                self._let_go(queue)

    @contextlib.contextmanager
    def heard(self) -> Iterator[asyncio.Queue[dict[str, Any] | None]]:
        """What happens from now on; None at the end."""
        queue: asyncio.Queue[dict[str, Any] | None] = asyncio.Queue(QUEUED)
        self._listeners.add(queue)
        try:
            yield queue
        finally:
            self._listeners.discard(queue)

    def end(self) -> None:
        """Nothing will happen any more."""
        for queue in list(self._listeners):
            self._let_go(queue)

    def _let_go(self, queue: asyncio.Queue[dict[str, Any] | None]) -> None:
        self._listeners.discard(queue)
        if queue.full():
            queue.get_nowait()
        queue.put_nowait(None)
