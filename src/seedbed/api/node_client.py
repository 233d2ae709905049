# SPDX-License-Identifier: Apache-2.0
"""A node whose torrents are fetched and served by another client: Transmission or qBittorrent."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from seedbed.node.clients.base import Address, password
from seedbed.node.clients.engine import ClientEngine
from seedbed.node.clients.fetching import ClientFetch
from seedbed.node.clients.paths import PathMap
from seedbed.node.clients.qbittorrent import QBittorrent
from seedbed.node.clients.transmission import Transmission

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from seedbed.catalog.model import Release
    from seedbed.node.clients.base import Client
    from seedbed.node.parts import Parts

_KINDS: Mapping[str, Callable[[Address, str], Client]] = {"transmission": Transmission, "qbittorrent": QBittorrent}


def served_by(parts: Parts, client: str, path: str, environment: Mapping[str, str]) -> Parts:
    """The same node, with a client in the engine's place.

    Args:
        parts: Of a node with the built-in engine.
        client: Where it is: see :meth:`seedbed.node.clients.base.Address.read`.
        path: How it names the node's folder: ``HERE=THERE``; empty for the same.
        environment: Holds the password.

    Raises:
        InputError: one of them is not what it should be.
    """
    address = Address.read(client)
    one = _KINDS[address.kind](address, password(environment))
    engine = ClientEngine(one, parts.place, PathMap.read(path) if path else PathMap(), parts.monotonic_s)
    return replace(
        parts, open_engine=parts.meter.counting(lambda: engine), fetch=ClientFetch(engine, parts.monotonic_s),
        refuses=lambda release: _refusal(one, release), client=lambda: one.name,
    )  # fmt: skip


def _refusal(client: Client, release: Release) -> tuple[str, dict[str, Any]] | None:
    facts = release.torrent
    if client.takes(v1=bool(facts.info_hash_v1), v2=bool(facts.info_hash_v2)):
        return None
    return "client-cannot", {"client": client.name}
