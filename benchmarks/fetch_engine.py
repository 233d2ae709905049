# SPDX-License-Identifier: Apache-2.0
"""libtorrent alone fetching one torrent, for ``fetch.py``.

``fetch_engine.py TORRENT FOLDER --web-seeds``, or ``--peer PORT`` of this machine.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from seedbed.core.endpoints import Endpoint
from seedbed.engine.base import Addition, Finished
from seedbed.engine.libtorrent_engine import LibtorrentEngine
from seedbed.engine.settings import Settings


async def main(torrent: bytes, folder: Path, how: list[str]) -> None:
    """Fetch it, and end when all is on disk."""
    peers = (Endpoint("127.0.0.1", int(how[1])),) if how[0] == "--peer" else ()
    async with LibtorrentEngine(Settings.loopback(stop_timeout_s=1.0, report_pieces=False)) as engine:
        with engine.events() as events:
            addition = Addition(torrent, folder, peers=peers, use_web_seeds=not peers, use_trackers=False)
            await engine.add(addition)
            async for event in events:
                if isinstance(event, Finished):
                    return


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]).read_bytes(), Path(sys.argv[2]), sys.argv[3:]))
