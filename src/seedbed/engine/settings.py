# SPDX-License-Identifier: Apache-2.0
"""What can be set about an engine: one frozen struct, a description and a unit for each field."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field, replace
from typing import Any

from seedbed.core.hosts import PRIVATE_NETWORKS, is_private_address, literal_address
from seedbed.errors import InputError


def _setting(default: Any, description: str, unit: str = "") -> Any:
    return field(default=default, metadata={"description": description, "unit": unit})


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How an engine behaves towards the world and this machine."""

    listen: tuple[str, ...] = _setting(
        ("0.0.0.0:6881", "[::]:6881"),  # a seed that nobody can reach helps nobody
        "Addresses to listen on, as host:port; port 0 lets the system choose.",
    )
    enable_dht: bool = _setting(True, "Find peers by the distributed hash table (BEP 5).")  # noqa: FBT003
    dht_nodes: tuple[str, ...] = _setting(
        (), "Where to begin in the table, as host:port; empty begins where everybody does."
    )
    enable_lsd: bool = _setting(True, "Find peers on the local network by multicast (BEP 14).")  # noqa: FBT003
    enable_port_mapping: bool = _setting(False, "Ask the router for an open port (UPnP, NAT-PMP).")  # noqa: FBT003
    enable_utp: bool = _setting(True, "Talk to peers over uTP (BEP 29) besides TCP.")  # noqa: FBT003
    enable_webtorrent: bool = _setting(False, "Talk to browsers through ws:// and wss:// trackers.")  # noqa: FBT003
    allowed_networks: tuple[str, ...] = _setting(
        (), "Private networks whose peers, trackers and web seeds may be talked to; all others are blocked."
    )
    upload_bytes_per_s: int = _setting(0, "Most to upload; 0 is no limit.", "bytes/s")
    download_bytes_per_s: int = _setting(0, "Most to download; 0 is no limit.", "bytes/s")
    connection_limit: int = _setting(500, "Most connections at once.", "connections")
    unchoke_slots: int = _setting(32, "Peers served at once; -1 is no limit.", "peers")
    adds_per_s: int = _setting(
        200, "Most torrents with trackers added at once: UDP trackers lose larger bursts. 0 is no limit.", "torrents/s"
    )
    alert_queue_length: int = _setting(400_000, "Engine messages that may wait to be read.", "messages")
    reply_timeout_s: float = _setting(30.0, "Longest wait for the engine's answer to a call.", "s")
    stop_timeout_s: float = _setting(5.0, "Longest wait when closing.", "s")
    check_bytes_per_s: int = _setting(5_000_000, "A check slower than this counts as hung.", "bytes/s")
    tick_ms: int = _setting(500, "How often connections are tended; 2000 halves the cost of 20,000 idle seeds.", "ms")
    reconnect_s: int = _setting(10, "Shortest time before a lost peer is dialled again.", "s")
    open_files: int = _setting(500, "Files of data kept open.", "files")
    socket_buffer_bytes: int = _setting(
        4 << 20, "Of each connection, for sending and for receiving; 4 MiB gave 5-15 % on loopback.", "bytes"
    )
    report_pieces: bool = _setting(True, "Send PieceFinished events.")  # noqa: FBT003
    report_copies: bool = _setting(False, "Send CopyTaken events; costs a message a block sent.")  # noqa: FBT003
    skip_v1_hashes: bool = _setting(True, "Check hybrid torrents by v2 hashes alone, where that is safe.")  # noqa: FBT003
    write_through: bool = _setting(True, "Start writing to disk at once, not when the system likes.")  # noqa: FBT003

    @classmethod
    def loopback(cls, **changes: Any) -> Settings:
        """For tests: only this machine, a free port, nothing that looks for others."""
        quiet = cls(
            listen=("127.0.0.1:0",),
            enable_dht=False,
            enable_lsd=False,
            allowed_networks=("127.0.0.0/8", "::1/128"),
            adds_per_s=0,
            tick_ms=100,
            reconnect_s=1,
        )
        return replace(quiet, **changes)

    def allowing(self, *networks: str) -> Settings:
        """These settings with more private networks allowed, given as addresses or ``address/bits``.

        Raises:
            InputError: one is not an address or network.
        """
        return replace(self, allowed_networks=(*self.allowed_networks, *(_network(text) for text in networks)))


def network_around(host: str, *, alone: bool = False) -> str:
    """The private network that an address belongs to, or with ``alone`` itself; empty for public ones and names."""
    address = literal_address("127.0.0.1" if host == "localhost" else host)
    if address is None or address.is_unspecified or not is_private_address(address):
        return ""
    if alone:
        return str(address)
    return next((str(net) for net in PRIVATE_NETWORKS if net.version == address.version and address in net), "")


def _network(text: str) -> str:
    try:
        return str(ipaddress.ip_network(text, strict=False))
    except ValueError as error:
        raise InputError(f"network {text!r}: expected an address or address/bits, like 192.168.0.0/16") from error
