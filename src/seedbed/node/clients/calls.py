# SPDX-License-Identifier: Apache-2.0
"""Calls to a client, one at a time and in threads; one that refuses our password is left in peace for a while."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, TypeVar

from seedbed.errors import InputError, SourceError

if TYPE_CHECKING:
    from collections.abc import Callable

log = logging.getLogger(__name__)
PEACE_S = 600.0
"""Clients ban an address after a few wrong passwords."""
_Got = TypeVar("_Got")


class Calls:
    """See the module's text.

    Args:
        now_s: The clock that nobody sets.
    """

    def __init__(self, now_s: Callable[[], float]) -> None:
        self._now_s = now_s
        self._one = asyncio.Lock()
        self._refused: tuple[float, InputError] | None = None
        self.tells = False
        """Whether trouble is logged: not before it was open once, for then it is raised."""
        self.trouble = ""
        """Why the last call failed; empty when it did not."""

    async def call(self, work: Callable[[], _Got]) -> _Got:
        """Do something with the client.

        Raises:
            InputError: it lets us not in; nothing is asked again for ten minutes.
            SourceError: it does not answer, or says no.
        """
        async with self._one:
            if self._refused and self._now_s() < self._refused[0]:
                raise self._refused[1]
            try:
                got = await asyncio.to_thread(work)
            except InputError as error:
                self._refused = self._now_s() + PEACE_S, error
                self._note(error.message)
                raise
            except SourceError as error:
                self._note(error.message)
                raise
            self._note("")
            return got

    def _note(self, trouble: str) -> None:
        if trouble and not self.trouble and self.tells:
            log.warning("the client: %s", trouble)
        elif self.trouble and not trouble and self.tells:
            log.info("the client answers again")
        self.trouble = trouble
