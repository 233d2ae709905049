# SPDX-License-Identifier: Apache-2.0
"""What a person asks of the node: to be rid of a unit, or to keep it after all."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from seedbed.node.fetches import Fetches
    from seedbed.node.parting.leaving import Leaving
    from seedbed.node.parts import Parts
    from seedbed.node.state import Stage


async def grant(parts: Parts, leaving: Leaving, fetches: Fetches) -> None:
    """Do what was asked for since the last round.

    To be rid of a unit takes the two phases, unless it was to be now; what is only half here goes at once.
    """
    for item, wish in parts.state.wishes().items():
        if not parts.place.is_here(item):  # when its disk is back
            continue
        unit = parts.state.units().get(item)
        if wish == "keep":
            await _keep(parts, leaving, item)
        elif unit and (wish == "evict-now" or unit.stage == "fetching"):
            await fetches.cancel(item)
            await leaving.discard(item, {}, what="evicted")
        elif unit and unit.stage == "held":
            await leaving.begin(item, {}, what="evicting")
        parts.state.granted(item)


async def _keep(parts: Parts, leaving: Leaving, item: str) -> None:
    unit, copy = parts.state.units().get(item), parts.place.shelf.copy(item)
    if unit and unit.stage == "leaving":
        await leaving.keep(unit, what="restored")
    elif unit is None and await asyncio.to_thread(copy.give_back):
        size_bytes = await asyncio.to_thread(copy.size_bytes)
        stage: Stage = "held" if size_bytes else "fetching"
        parts.state.wait_no_more(item, "trash")
        parts.state.move(item, stage, size_bytes, parts.now_s(), what="restored", facts={})
