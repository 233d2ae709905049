# SPDX-License-Identifier: Apache-2.0
"""What moves in a node now: how far fetches are, and who takes what."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from seedbed.fetching.result import Progress
from seedbed.node.choosing.units import id_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from seedbed.fetching.options import Options
    from seedbed.fetching.result import Fetched
    from seedbed.library.cache import Cache
    from seedbed.library.fetch import Wanted
    from seedbed.node.holding.offering import Offering
    from seedbed.node.holding.serving import Serving
    from seedbed.node.parts import Fetch

SPEED_S = 10.0
"""A fetch's speed is that of so long."""


@dataclass(slots=True)
class Going:
    """A fetch that is under way."""

    last: Progress = field(default_factory=lambda: Progress("torrent"))
    _points: deque[tuple[float, int]] = field(default_factory=deque)

    def take(self, progress: Progress, now_s: float) -> None:
        """Progress is told."""
        if progress.stage != self.last.stage:  # what was here already is no speed
            self._points.clear()
        self.last = progress
        self._points.append((now_s, progress.bytes_done))
        while len(self._points) > 2 and now_s - self._points[0][0] > SPEED_S:
            self._points.popleft()

    def speed_bytes_s(self, now_s: float) -> float:
        """Of the last seconds; 0 for one that brings nothing."""
        if self.last.stage != "fetching" or len(self._points) < 2:
            return 0.0
        (since_s, before), (until_s, done) = self._points[0], self._points[-1]
        passed_s = max(until_s - since_s, now_s - since_s - 1, 0.1)  # a second without news is no news
        return max(done - before, 0) / passed_s

    def facts(self, now_s: float) -> dict[str, Any]:
        """For people and programs."""
        return {
            "doing": self.last.stage, "bytes_done": self.last.bytes_done, "bytes_total": self.last.bytes_total,
            "mirrors": self.last.mirrors, "peers": self.last.peers, "bytes_per_s": round(self.speed_bytes_s(now_s)),
        }  # fmt: skip


@dataclass(slots=True)
class Live:
    """See the module's text.

    Args:
        engine: That serves; open.
        offering: What is in it.
        fetch: How units are brought; this object is called in its place (:class:`seedbed.node.parts.Fetch`).
        now_s: The clock that nobody sets.
    """

    engine: Serving
    offering: Offering
    fetch: Fetch
    now_s: Callable[[], float]
    _going: dict[str, Going] = field(default_factory=dict)

    async def __call__(
        self, wanted: Wanted, cache: Cache, options: Options, /, *, on_progress: Callable[[Progress], object]
    ) -> Fetched:
        """Bring a release, as usual, and remember how far that is."""
        item, going = id_of(wanted.release, wanted.part), Going()
        self._going[item] = going

        def both(progress: Progress) -> None:
            going.take(progress, self.now_s())
            on_progress(progress)

        try:
            return await self.fetch(wanted, cache, options, on_progress=both)
        finally:
            self._going.pop(item, None)

    async def look(self) -> dict[str, dict[str, Any]]:
        """What each unit does now, by id: a fetch's progress, or who takes it.

        Raises:
            StateError: the engine does not answer.
        """
        await self.engine.refresh()
        statuses = {str(one.torrent): one for one in self.engine.statuses()}
        now_s = self.now_s()
        found = {item: going.facts(now_s) for item, going in self._going.items()}
        for item, torrent in self.offering.torrents.items():
            found[item] = {"doing": "serving"}
            if one := statuses.pop(str(torrent), None):  # parts of one version are one torrent: it is counted once
                found[item] = {
                    "doing": "serving", "peers": one.peer_count, "sent_bytes": one.uploaded_bytes,
                    "bytes_per_s": one.upload_bytes_per_s, "error": one.error,
                }  # fmt: skip
        return found
