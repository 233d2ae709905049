# SPDX-License-Identifier: Apache-2.0
"""Our calls wait for their answer, also where a loop runs already, as in every cell of a notebook."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

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
