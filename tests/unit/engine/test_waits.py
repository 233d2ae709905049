# SPDX-License-Identifier: Apache-2.0
"""Questions to the engine are answered, or refused at once when it closes."""

from __future__ import annotations

import asyncio

import pytest

from seedbed.engine.libtorrent_engine.waits import Waits
from seedbed.errors import StateError


def test_nobody_waits_for_a_closed_engine() -> None:
    """Open questions fail when the engine closes, and so does one that is put afterwards."""

    async def story() -> list[str]:
        waits = Waits(timeout_s=1000)
        said: list[str] = []
        async with asyncio.TaskGroup() as tasks:
            asked = tasks.create_task(_ask_twice(waits, said))
            await asyncio.sleep(0)
            waits.answer("flushed")
            waits.fail_all(StateError("the engine is closing"))
            await asked
        return said

    assert asyncio.run(story()) == ["first", "the engine is closing"]


async def _ask_twice(waits: Waits, said: list[str]) -> None:
    await waits.ask("flushed", lambda: None)
    said.append("first")
    with pytest.raises(StateError) as refused:
        await waits.ask("flushed", lambda: None)
    said.append(refused.value.message)
