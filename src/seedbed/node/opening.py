# SPDX-License-Identifier: Apache-2.0
"""Opening a node's doors, and closing them at the end."""

from __future__ import annotations

import contextlib
import logging
from typing import TYPE_CHECKING

from seedbed.errors import SeedbedError
from seedbed.node.control import door
from seedbed.node.page.door import Door, own_names
from seedbed.node.page.site import Site

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from seedbed.node.control.desk import Desk
    from seedbed.node.doors import Doors

log = logging.getLogger(__name__)


@contextlib.asynccontextmanager
async def opened(doors: Doors, desk: Desk) -> AsyncIterator[str]:
    """Open them, for as long as we are here; gives the page's URL, or nothing where there is none.

    One that cannot be opened is told of, and keeps no data from its work.
    """
    async with contextlib.AsyncExitStack() as stack:
        url = ""
        if doors.socket:
            try:
                await stack.enter_async_context(door.opened(doors.socket, desk))
            except SeedbedError as error:
                log.warning("no commands can be given to this node while it runs: %s", error.message)
        if doors.page:
            try:
                url = await stack.enter_async_context(Door(Site(desk).answer, own_names()).opened(doors.page))
            except SeedbedError as error:
                log.warning("%s", error.message)
        yield url
