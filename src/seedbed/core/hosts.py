# SPDX-License-Identifier: Apache-2.0
"""Which addresses a torrent may send us to.

Who attacks: whoever writes a torrent. How: a web seed or tracker that names our own network (a router, a cloud's
metadata service, a database on this machine), so that we ask it on their behalf (server-side request forgery). An
address may be spelled in many ways (``0x7f.1``, ``2130706433``, ``[::ffff:127.0.0.1]``); all are read as the system's
resolver reads them. A host *name* is judged when it is resolved, at connect, by whoever connects.
"""

from __future__ import annotations

import ipaddress
from typing import TypeAlias
from urllib.parse import urlsplit

Address: TypeAlias = "ipaddress.IPv4Address | ipaddress.IPv6Address"

PRIVATE_NETWORKS = tuple(
    ipaddress.ip_network(network)
    for network in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
        "192.0.0.0/24", "192.168.0.0/16", "198.18.0.0/15", "224.0.0.0/3",
        "::/128", "::1/128", "64:ff9b:1::/48", "fc00::/7", "fe80::/10", "ff00::/8",
    )
)  # fmt: skip
"""Networks that no stranger may send us to (RFC 6890)."""
_LOCAL_SUFFIXES = (".localhost", ".local", ".internal", ".home.arpa", ".lan")


def is_private_address(address: Address) -> bool:
    """Whether an address belongs to this machine or its neighbourhood, also when wrapped in IPv6."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
        if inner is not None:
            return is_private_address(inner)
    return any(address in network for network in PRIVATE_NETWORKS if network.version == address.version)


def is_private_host(host: str) -> bool:
    """Whether a host, as spelled in a URL, is this machine or its neighbourhood without looking it up."""
    host = host.strip("[]").rstrip(".").lower()
    if host == "localhost" or host.endswith(_LOCAL_SUFFIXES):
        return True
    address = literal_address(host)
    return address is not None and is_private_address(address)


def is_private_url(url: str) -> bool:
    """As :func:`is_private_host`, for a URL's host; a URL without a readable host counts as private."""
    try:
        host = urlsplit(url).hostname
    except ValueError:
        return True
    return not host or is_private_host(host)


def literal_address(host: str) -> Address | None:
    """The address that a host is, if it is one, in any spelling that ``inet_aton`` reads; else None."""
    try:
        return ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return _inet_aton(host)


def _inet_aton(host: str) -> ipaddress.IPv4Address | None:
    parts = host.split(".")
    try:
        numbers = [int(part, 0) if not _is_octal(part) else int(part, 8) for part in parts]
    except ValueError:
        return None
    *heads, last = numbers
    fits = len(parts) <= 4 and all(0 <= head <= 255 for head in heads)
    if not fits or not 0 <= last < 256 ** (4 - len(heads)):
        return None
    return ipaddress.IPv4Address(sum(head << 8 * (3 - at) for at, head in enumerate(heads)) + last)


def _is_octal(part: str) -> bool:
    return len(part) > 1 and part[0] == "0" and part.isdigit()
