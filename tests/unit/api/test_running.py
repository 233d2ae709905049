# SPDX-License-Identifier: Apache-2.0
"""Calls that wait, in programs and in notebooks; and what people give instead of a catalogue."""

from __future__ import annotations

import asyncio
import signal
import threading
from typing import TYPE_CHECKING

import pytest

from seedbed.api.catalog import Catalog
from seedbed.api.home import Home
from seedbed.api.running import outside_of_loops, run_to_end
from seedbed.errors import InputError, StateError

if TYPE_CHECKING:
    from pathlib import Path


async def answer() -> int:
    """Some work with a loop."""
    await asyncio.sleep(0)
    return 7


async def trouble() -> int:
    """Some work that fails."""
    raise StateError("the disk")


def test_a_call_works_where_a_loop_runs_already() -> None:
    """As in a notebook's cell."""

    async def cell() -> int:
        return outside_of_loops(lambda: asyncio.run(answer()))

    assert asyncio.run(cell()) == 7


def test_errors_come_out_of_it() -> None:
    """As they are."""

    async def cell() -> int:
        return outside_of_loops(lambda: asyncio.run(trouble()))

    with pytest.raises(StateError, match="the disk"):
        asyncio.run(cell())


def test_ctrl_c_in_a_notebook_ends_the_work() -> None:
    """It is not waited for to its end, and it may clean up."""
    seen: list[str] = []

    async def work() -> None:
        try:
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)  # where the cell waits
            await asyncio.sleep(15)
        except asyncio.CancelledError:
            seen.append("cleaned up")
            raise

    async def cell() -> None:
        run_to_end(work())

    loop = asyncio.new_event_loop()  # as a notebook's kernel: asyncio.run would take SIGINT for itself
    try:
        with pytest.raises(KeyboardInterrupt):
            loop.run_until_complete(cell())
    finally:
        loop.close()
    assert seen == ["cleaned up"]


def test_a_coroutine_is_run_with_and_without_a_loop() -> None:
    """In a script and in a cell."""

    async def cell() -> int:
        return run_to_end(answer())

    assert run_to_end(answer()) == asyncio.run(cell()) == 7


def test_without_a_loop_no_thread_is_made() -> None:
    """A program's own thread does the work, so that Ctrl-C reaches it."""
    assert outside_of_loops(threading.get_ident) == threading.get_ident()


def test_a_web_address_is_not_a_catalogue(tmp_path: Path) -> None:
    """It says nothing of whom to believe."""
    with pytest.raises(InputError, match="expected a join link, got a web address"):
        Catalog.open("https://portal.example/catalog", home=Home(tmp_path, tmp_path))


def test_a_home_that_is_a_file_is_told(tmp_path: Path) -> None:
    """With the variable that says where it is."""
    (tmp_path / "file").write_bytes(b"")

    with pytest.raises(StateError, match="Not a directory") as caught:
        Catalog.open("", home=Home(tmp_path / "file", tmp_path))
    assert "SEEDBED_HOME" in caught.value.hint
