# SPDX-License-Identifier: Apache-2.0
"""How safe versions are, as it was found last: read from the records that the server's schedule keeps."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from seedbed.health import risk
from seedbed.health.current import CurrentHealth, Health
from seedbed.health.history import Day, History
from seedbed.health.record import HealthRecord, Noted

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

FRESH_S = 20.0
"""The health of everything is read again after this."""


class HealthDesk:
    """Answers of the record. Safe for several threads: each question opens it for itself.

    Args:
        path: Of the record; need not be there yet.
        clock_s: Monotonic.
    """

    def __init__(self, path: Path, clock_s: Callable[[], float]) -> None:
        self._path = path
        self._clock_s = clock_s
        self._lock = threading.Lock()
        self._all: tuple[float, float, Mapping[str, Health]] = (float("-inf"), 0.0, {})

    @property
    def changed_s(self) -> float:
        """When what :meth:`all` shows was written, in seconds of Unix time; 0 where there is nothing: for ETags."""
        self.all()
        return self._all[1]

    def _written_s(self) -> float:
        try:
            return self._path.stat().st_mtime
        except OSError:
            return 0.0

    def of(self, item_id: str) -> Health | None:
        """What was found last; None when nobody has looked yet."""
        if not self._path.exists():
            return None
        with CurrentHealth(self._path) as record:
            return record.get(item_id)

    def days(self, item_id: str) -> list[Day]:
        """How it was on earlier days, the oldest first."""
        if not self._path.exists():
            return []
        with History(self._path) as record:
            return record.days(item_id)

    def audits(self, item_id: str) -> dict[str, Noted]:
        """Each copy's last audit, by URL."""
        if not self._path.exists():
            return {}
        with HealthRecord(self._path) as record:
            return {url: found[0] for url, found in record.audits(item_id).items()}

    def all(self) -> Mapping[str, Health]:
        """Of all versions, at most some seconds old."""
        with self._lock:
            at_s, seen_s, known = self._all
            if self._clock_s() - at_s > FRESH_S and (changed_s := self._written_s()):
                if changed_s != seen_s:  # to read all of a large catalogue takes a second
                    with CurrentHealth(self._path) as record:
                        known = record.all()
                self._all = (self._clock_s(), changed_s, known)
            return known


def worst_first(known: Mapping[str, Health]) -> list[Health]:
    """Those that somebody looked at, the worst first."""
    told = [one for one in known.values() if one.word != "unknown"]
    return sorted(told, key=lambda one: (risk.WORDS.index(one.word), -risk.risk(one.copies), one.id))
