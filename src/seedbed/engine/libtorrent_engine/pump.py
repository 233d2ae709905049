# SPDX-License-Identifier: Apache-2.0
"""Bringing libtorrent's alerts into the event loop.

libtorrent writes one byte to a descriptor when its queue of alerts stops being empty. ``set_alert_notify``, which
calls back from its own thread, is documented as unsafe in Python. Alerts are pointers into libtorrent's memory that
die at the next ``pop_alerts``: touching one later crashed the process. So each is handed on inside
:meth:`AlertPump.drain` and nobody keeps it.
"""

from __future__ import annotations

import asyncio
import logging
import socket
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    import libtorrent as lt

_log = logging.getLogger(__name__)


class AlertPump:
    """Calls ``handle`` with each alert, in the loop's thread, in order."""

    def __init__(self, session: lt.session, handle: Callable[[lt.alert], None]) -> None:
        self._session: lt.session | None = session
        self._handle = handle
        self._reader, self._writer = socket.socketpair()
        self._loop = asyncio.get_running_loop()
        for end in (self._reader, self._writer):
            end.setblocking(False)  # noqa: FBT003  # the name of the argument is the method's
        self._loop.add_reader(self._reader, self.drain)
        session.set_alert_fd(self._writer.fileno())

    def drain(self) -> None:
        """Empty the descriptor, then the queue: in this order none is missed."""
        if self._session is None:
            return
        try:
            while self._reader.recv(4096):
                pass
        except BlockingIOError:
            pass
        for alert in self._session.pop_alerts():
            try:
                self._handle(alert)
            except Exception:  # noqa: BLE001  # one alert that we misread must not stop all others
                _log.exception("an engine message was not understood: %s", type(alert).__name__)

    def close(self) -> None:
        """Stop reading; libtorrent must have been told to stop writing."""
        if self._session is None:
            return
        self._session = None
        self._loop.remove_reader(self._reader)
        self._reader.close()
        self._writer.close()
