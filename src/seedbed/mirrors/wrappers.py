# SPDX-License-Identifier: Apache-2.0
"""What any mirror can be wrapped in: asking again, going slowly, telling the log. What comes out is a mirror.

``Wrapped(Wrapped(mirror, Limit(…)), Patience())`` asks again what failed for a moment, and takes a connection for each
attempt only.
"""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeVar

from seedbed.errors import SeedbedError
from seedbed.mirrors.base import HoldsParts, is_passing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from seedbed.mirrors.base import Mirror, Stored, Traits
    from seedbed.mirrors.content import Stream

_LOG = logging.getLogger(__name__)
_Got = TypeVar("_Got")
PAUSES_S = (0.5, 2.0, 8.0, 30.0)
"""Before each further attempt; a mirror's own wish (Retry-After) is obeyed where it is longer."""
MAX_PAUSE_S = 300.0
"""A mirror that wants to be left alone for longer has failed."""


class Around(Protocol):
    """Does a request, and something about it."""

    def __call__(self, what: str, key: str, once: Callable[[], _Got]) -> _Got:
        """Do it.

        Args:
            what: The method's name.
            key: The file it is about; a prefix for ``list``.
            once: Does it once.
        """
        ...


@dataclass(frozen=True, slots=True)
class Wrapped:
    """A mirror whose every request goes through one function.

    Args:
        inner: The mirror.
        around: Called with what is done ("put"), the key, and a function that does it once.
    """

    inner: Mirror
    around: Around

    @property
    def name(self) -> str:
        """The inner mirror's."""
        return self.inner.name

    @property
    def traits(self) -> Traits:
        """The inner mirror's."""
        return self.inner.traits

    def find(self, key: str) -> Stored | None:
        """What is kept under a key."""
        return self.around("find", key, lambda: self.inner.find(key))

    def read(self, key: str, *, start: int, stop: int) -> bytes:
        """A part of a file."""
        return self.around("read", key, lambda: self.inner.read(key, start=start, stop=stop))

    def list(self, *, prefix: str = "") -> Iterator[Stored]:
        """All files, by key; the whole list is one request here."""
        return iter(self.around("list", prefix, lambda: tuple(self.inner.list(prefix=prefix))))

    def put(self, key: str, stream: Stream) -> Stored:
        """Keep a file."""
        return self.around("put", key, lambda: self.inner.put(key, stream))

    def remove(self, key: str) -> None:
        """Take a file back."""
        return self.around("remove", key, lambda: self.inner.remove(key))

    def unfinished(self, *, prefix: str = "") -> tuple[str, ...]:
        """What was begun and not finished; nothing when the inner mirror knows of no such thing."""
        inner = self.inner
        if not isinstance(inner, HoldsParts):
            return ()
        return self.around("unfinished", prefix, lambda: inner.unfinished(prefix=prefix))

    def abandon(self, key: str) -> None:
        """Drop what was begun under a key."""
        inner = self.inner
        if isinstance(inner, HoldsParts):
            self.around("abandon", key, lambda: inner.abandon(key))

    def public_url(self, key: str) -> str:
        """The inner mirror's."""
        return self.inner.public_url(key)

    def close(self) -> None:
        """Close the inner mirror."""
        self.inner.close()


@dataclass(frozen=True, slots=True)
class Patience:
    """Asks again what may be gone in a moment."""

    pauses_s: tuple[float, ...] = PAUSES_S
    sleep: Callable[[float], object] = time.sleep

    def __call__(self, what: str, key: str, once: Callable[[], _Got]) -> _Got:
        """See :class:`Around`."""
        for pause_s in self.pauses_s:
            try:
                return once()
            except SeedbedError as error:
                wish_s = float(error.data.get("retry_after_s") or 0.0)  # type: ignore[arg-type]  # set by failure()
                if not is_passing(error) or wish_s > MAX_PAUSE_S:
                    raise
                _LOG.debug("mirror asked again what=%s key=%s pause_s=%g why=%s", what, key, pause_s, error)
                self.sleep(max(pause_s, wish_s))
        return once()


class Limit:
    """So many requests at once, and so many a second.

    Args:
        at_once: Requests under way.
        per_s: Requests begun in a second, evenly spread; 0 for no limit.
        clock: Seconds, monotonic.
        sleep: Waits for seconds.
    """

    def __init__(
        self,
        *,
        at_once: int,
        per_s: float = 0.0,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        self._room = threading.BoundedSemaphore(at_once)
        self._interval_s = 1 / per_s if per_s else 0.0
        self._clock, self._sleep = clock, sleep
        self._lock = threading.Lock()
        self._next_s = 0.0

    def __call__(self, what: str, key: str, once: Callable[[], _Got]) -> _Got:  # noqa: ARG002  # the Protocol's
        """See :class:`Around`."""
        with self._room:
            self._wait_for_turn()
            return once()

    def _wait_for_turn(self) -> None:
        with self._lock:
            now_s = self._clock()
            turn_s = max(now_s, self._next_s)
            self._next_s = turn_s + self._interval_s
        if turn_s > now_s:
            self._sleep(turn_s - now_s)


@dataclass(frozen=True, slots=True)
class Log:
    """Writes a line for each request: what, which file, how long, and how it ended."""

    mirror: str
    """Its name."""
    clock: Callable[[], float] = time.monotonic

    def __call__(self, what: str, key: str, once: Callable[[], _Got]) -> _Got:
        """See :class:`Around`."""
        began_s = self.clock()
        try:
            got = once()
        except SeedbedError as error:
            _LOG.info("mirror failed mirror=%s what=%s key=%s error=%s", self.mirror, what, key, error)
            raise
        _LOG.debug("mirror did mirror=%s what=%s key=%s seconds=%.3f", self.mirror, what, key, self.clock() - began_s)
        return got
