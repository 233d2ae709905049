# SPDX-License-Identifier: Apache-2.0
"""The worker's process."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from seedbed.portal.opening import opened
from seedbed.serving.web import settings_of
from seedbed.serving.working.commands import Commands
from seedbed.serving.working.worker import Worker

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from seedbed.serving.wishes import Wishes


async def run(wishes: Wishes, stop: asyncio.Event, ready: Callable[[], object]) -> None:
    """Work until ``stop``.

    Raises:
        StateError: the database cannot be used.
    """
    environment = {**os.environ, "SEEDBED_HOME": str(wishes.home), "SEEDBED_CATALOG": str(wishes.catalog)}
    with opened(settings_of(wishes)) as portal:
        ready()
        await Worker(portal, wishes, Commands(environment)).run(stop)
