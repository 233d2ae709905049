# SPDX-License-Identifier: Apache-2.0
"""Every swarm is looked at once in a while, a few at a time, so that nobody waits long (pure)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

ROUND_S = 120
"""Every swarm is looked at so often."""


class Rounds:
    """Goes through all swarms, again and again.

    Args:
        all_: Gives the info-hashes that there are; asked once a round.
    """

    def __init__(self, all_: Callable[[], Iterable[bytes]]) -> None:
        self._all = all_
        self._left: list[bytes] = []
        self._share = 0

    def share(self, seconds: int) -> list[bytes]:
        """The next few.

        Args:
            seconds: Since the last call.
        """
        if not self._left:
            self._left = list(set(self._all()))
            self._share = -(-len(self._left) * seconds // ROUND_S)
        part = self._left[-self._share :] if self._share else []
        del self._left[len(self._left) - len(part) :]
        return part
