# SPDX-License-Identifier: Apache-2.0
"""From a magnet to a torrent: metadata that peers sent is judged by ``core`` before anything is written (BEP 9).

Who attacks: whoever hands out a magnet link; the metadata has the right hash, but says what its author likes: hostile
file names, a million files. libtorrent would go on at once. So magnets are added such that libtorrent takes the
metadata and nothing else, and only what ``core`` accepts is added again, to be fetched.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from typing import TYPE_CHECKING

from seedbed.core.metainfo_reader import parse_info
from seedbed.engine.base import MetadataReceived, MetadataRefused
from seedbed.engine.libtorrent_engine import params
from seedbed.errors import SeedbedError, StateError

if TYPE_CHECKING:
    import libtorrent as lt

    from seedbed.core.metainfo import Metainfo
    from seedbed.engine.libtorrent_engine.core import Core
    from seedbed.engine.libtorrent_engine.records import Record

_log = logging.getLogger(__name__)


class Metadata:
    """Judges metadata and sets held magnets going."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def received(self, record: Record, handle: lt.torrent_handle) -> None:
        """The engine has a magnet's metadata."""
        info = handle.torrent_file()
        if info is None or record.magnet is None or record.is_held:
            return
        record.handle = handle
        record.is_held = True
        self._core.registry.learn(record, info.info_hashes())
        self._core.tasks.create_task(self._judge(record, bytes(info.info_section())))

    async def _judge(self, record: Record, info: bytes) -> None:
        try:
            metainfo = await asyncio.to_thread(parse_info, info)
        except SeedbedError as error:
            await self._refuse(record, error)
            return
        self._accept(record, info, metainfo)
        if record.magnet and not record.magnet.hold_at_metadata:
            try:
                await self.go_on(record)
            except SeedbedError as error:  # removed meanwhile, or closing
                _log.info("torrent %s was not started: %s", record.torrent, error)

    def _accept(self, record: Record, info: bytes, metainfo: Metainfo) -> None:
        record.name = metainfo.name
        self._core.hub.publish(MetadataReceived(record.torrent, info))

    async def _refuse(self, record: Record, error: SeedbedError) -> None:
        try:
            await self._core.take_out(record)
        except SeedbedError as trouble:
            _log.info("torrent %s was refused and is gone: %s", record.torrent, trouble)
        self._core.registry.drop(record)
        self._core.hub.publish(MetadataRefused(record.torrent, error))

    async def go_on(self, record: Record, wanted_files: frozenset[int] | None = None) -> None:
        """Start fetching the torrent that a held magnet turned out to be."""
        addition = record.magnet
        if addition is None or not record.is_held:
            raise StateError(f"torrent {record.torrent}: its metadata is not here yet")
        if wanted_files is not None:
            addition = record.magnet = replace(addition, wanted_files=wanted_files)
        resume = await self._core.resume_data(record)
        again = params.going_on(record, resume, self._core.settings)
        await self._core.take_out(record)
        record.magnet, record.is_held, record.is_checking = None, False, True
        await self._core.put_in(record, again)
