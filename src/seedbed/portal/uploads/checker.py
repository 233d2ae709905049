# SPDX-License-Identifier: Apache-2.0
"""Checks in the background, one or two at a time; what a crash interrupted is begun again when somebody looks."""

from __future__ import annotations

import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import sqlalchemy as sa

from seedbed.portal.uploads import checking
from seedbed.portal.uploads.states import State
from seedbed.portal.uploads.tables import uploads

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Executor

    from seedbed.portal.uploads.receiving.desk import Desk

WORKERS = 2
"""Each keeps one child busy."""
_log = logging.getLogger(__name__)


def _pool() -> Executor:
    return ThreadPoolExecutor(WORKERS, "seedbed-check")


@dataclass(slots=True)
class Checker:
    """Of one portal in one process."""

    desk: Desk
    pool: Executor = field(default_factory=_pool)
    check: Callable[[Desk, str], None] = checking.run
    _running: set[str] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def start(self, upload_id: str) -> None:
        """Check an upload soon, unless that is being done."""
        with self._lock:
            if upload_id in self._running:
                return
            self._running.add(upload_id)
        self.pool.submit(self._run, upload_id)

    def resume(self) -> int:
        """Begin again what was interrupted; returns how many."""
        asked = sa.select(uploads.c.id).where(uploads.c.state == State.CHECKING.value)
        with self.desk.portal.store.read() as connection:
            waiting = list(connection.execute(asked).scalars())
        for upload_id in waiting:
            self.start(upload_id)
        return len(waiting)

    def _run(self, upload_id: str) -> None:
        try:
            self.check(self.desk, upload_id)
        except Exception:  # noqa: BLE001  # the next ones are checked; this one again when somebody looks
            _log.exception("check failed id=%s", upload_id)
        finally:
            with self._lock:
                self._running.discard(upload_id)
