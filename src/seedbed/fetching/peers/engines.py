# SPDX-License-Identifier: Apache-2.0
"""The engine for a fetch: listening anywhere, gone quickly, blind to private networks unless allowed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seedbed.core.endpoints import Endpoint
from seedbed.core.hosts import PRIVATE_NETWORKS
from seedbed.engine.settings import Settings, network_around

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager

    from seedbed.engine.base import Engine
    from seedbed.fetching.options import Options


def open_engine(options: Options) -> AbstractAsyncContextManager[Engine]:
    """The engine to fetch with; libtorrent is loaded only here."""
    if options.open_engine:
        return options.open_engine()
    from seedbed.engine.libtorrent_engine import LibtorrentEngine  # noqa: PLC0415  # 50 ms that HTTP need not pay

    return LibtorrentEngine(settings_for(options))


def settings_for(options: Options) -> Settings:
    """How the engine behaves."""
    allowed = [net for host, _ in options.peers if (net := network_around(host, alone=True))]
    if options.rules.allows_private:
        allowed = [str(network) for network in PRIVATE_NETWORKS]
    nodes = [host for host, _ in options.dht_nodes]
    is_loopback = bool(nodes) and all(network_around(host).startswith("127.") for host in nodes)
    return Settings(
        # the table is not spoken on this machine's own address when any is listened on
        listen=("127.0.0.1:0",) if is_loopback else ("0.0.0.0:0", "[::]:0"),
        enable_dht=options.uses_dht,
        dht_nodes=tuple(str(Endpoint(*node)) for node in options.dht_nodes),
        enable_lsd=options.uses_dht and options.rules.allows_private and not options.dht_nodes,
        # Over uTP the end of a session takes up to 3 s, Python's lock held; it reaches peers behind routers, so only in
        # a local network, where there is none between, it is left out.
        enable_utp=not options.rules.allows_private,
        stop_timeout_s=1.0,
        tick_ms=100,
        reconnect_s=1,
    ).allowing(*allowed)
