# SPDX-License-Identifier: Apache-2.0
"""A month's traffic: what all engines and HTTP mirrors sent and received, and when a new month begins.

The month is that of the calendar, but no clock is believed alone. Time since the month began is added up from the clock
that runs since the machine was started, which nobody sets. A month is over when the calendar shows another one and this
time agrees (27 days at least), or when 32 days have passed whatever the calendar shows: a clock that jumps over the end
of a month gives nothing anew, and one that is stuck in 1970 blocks nothing for ever.
"""

from __future__ import annotations

import contextlib
import json
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeVar, runtime_checkable

from seedbed.errors import SeedbedError
from seedbed.fetching.web.throttle import Throttle
from seedbed.node.state import DAY_S

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import AsyncIterator, Callable
    from contextlib import AbstractAsyncContextManager

    from seedbed.node.holding.serving import Serving
    from seedbed.node.state import State

SHORTEST_S, LONGEST_S = 27 * DAY_S, 32 * DAY_S
"""February has 28 days, and a clock may be an hour off; no month has 32."""
_MOST_AWAY_S = 400 * DAY_S
"""A machine that seems to have been off for longer has a wrong clock."""
_WRITE_S = 60.0
"""Between two writes: so much traffic a kill -9 forgets at most (``reliability.md`` 4.1)."""
_NAME = "traffic"
_Served = TypeVar("_Served", bound="Serving")


class Boot(NamedTuple):
    """Where the machine's own clock stands."""

    id: str
    """Another one after each start of the machine."""
    since_s: float
    """Since that start; time asleep counts."""


def boot() -> Boot:
    """This machine's; elsewhere than on Linux each process is a start of its own."""
    try:
        name = Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
        return Boot(name, time.clock_gettime(time.CLOCK_BOOTTIME))
    except (OSError, AttributeError):
        return Boot(f"process {time.monotonic_ns() - time.perf_counter_ns()}", time.monotonic())


@dataclass(frozen=True, slots=True)
class Month:
    """What is known of the month, as it is written down."""

    name: str
    """``2026-11``, where the clock stood when the month was begun."""
    used_bytes: int
    elapsed_s: float
    """Since it began."""
    boot_id: str
    boot_s: float
    wall_s: float
    """Where the clocks stood then."""

    @classmethod
    def begin(cls, wall: dt.datetime, now: Boot, used_bytes: int = 0) -> Month:
        """The month that a clock on the wall shows, as far as it has gone."""
        elapsed_s = (wall.day - 1) * DAY_S + wall.hour * 3_600 + wall.minute * 60 + wall.second
        return cls(f"{wall:%Y-%m}", used_bytes, elapsed_s, now.id, now.since_s, wall.timestamp())

    def later(self, wall: dt.datetime, now: Boot, more_bytes: int = 0) -> Month:
        """The same, or the next one, at a later moment and with more traffic (pure)."""
        wall_s, away_s = wall.timestamp(), wall.timestamp() - self.wall_s
        if now.id == self.boot_id:
            passed_s = max(now.since_s - self.boot_s, 0.0)
        else:  # the machine was off: only the clock on the wall can tell for how long
            passed_s = away_s if 0 <= away_s <= _MOST_AWAY_S else 0.0
        elapsed_s = self.elapsed_s + passed_s
        if elapsed_s >= LONGEST_S or (elapsed_s >= SHORTEST_S and f"{wall:%Y-%m}" != self.name):
            return Month.begin(wall, now, more_bytes)
        used_bytes = self.used_bytes + more_bytes
        return replace(
            self, used_bytes=used_bytes, elapsed_s=elapsed_s, boot_id=now.id, boot_s=now.since_s, wall_s=wall_s
        )


@runtime_checkable
class Limited(Protocol):
    """An engine whose rates can be changed while it runs; another client's are its own."""

    async def limit(self, *, upload_bytes_per_s: int, download_bytes_per_s: int) -> None:
        """Other rates from now on; 0 is no limit."""


class Rates(NamedTuple):
    """Bytes a second; 0 is no limit."""

    up: int
    down: int

    def shared(self, count: int) -> Rates:
        """Of so many, for each."""
        return Rates(*(max(rate // count, 1) if rate else 0 for rate in self))


NO_LIMIT = Rates(0, 0)


class Meter:
    """Counts what goes over the line, and keeps to rates: every engine that is opened through it, and all of HTTP.

    Args:
        rates: To begin with.
    """

    def __init__(self, rates: Rates = NO_LIMIT) -> None:
        self.rates = rates
        self.throttle = Throttle(rates.down)
        """That fetches by HTTP share; it pays for what peers bring, too."""
        self.sent_bytes = self._from_peers_bytes = 0
        self._open: dict[Serving, tuple[int, int]] = {}
        self._shares: dict[Serving, int] = {}

    @property
    def received_bytes(self) -> int:
        """From peers and mirrors."""
        return self._from_peers_bytes + self.throttle.received_bytes

    def counting(
        self, open_engine: Callable[[], AbstractAsyncContextManager[_Served]], shares: int = 1
    ) -> Callable[[], AbstractAsyncContextManager[_Served]]:
        """The same engines, counted from their beginning to their end.

        Args:
            open_engine: Makes them.
            shares: So many of them run at a time, and share the rates.
        """

        @contextlib.asynccontextmanager
        async def counted() -> AsyncIterator[_Served]:
            async with open_engine() as engine:
                self._open[engine], self._shares[engine] = (0, 0), shares
                try:
                    await self._limit(engine)
                    yield engine
                finally:
                    await self._read(engine)
                    del self._open[engine], self._shares[engine]

        return counted

    async def read(self) -> int:
        """Bring the counts up to date; returns all bytes, sent and received, since the node was started."""
        for engine in tuple(self._open):
            await self._read(engine)
        return self.sent_bytes + self.received_bytes

    async def limit(self, rates: Rates) -> None:
        """From now on these rates hold."""
        if rates != self.rates:
            self.rates, self.throttle.rate_bytes_per_s = rates, rates.down
            for engine in tuple(self._open):
                await self._limit(engine)

    async def _limit(self, engine: Serving) -> None:
        if isinstance(engine, Limited):
            share = self.rates.shared(self._shares[engine])
            with contextlib.suppress(SeedbedError):  # it is closing
                await engine.limit(upload_bytes_per_s=share.up, download_bytes_per_s=share.down)

    async def _read(self, engine: Serving) -> None:
        with contextlib.suppress(SeedbedError):  # it is busy, or closing: the next look counts the same bytes
            sent, received = await engine.totals()
            if (before := self._open.get(engine)) is None:  # it ended meanwhile, and was read for the last time
                return
            self._open[engine] = sent, received
            self.sent_bytes += sent - before[0]
            self._from_peers_bytes += received - before[1]
            self.throttle.took_elsewhere(received - before[1])


class Traffic:
    """The month's traffic, kept in the record.

    Args:
        state: The node's record.
        meter: What was counted since the start.
        boot: The machine's own clock.
    """

    def __init__(self, state: State, meter: Meter, boot: Callable[[], Boot]) -> None:
        self._state, self._meter, self._boot = state, meter, boot
        self._counted_bytes = 0
        self._month: Month | None = None
        self._written_s = float("-inf")

    async def look(self, wall: dt.datetime) -> Month:
        """Count; written down once a minute.

        Raises:
            StateError: the record cannot be read or written.
        """
        total, now = await self._meter.read(), self._boot()
        month = self._month or kept(self._state) or Month.begin(wall, now)
        self._month = month.later(wall, now, total - self._counted_bytes)
        self._counted_bytes = total
        if now.since_s >= self._written_s + _WRITE_S or self._month.name != month.name:
            self.write()
            self._written_s = now.since_s
        return self._month

    def write(self) -> None:
        """Write it down now.

        Raises:
            StateError: the record cannot be written.
        """
        if self._month:
            self._state.set(_NAME, json.dumps(asdict(self._month)))


def kept(state: State) -> Month | None:
    """What a node has written down; None when it never did, or wrote it another way."""
    try:
        return Month(**json.loads(state.get(_NAME) or "{}"))
    except (ValueError, TypeError):
        return None
