# SPDX-License-Identifier: Apache-2.0
"""What the parts of the adapter share while a session is open."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import libtorrent as lt

from seedbed.engine.libtorrent_engine import params
from seedbed.engine.libtorrent_engine.faults import translated

if TYPE_CHECKING:
    import asyncio

    from seedbed.engine.libtorrent_engine.records import Record, Registry
    from seedbed.engine.libtorrent_engine.waits import Waits
    from seedbed.engine.settings import Settings
    from seedbed.engine.stream import EventHub

_SMALLEST_CHECK_S = 60.0


@dataclass(slots=True)
class Core:
    """One open session."""

    settings: Settings
    session: lt.session
    registry: Registry
    waits: Waits
    hub: EventHub
    tasks: asyncio.TaskGroup

    async def resume_data(self, record: Record) -> bytes:
        """The engine's record of a torrent, info dictionary included."""
        with translated(record.name):
            answer: bytes = await self.waits.ask(
                ("resume", record.torrent),
                lambda: record.live.save_resume_data(lt.torrent_handle.save_info_dict),
            )
        return answer

    async def take_out(self, record: Record, flags: int = 0) -> None:
        """Remove a torrent from the session; its record stays."""
        with translated(record.name):
            handle = record.live
            await self.waits.ask(("removed", record.torrent), lambda: self.session.remove_torrent(handle, flags))

    async def put_in(self, record: Record, what: lt.add_torrent_params) -> None:
        """Add a torrent to the session."""
        with translated(record.name):
            record.handle = await self.waits.ask(
                ("added", record.torrent), lambda: self.session.async_add_torrent(what)
            )

    async def begin_anew(self, record: Record) -> None:
        """Take a torrent out, put it in again, and wait until what is on disk is hashed.

        After a full disk libtorrent keeps half-written pieces in mind, and some time later, with room, blames the
        torrent for them ("v1 and v2 hashes do not describe the same data"). Only a new beginning forgets them.
        """
        again = params.beginning_anew(record, await self.resume_data(record))
        record.doubt()
        await self.take_out(record)
        record.error, record.said_error, record.snapshot = "", "", None
        record.is_checking, record.is_dirty, record.is_suspect = True, True, False
        await self.put_in(record, again)
        if record.is_checking:
            await self._wait_checked(record, lambda: None, record.checks)

    async def check(self, record: Record) -> None:
        """Hash everything that is on disk, and wait for it."""
        with translated(record.name):
            if record.is_checking:  # libtorrent would not start another
                await self._wait_checked(record, lambda: None, record.checks)
            record.doubt()
            record.is_suspect = False  # a failure during this check makes it suspect again
            await self._wait_checked(record, lambda: _force_check(record.live), record.checks + 1)

    async def _wait_checked(self, record: Record, call: Any, check: int) -> None:
        size_bytes = record.last_snapshot().bytes_wanted
        limit_s = _SMALLEST_CHECK_S + size_bytes / self.settings.check_bytes_per_s
        await self.waits.ask(("checked", record.torrent, check), call, timeout_s=limit_s)


def _force_check(handle: lt.torrent_handle) -> None:
    handle.clear_error()
    if handle.flags() & lt.torrent_flags.paused:  # a paused torrent is never checked
        handle.set_flags(lt.torrent_flags.stop_when_ready)
        handle.resume()
    handle.force_recheck()
