# SPDX-License-Identifier: Apache-2.0
"""Fetching units, some at a time: what fails is tried again, later each time, and a restart forgets nothing of that."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from seedbed.errors import DataError, NoSpaceError, SeedbedError
from seedbed.node.choosing.units import version_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from seedbed.fetching.result import Fetched, Progress
    from seedbed.node.choosing.units import Unit
    from seedbed.node.parts import Parts

log = logging.getLogger(__name__)
MOST_RETRY_S = 86_400.0
_DOUBLINGS = 16
NEW_BYTES = 1 << 20
"""Less than that is no news of a fetch: it would be written down too often."""


@dataclass(slots=True)
class Fetches:
    """The fetches that are under way.

    Args:
        parts: The node's.
        held: Called with an id when every byte of it is here, proved, and on disk.
    """

    parts: Parts
    held: Callable[[list[str]], Awaitable[None]]
    is_full: bool = False
    """Whether the disk had no room at the last attempt."""
    is_shut: bool = False
    """Nothing is begun for now: the line may not be used for it."""
    _tasks: dict[str, asyncio.Task[None]] = field(default_factory=dict)
    _bytes: dict[str, int] = field(default_factory=dict)
    """Of each, when news of it was last written down."""

    @property
    def ids(self) -> frozenset[str]:
        """Of what is fetched now."""
        return frozenset(item for item, task in self._tasks.items() if not task.done())

    @property
    def free(self) -> int:
        """How many more may be begun."""
        return 0 if self.is_shut else max(self.parts.pace.fetches - len(self.ids), 0)

    def ready(self, items: list[str]) -> list[str]:
        """Those that may be begun now: they have rested after their last failure, and no part of theirs is coming."""
        failed = self.parts.state.waits("failed")
        resting = {item for item, wait in failed.items() if wait.passed_s < wait.facts["rest_s"]}
        coming = self._coming()
        return [item for item in items if item not in resting and version_of(item) not in coming]

    def _coming(self) -> frozenset[str]:
        """Versions that are fetched now, or a part of them is."""
        return frozenset(map(version_of, self.ids))

    def stalled(self) -> list[str]:
        """Those that brought nothing new for so long that they are to be given up; none that the node held before."""
        state, patience_s = self.parts.state, self.parts.pace.patience_s
        healing = state.waits("healing")
        return [
            item for item, wait in state.waits("idle").items() if wait.passed_s >= patience_s and item not in healing
        ]

    def begin(self, unit: Unit, places: tuple[str, ...]) -> None:
        """Fetch a unit in the background; a later round does so, where nothing may be begun now.

        A part waits while another one of its version is coming.
        """
        if self.is_shut or version_of(unit.id) in self._coming():
            return
        if unit.id not in self.parts.state.waits("idle"):
            self.parts.state.wait(unit.id, "idle")
        self._tasks[unit.id] = asyncio.create_task(self._fetch(unit, places))

    async def finish(self) -> None:
        """Wait for all that were begun."""
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    async def stop(self) -> None:
        """End all; what came is kept, and gone on with at the next start."""
        for item in list(self._tasks):
            await self.cancel(item)

    async def cancel(self, item: str) -> None:
        """End one."""
        if task := self._tasks.pop(item, None):
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _fetch(self, unit: Unit, places: tuple[str, ...]) -> None:
        try:
            fetched = await self._bring(unit, places)
            await self._hold(unit, fetched)
        except SeedbedError as error:
            self._note_failure(unit, error)
        except OSError as error:  # of a bad disk, not told by name
            log.exception("unit not fetched id=%s", unit.id)
            self._note_failure(unit, SeedbedError(str(error)))

    async def _bring(self, unit: Unit, places: tuple[str, ...]) -> Fetched:
        """Whatever is here of it is proved, with the rest: nothing is taken for right because it was once."""
        parts = self.parts
        await asyncio.to_thread(parts.place.shelf.copy(unit.id).begin)
        self._bytes[unit.id] = -1
        return await parts.fetch(
            unit.wanted(places),
            parts.place.of(unit.id).cache,
            parts.options,
            on_progress=lambda one: self._tell(unit, one),
        )

    async def _hold(self, unit: Unit, fetched: Fetched) -> None:
        parts, state = self.parts, self.parts.state
        looks = await asyncio.to_thread(parts.place.shelf.copy(unit.id).seal)
        if not looks:
            raise DataError(f"{unit.id}: its files changed as soon as they were here")
        facts = {"from_peers": fetched.bytes_from_peers, "from_mirrors": fetched.bytes_from_mirrors}
        state.move(unit.id, "held", unit.size_bytes, parts.now_s(), what="held", facts=facts, seal=looks)
        self.is_full = False
        for what in ("failed", "idle", "healing"):
            state.wait_no_more(unit.id, what)
        await self.held([unit.id])

    def _tell(self, unit: Unit, progress: Progress) -> None:
        """A fetch that brings something is not stalled."""
        if progress.stage != "fetching":
            return
        before = self._bytes.get(unit.id, -1)
        if before < 0 or progress.bytes_done >= before + NEW_BYTES:
            self._bytes[unit.id] = progress.bytes_done
            if before >= 0:
                self.parts.state.wait(unit.id, "idle")

    def _note_failure(self, unit: Unit, error: SeedbedError) -> None:
        parts, state = self.parts, self.parts.state
        self.is_full = isinstance(error, NoSpaceError)
        before = state.waits("failed").get(unit.id)
        count = (before.facts["count"] if before else 0) + 1
        rest_s = min(parts.pace.retry_s * 2 ** min(count - 1, _DOUBLINGS), MOST_RETRY_S)
        what = "fetch-failed"
        if isinstance(error, DataError):  # all sources send wrong bytes: a broken swarm
            what, rest_s = "quarantined", parts.pace.quarantine_s
        log.warning("unit not fetched id=%s failures=%d: %s", unit.id, count, error.message)
        state.wait(unit.id, "failed", count=count, rest_s=rest_s)
        facts = {"why": error.message, "again_s": int(rest_s), "count": count}
        state.note(what, facts, parts.now_s(), unit.id)
