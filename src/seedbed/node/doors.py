# SPDX-License-Identifier: Apache-2.0
"""Where a node that runs is spoken with: its socket, and its page; both are off where nothing is said."""

from __future__ import annotations

import contextlib
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from seedbed.errors import SeedbedError
from seedbed.node.control import door

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    from seedbed.node.control.desk import Desk
    from seedbed.node.gift import Gift

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Doors:
    """See the module's text."""

    socket: Path | None = None
    """Where commands of this machine speak with the node."""
    save_gift: Callable[[Gift], object] | None = None
    """Writes what is given, for what is asked on the socket; without it that is refused."""


@contextlib.asynccontextmanager
async def opened(doors: Doors, desk: Desk) -> AsyncIterator[None]:
    """Open them, for as long as we are here. One that cannot be opened is told of, and keeps no data from its work."""
    async with contextlib.AsyncExitStack() as stack:
        if doors.socket:
            try:
                await stack.enter_async_context(door.opened(doors.socket, desk))
            except SeedbedError as error:
                log.warning("no commands can be given to this node while it runs: %s", error.message)
        yield
