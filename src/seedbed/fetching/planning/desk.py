# SPDX-License-Identifier: Apache-2.0
"""The one place where threads meet the plan: they ask it for work and tell it what came."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from seedbed.errors import SeedbedError
    from seedbed.fetching.faults import Fault
    from seedbed.fetching.planning.plan import Claim, Plan, Source

_LOOK_AGAIN_S = 0.2
"""An idle source looks at the plan so often: claims become slow without an event to tell of it."""


@dataclass(slots=True)
class Tally:
    """Bytes that came."""

    good: int = 0
    """Of proved pieces, padding not counted."""
    last_s: float = 0.0
    """When the last ones came, proved or not."""


class Desk:
    """A plan behind a lock.

    Args:
        plan: Owned by the desk from now on.
        clock: Seconds, monotonic.
    """

    def __init__(self, plan: Plan, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._plan = plan
        self._clock = clock
        self._changed = threading.Condition()
        self._is_over = False
        self.trouble: SeedbedError | None = None
        """Why our side cannot go on, such as a full disk."""
        self.tallies: dict[str, Tally] = {}
        self._began_s = clock()

    def add_source(self, name: str, *, max_claims: int, is_swarm: bool = False, min_run_bytes: int = 0) -> Source:
        """See :meth:`Plan.add_source`."""
        with self._changed:
            self.tallies[name] = Tally()
            return self._plan.add_source(name, max_claims=max_claims, is_swarm=is_swarm, min_run_bytes=min_run_bytes)

    def next_claim(self, source: Source, *, waits: bool = True) -> Claim | None:
        """Work for a source, waiting for some; None when there will be none any more (or none now, if not waiting)."""
        with self._changed:
            while not self.is_over() and not source.banned:
                if claim := self._plan.claim(source, now_s=self._clock()):
                    return claim
                if not waits:
                    return None
                self._changed.wait(_LOOK_AGAIN_S)
            self._changed.notify_all()
            return None

    def begin(self, claim: Claim, max_pieces: int) -> range:
        """See :meth:`Plan.begin`; empty as well when the fetch is over."""
        with self._changed:
            return range(0) if self._is_over else self._plan.begin(claim, max_pieces)

    def settle(self, claim: Claim, proved: Iterable[tuple[int, int]], wrong: Iterable[int] = ()) -> None:
        """Pieces came.

        Args:
            claim: Whose.
            proved: Right ones, written: piece and bytes.
            wrong: Those whose bytes are not what their hashes say.
        """
        with self._changed:
            now_s = self._clock()
            tally = self.tallies[claim.source.name]
            for piece, size_bytes in proved:
                if self._plan.proved(claim, piece, now_s=now_s):
                    tally.good += size_bytes
            for piece in wrong:
                self._plan.wrong(claim, piece)
            tally.last_s = now_s
            if self._plan.is_done:
                self._changed.notify_all()

    def came(self, source: Source, piece: int, size_bytes: int) -> None:
        """See :meth:`Plan.came`."""
        with self._changed:
            tally = self.tallies[source.name]
            tally.last_s = self._clock()
            claims = len(source.claims)
            if self._plan.came(source, piece, now_s=tally.last_s):
                tally.good += size_bytes
            if self._plan.is_done or len(source.claims) < claims:
                self._changed.notify_all()

    def open_pieces(self, source: Source) -> set[int]:
        """Pieces that a source has in its claims."""
        with self._changed:
            return {piece for claim in source.claims for piece in claim.open}

    def spare(self, count: int) -> set[int]:
        """See :meth:`Plan.spare`."""
        with self._changed:
            return self._plan.spare(count)

    def is_alone(self, source: Source) -> bool:
        """See :meth:`Plan.is_alone`."""
        with self._changed:
            return self._plan.is_alone(source)

    def release(self, source: Source) -> None:
        """Give back all that a source has claimed."""
        with self._changed:
            for claim in list(source.claims):
                self._plan.finish(claim)
            self._changed.notify_all()

    def note(self, source: Source, text: str) -> None:
        """Remember something that went wrong with a source, without any consequence."""
        with self._changed:
            source.faults[text] = source.faults.get(text, 0) + 1

    def touch(self, source: Source, when_s: float | None = None) -> None:
        """Bytes came, not yet a whole piece: now, or at ``when_s``."""
        with self._changed:
            tally = self.tallies[source.name]
            tally.last_s = max(tally.last_s, self._clock() if when_s is None else when_s)

    def fail(self, claim: Claim, fault: Fault, *, lacks: Iterable[int] = ()) -> None:
        """See :meth:`Plan.fail`."""
        with self._changed:
            self._plan.fail(claim, fault, now_s=self._clock(), lacks=lacks)
            self._changed.notify_all()

    def finish(self, claim: Claim) -> None:
        """See :meth:`Plan.finish`."""
        with self._changed:
            self._plan.finish(claim)
            self._changed.notify_all()

    def stop(self, trouble: SeedbedError | None = None) -> None:
        """Nobody gets work any more."""
        with self._changed:
            self._is_over = True
            self.trouble = self.trouble or trouble
            self._changed.notify_all()

    def is_over(self) -> bool:
        """Whether there will be no more work."""
        with self._changed:
            return self._is_over or self._plan.is_done or self._plan.is_stuck()

    def wait_for_end(self, timeout_s: float, *, only_end: bool = False) -> None:
        """Wait until there is no more work, at most ``timeout_s``; without ``only_end`` any news ends the wait."""
        with self._changed:
            if only_end:
                self._changed.wait_for(self.is_over, timeout_s)
            elif not self.is_over():
                self._changed.wait(timeout_s)

    def silent_s(self) -> float:
        """How long nobody has sent anything, although nobody asked us to wait."""
        with self._changed:
            now_s = self._clock()
            rests = (min(source.asked_rest_until_s, now_s) for source in self.sources if not source.banned)
            return now_s - max([self._began_s, *rests, *(tally.last_s for tally in self.tallies.values())])

    def bytes_good(self) -> int:
        """Bytes proved so far, from all."""
        with self._changed:
            return sum(tally.good for tally in self.tallies.values())

    def missing(self) -> set[int]:
        """Pieces not proved yet."""
        with self._changed:
            return set(self._plan.missing)

    @property
    def sources(self) -> list[Source]:
        """All of them, with what is known of each; look, do not change."""
        return self._plan.sources
