# SPDX-License-Identifier: Apache-2.0
"""Which addresses a tracker takes from whom, as bytes (pure)."""

from __future__ import annotations

import ipaddress
import socket
from functools import lru_cache

MIN_PORT = 1024
"""Lower ports belong to services that nobody should be sent to (mail, SSH, DNS)."""
_MAPPED = b"\x00" * 10 + b"\xff\xff"


def packed(ip: str) -> bytes:
    """An address as 4 or 16 bytes; IPv4 that came through an IPv6 socket as IPv4.

    Raises:
        ValueError: it is none.
    """
    data = ipaddress.ip_address(ip.partition("%")[0]).packed
    return data[12:] if data.startswith(_MAPPED) else data


def of_socket(host: str) -> bytes:
    """The same for what a socket says of its peer: always an address, so quicker."""
    if ":" not in host:
        return socket.inet_pton(socket.AF_INET, host)
    data = socket.inet_pton(socket.AF_INET6, host.partition("%")[0])
    return data[12:] if data.startswith(_MAPPED) else data


def compact(ip: bytes, port: int) -> bytes:
    """As it stands in answers (BEP 23, BEP 7)."""
    return ip + port.to_bytes(2, "big")


def is_good_port(port: int) -> bool:
    """Whether peers may be sent to a port."""
    return MIN_PORT <= port <= 65_535


@lru_cache(maxsize=100_000)  # asked with every announce, of clients that come again and again
def is_public(ip: bytes) -> bool:
    """Whether an address is one that others reach: not of a private network, this machine, or a group."""
    address = ipaddress.ip_address(ip)
    return address.is_global and not address.is_multicast
