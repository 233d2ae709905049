# SPDX-License-Identifier: Apache-2.0
"""A small distributed hash table on loopback, of real libtorrent nodes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import libtorrent

if TYPE_CHECKING:
    from types import TracebackType

_OPEN: dict[str, Any] = {
    "dht_restrict_routing_ips": False,  # all nodes share one address
    "dht_restrict_search_ips": False,
    "dht_ignore_dark_internet": False,
    "dht_prefer_verified_node_ids": False,
    "dht_block_ratelimit": 10_000,  # five packets a second are chatty for strangers, not for neighbours
}


class LoopbackDht:
    """Nodes that know each other.

    Args:
        count: How many; a lookup stores at eight.
    """

    def __init__(self, count: int = 6) -> None:
        self._sessions = [self._session() for _ in range(count)]
        ports = [session.listen_port() for session in self._sessions]
        for session in self._sessions:
            for port in ports:
                session.add_dht_node(("127.0.0.1", port))
        self.nodes = tuple(("127.0.0.1", port) for port in ports)
        """Addresses of all nodes."""

    @staticmethod
    def _session() -> libtorrent.session:
        settings: Any = {
            "listen_interfaces": "127.0.0.1:0",
            "enable_dht": True,
            "dht_bootstrap_nodes": "",
            "enable_lsd": False,
            "enable_upnp": False,
            "enable_natpmp": False,
            "alert_mask": libtorrent.alert.category_t.dht_notification,
            **_OPEN,
        }
        session: libtorrent.session = libtorrent.session(settings)
        return session

    @property
    def sessions(self) -> tuple[libtorrent.session, ...]:
        """The nodes themselves, for tests that ask as libtorrent does."""
        return tuple(self._sessions)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for session in self._sessions:
            session.pause()
        self._sessions.clear()
