# SPDX-License-Identifier: Apache-2.0
"""Real processes, watched: started again when they die, ended together."""

from __future__ import annotations

import asyncio
import os
import sys
from typing import TYPE_CHECKING

import pytest

from seedbed.errors import StateError
from seedbed.serving.plan import Part, Timed
from seedbed.serving.supervisor import Supervisor

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PROGRAM = (sys.executable, "-I", "-c")
STAYS = 'import time; print(\'{"event": "ready", "url": "here"}\', flush=True); time.sleep(60)'
DIES_ONCE = """
import pathlib, sys, time
mark = pathlib.Path({path!r})
print('{{"event": "ready"}}', flush=True)
if not mark.exists():
    mark.touch(); sys.exit(3)
mark.with_suffix(".again").touch(); time.sleep(60)
"""
NEVER = 'import sys; print("port 8080 is taken", file=sys.stderr); sys.exit(1)'


def supervisor(*parts: Part, timed: tuple[Timed, ...] = (), said: list[str] | None = None) -> Supervisor:
    """Over small programs."""
    heard = said if said is not None else []
    return Supervisor(parts, timed, os.environ, lambda part, text: heard.append(f"{part}: {text}"), PROGRAM)


async def until(condition: Callable[[], object]) -> None:
    """Wait for what another process does."""
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110  # nobody here could set an event
            await asyncio.sleep(0.01)


def test_all_are_ready_and_all_are_ended() -> None:
    """In this order; what they said is known."""

    async def story() -> None:
        stop, ready = asyncio.Event(), asyncio.Event()
        made = supervisor(Part("a", (STAYS,)), Part("b", (STAYS,)))
        running = asyncio.create_task(made.run(stop, ready.set))
        async with asyncio.timeout(10):
            await ready.wait()
        assert [one.facts["url"] for one in made.watched] == ["here", "here"]
        stop.set()
        await running
        assert all(one.process and one.process.returncode is not None for one in made.watched)

    asyncio.run(story())


def test_one_that_dies_is_started_again(tmp_path: Path) -> None:
    """And the keeper hears of it."""

    async def story() -> None:
        stop, mark, said = asyncio.Event(), tmp_path / "mark", list[str]()
        made = supervisor(Part("a", (DIES_ONCE.format(path=str(mark)),)), said=said)
        running = asyncio.create_task(made.run(stop, lambda: None))
        await until(mark.with_suffix(".again").exists)
        stop.set()
        await running
        assert said == ["a: ended with exit code 3; started again in 0.5 s"]
        assert made.watched[0].starts == 2

    asyncio.run(story())


def test_one_that_never_starts_ends_the_whole_with_its_reason() -> None:
    """The others are ended too."""

    async def story() -> None:
        made = supervisor(Part("portal", (NEVER,)), Part("b", (STAYS,)))
        with pytest.raises(StateError, match="port 8080 is taken"):
            await made.run(asyncio.Event(), lambda: None)
        assert all(one.process and one.process.returncode is not None for one in made.watched)

    asyncio.run(story())


def test_timed_work_is_done_again_and_again(tmp_path: Path) -> None:
    """One that fails is told of, and stops nothing."""

    async def story() -> None:
        counts, said, stop = tmp_path / "counts", list[str](), asyncio.Event()
        work = f"open({str(counts)!r}, 'a').write('x'); raise SystemExit('no tracker answers')"
        made = supervisor(timed=(Timed("audit", (work,), 0.01, 0),), said=said)
        running = asyncio.create_task(made.run(stop, lambda: None))
        await until(lambda: len(said) >= 2)
        stop.set()
        await running
        assert said[0] == "audit: ended with exit code 1: no tracker answers"
        assert len(counts.read_text()) >= 2

    asyncio.run(story())
