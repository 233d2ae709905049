# SPDX-License-Identifier: Apache-2.0
"""Fetching units, some at a time: each is looked at once more before it is begun, and tried again when it fails."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from seedbed.catalog.ids import Ref
from seedbed.errors import NoSpaceError, SeedbedError
from seedbed.library.fetch import Wanted, fetch

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from seedbed.catalog.model import Release
    from seedbed.node.parts import Parts

log = logging.getLogger(__name__)
MOST_RETRY_S = 86_400.0


@dataclass(slots=True)
class Fetches:
    """The fetches that are under way.

    Args:
        parts: The node's.
        held: Called with a release when every byte of it is here, proved, and on disk.
    """

    parts: Parts
    held: Callable[[Release], Awaitable[None]]
    is_full: bool = False
    """Whether the disk had no room at the last attempt."""
    _tasks: dict[str, asyncio.Task[None]] = field(default_factory=dict)
    _failed: dict[str, tuple[int, int]] = field(default_factory=dict)
    """Id -> failures in a row, and when it may be tried again."""

    @property
    def ids(self) -> frozenset[str]:
        """Of what is fetched now."""
        return frozenset(item for item, task in self._tasks.items() if not task.done())

    @property
    def free(self) -> int:
        """How many more may be begun."""
        return max(self.parts.pace.fetches - len(self.ids), 0)

    def may_begin(self, item: str, now_s: int) -> bool:
        """Whether a unit is not fetched now, and has rested after its last failure."""
        return item not in self.ids and self._failed.get(item, (0, 0))[1] <= now_s

    def begin(self, release: Release, places: tuple[str, ...]) -> None:
        """Fetch a unit in the background."""
        self._tasks[release.id] = asyncio.create_task(self._fetch(release, places))

    async def stop(self) -> None:
        """End all; what came is kept, and gone on with at the next start."""
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    async def cancel(self, item: str) -> None:
        """End one."""
        if task := self._tasks.pop(item, None):
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _fetch(self, release: Release, places: tuple[str, ...]) -> None:
        parts = self.parts
        try:
            fetched = await fetch(Wanted(release, places), parts.place.cache, parts.options)
            self.is_full = False
            self._failed.pop(release.id, None)
            facts = {"from_peers": fetched.bytes_from_peers, "from_mirrors": fetched.bytes_from_mirrors}
            parts.state.move(release.id, "held", release.size_bytes, parts.now_s(), what="held", facts=facts)
            await self.held(release)
        except SeedbedError as error:
            self._note_failure(release, error)

    def _note_failure(self, release: Release, error: SeedbedError) -> None:
        parts = self.parts
        self.is_full = isinstance(error, NoSpaceError)
        count = self._failed.get(release.id, (0, 0))[0] + 1
        rest_s = int(min(parts.pace.retry_s * 2 ** (count - 1), MOST_RETRY_S))
        self._failed[release.id] = count, parts.now_s() + rest_s
        log.warning("unit not fetched id=%s failures=%d: %s", release.id, count, error.message)
        parts.state.note("fetch-failed", {"why": error.message, "again_s": rest_s}, parts.now_s(), release.id)


def ref_of(release: Release) -> Ref:
    """Dataset and version."""
    return Ref(release.dataset, release.version)
