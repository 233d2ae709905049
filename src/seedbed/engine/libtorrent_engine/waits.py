# SPDX-License-Identifier: Apache-2.0
"""Questions whose answers come as alerts: futures by what they wait for, each with a limit."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Any

from seedbed.errors import StateError

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable


class Waits:
    """Open questions."""

    def __init__(self, timeout_s: float) -> None:
        self._timeout_s = timeout_s
        self._open: dict[Hashable, deque[asyncio.Future[Any]]] = {}
        self._closed: Exception | None = None

    async def ask(self, key: Hashable, call: Callable[[], object], *, timeout_s: float | None = None) -> Any:
        """Wait for ``key``, put the question by ``call``, return the answer.

        Raises:
            StateError: no answer in time, or the engine closed.
        """
        if self._closed:  # a task that asks twice may ask again after the end: nobody would ever answer
            raise self._closed
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._open.setdefault(key, deque()).append(future)
        limit_s = self._timeout_s if timeout_s is None else timeout_s
        try:
            call()
            async with asyncio.timeout(limit_s):
                return await future
        except TimeoutError as error:
            raise StateError(f"the engine did not answer within {limit_s:g} s: {key}") from error
        finally:
            self._forget(key, future)

    def is_waiting(self, key: Hashable) -> bool:
        """Whether somebody asked for ``key``."""
        return key in self._open

    def answer(self, key: Hashable, value: object = None) -> None:
        """Give all who wait for ``key`` their answer."""
        for future in tuple(self._open.get(key, ())):
            _settle(future, value)

    def answer_next(self, key: Hashable, value: object = None) -> None:
        """Give the answer to the one who has waited longest: one answer comes for each question."""
        for future in self._open.get(key, ()):
            if not future.done():
                _settle(future, value)
                return

    def fail_all(self, error: Exception) -> None:
        """No more answers will come, to later questions either."""
        self._closed = error
        for key in tuple(self._open):
            self.answer(key, error)

    def _forget(self, key: Hashable, future: asyncio.Future[Any]) -> None:
        waiting = self._open.get(key)
        if waiting and future in waiting:
            waiting.remove(future)
        if not waiting:
            self._open.pop(key, None)


def _settle(future: asyncio.Future[Any], value: object) -> None:
    if future.done():
        return
    if isinstance(value, Exception):
        future.set_exception(value)
    else:
        future.set_result(value)
