# SPDX-License-Identifier: Apache-2.0
"""libtorrent as it comes, without anything of ours around it: v1, v2 and hybrid."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import libtorrent as lt

from tests.e2e.clients.base import LOOPBACK, Running

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_SETTINGS = {
    "listen_interfaces": f"{LOOPBACK}:0",
    "enable_dht": False,
    "enable_lsd": False,
    "enable_upnp": False,
    "enable_natpmp": False,
    "allow_multiple_connections_per_ip": True,
    "stop_tracker_timeout": 0,
    "alert_mask": lt.alert_category.storage | lt.alert_category.status,
}


class PlainLibtorrent:
    """One session in this process per torrent."""

    @contextlib.contextmanager
    def run(self, torrent: Path, folder: Path, scratch: Path) -> Iterator[Running]:
        """See :class:`tests.e2e.clients.base.Client`."""
        session = lt.session(_SETTINGS)  # type: ignore[call-overload]  # the stub knows fewer settings
        params = lt.load_torrent_buffer(torrent.read_bytes())
        params.save_path = str(folder)
        params.flags &= ~(lt.torrent_flags.auto_managed | lt.torrent_flags.paused)
        handle = session.add_torrent(params)
        flushed: set[str] = set()

        def is_done() -> bool:
            """All is here, and on disk: libtorrent calls itself finished before."""
            if not handle.status().is_seeding:
                return False
            if not flushed:
                handle.flush_cache()
            flushed.update(alert.what() for alert in session.pop_alerts())
            return "cache_flushed" in flushed

        yield Running(session.listen_port(), is_done, scratch / "libtorrent.log")
        session.pause()
