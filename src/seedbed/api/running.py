# SPDX-License-Identifier: Apache-2.0
"""Our calls wait for their answer, also where a loop runs already, as in every cell of a notebook."""

from __future__ import annotations

import sys
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

T = TypeVar("T")


def outside_of_loops(work: Callable[[], T]) -> T:
    """Do work that begins a loop of its own: here, or in a thread when this one has a loop.

    Args:
        work: What; its error is raised here.
    """
    asyncio = sys.modules.get("asyncio")  # who has a loop has loaded it; 60 ms otherwise
    if asyncio is None or asyncio._get_running_loop() is None:  # noqa: SLF001  # the public one raises
        return work()
    from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415

    with ThreadPoolExecutor(1, thread_name_prefix="seedbed") as pool:
        return pool.submit(work).result()


def run_to_end(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine and wait for it: with a loop here, or in a thread when this one has a loop.

    Ctrl-C ends it in both: it is cancelled, and its cleaning up is waited for.
    """
    import asyncio  # noqa: PLC0415  # 60 ms
    from concurrent.futures import Future, ThreadPoolExecutor  # noqa: PLC0415

    if asyncio._get_running_loop() is None:  # noqa: SLF001  # the public one raises
        return asyncio.run(work)
    ended = threading.Event()
    begun: Future[tuple[asyncio.AbstractEventLoop, asyncio.Task[Any] | None]] = Future()

    async def story() -> T:
        begun.set_result((asyncio.get_running_loop(), asyncio.current_task()))
        return await work

    def run() -> T:
        try:
            return asyncio.run(story())
        finally:
            ended.set()

    def cancel() -> None:
        loop, task = begun.result()
        with suppress(RuntimeError):  # it has ended already
            if task:
                loop.call_soon_threadsafe(task.cancel)

    with ThreadPoolExecutor(1, thread_name_prefix="seedbed") as pool:
        try:
            return pool.submit(run).result()
        except BaseException:
            if begun.done():
                cancel()
                ended.wait()  # the pool does not wait for a thread whose start was interrupted
            raise
