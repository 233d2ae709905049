# SPDX-License-Identifier: Apache-2.0
"""From "every byte has come" to "every byte is on disk": what must hold before ``Finished`` is said.

Two findings about libtorrent 2.1.1 stand behind this:

- Its ``torrent_finished_alert`` comes before the last blocks are in the files. So the cache is flushed, twice: an
  answer to an earlier, automatic flush may come first. Then files and folders are fsynced.
- After a full disk it calls v2-only torrents complete that are not (of 256 pieces, 96 were there). The write errors may
  even come after ``torrent_finished_alert``, but they come before the answer to the flush. So a torrent with any file
  error is hashed again, whatever libtorrent says of it.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from seedbed.engine.base import FileError, Finished
from seedbed.engine.durable import sync_files
from seedbed.engine.libtorrent_engine.faults import translated
from seedbed.engine.libtorrent_engine.params import PAD_FLAG
from seedbed.errors import SeedbedError

if TYPE_CHECKING:
    from pathlib import Path

    from seedbed.engine.libtorrent_engine.core import Core
    from seedbed.engine.libtorrent_engine.records import Record

_log = logging.getLogger(__name__)
_CLAIMS_AT_ONCE = 4
"""Torrents flushed and fsynced side by side: the disk is the limit, not the loop."""


class Settler:
    """Takes torrents that libtorrent calls whole, and says ``Finished`` when it is true."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._slots = asyncio.Semaphore(_CLAIMS_AT_ONCE)

    def whole(self, record: Record) -> None:
        """The engine has every wanted byte, and is not checking."""
        if record.is_settled:
            return
        if record.is_dirty or record.is_suspect:
            self._core.tasks.create_task(self._settle(record))
        else:  # nothing was written since it was verified: there is nothing to flush
            self._claim(record)

    async def _settle(self, record: Record) -> None:
        epoch = record.epoch
        try:
            async with self._slots:
                if record.epoch == epoch:
                    await self._flush(record)
                    await self._prove(record, epoch)
        except SeedbedError as error:  # removed meanwhile, or closing: then there is nothing to claim
            _log.info("torrent %s is not settled: %s", record.torrent, error)

    async def _flush(self, record: Record) -> None:
        with translated(record.name):
            for _ in range(2):
                await self._core.waits.ask(("flushed", record.torrent), record.live.flush_cache)

    async def _prove(self, record: Record, epoch: int) -> None:
        if record.epoch != epoch:  # somebody else began a check meanwhile, whose end brings us here again
            return
        if record.is_suspect:
            await self._core.check(record)  # if it is whole, ``whole`` is called again
            return
        root, paths = record.save_path, _paths(record)
        try:
            await asyncio.to_thread(sync_files, root, paths)
        except OSError as error:
            self._fail(record, error)
            return
        if record.epoch == epoch and not record.is_suspect:
            record.is_dirty = False
            self._claim(record)

    def _claim(self, record: Record) -> None:
        record.is_settled = True
        record.error = ""
        self._core.hub.publish(Finished(record.torrent))

    def _fail(self, record: Record, error: OSError) -> None:
        record.doubt()
        record.is_suspect = True
        record.error = f"cannot put {error.filename} on the disk for good: {error.strerror}"
        self._core.hub.publish(FileError(record.torrent, str(error.filename), record.error, is_no_space=False))


def _paths(record: Record) -> list[Path]:
    info = record.live.torrent_file()
    if info is None:
        return []
    layout = info.layout()
    kept = [at for at in range(layout.num_files()) if not layout.file_flags(at) & PAD_FLAG]
    root, cut = record.root_name or info.name(), len(info.name())
    return [record.save_path / (root + layout.file_path(at)[cut:]) for at in kept]
