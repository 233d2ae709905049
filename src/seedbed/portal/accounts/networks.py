# SPDX-License-Identifier: Apache-2.0
"""From which network a request comes: only to count requests, as a keyed hash, in memory.

``X-Forwarded-For`` is believed of our own proxies only, and read from its end: what stands before the first address
that is no proxy of ours was written by whoever asks, who would else count as somebody new each time.
"""

from __future__ import annotations

import hashlib
import ipaddress
from typing import TYPE_CHECKING, TypeAlias

from seedbed.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from starlette.requests import Request

Network: TypeAlias = "ipaddress.IPv4Network | ipaddress.IPv6Network"
UNKNOWN = "unknown"
"""All whose address is not told, as one: a proxy of ours that forgets the header slows down its own people."""
_MAX_HOPS = 16


def proxies_of(texts: Iterable[str]) -> tuple[Network, ...]:
    """Networks of our own proxies.

    Raises:
        InputError: one is no network.
    """
    try:
        return tuple(ipaddress.ip_network(one, strict=False) for one in texts)
    except ValueError as error:
        raise InputError(f"--proxy: expected a network such as 127.0.0.1 or 10.0.0.0/8: {error}") from error


def network_of(request: Request, proxies: tuple[Network, ...], key: bytes) -> str:
    """A name for the network that asks, which tells nothing of it to who lacks the key.

    Args:
        request: Asked.
        proxies: Ours.
        key: At most 64 bytes; made anew at each start, and kept nowhere.
    """
    peer = request.client.host if request.client else ""
    forwarded = ",".join(request.headers.getlist("x-forwarded-for"))  # some proxies add a line of their own
    found = _network(_asking(peer, forwarded, proxies))
    return hashlib.blake2b(found.encode(), key=key, digest_size=16).hexdigest()


def _asking(peer: str, forwarded: str, proxies: tuple[Network, ...]) -> str:
    """The last address that is not one of our proxies."""
    for one in [peer, *reversed([hop.strip() for hop in forwarded.split(",")[-_MAX_HOPS:]])]:
        if not _is_within(one, proxies):
            return one
    return UNKNOWN


def _is_within(text: str, proxies: tuple[Network, ...]) -> bool:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    return any(address in one for one in proxies if one.version == address.version)


def _network(text: str) -> str:
    """One IPv4 address; a /64 of IPv6, which is what one household has at least."""
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return UNKNOWN
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is None:
        return str(ipaddress.ip_network((address, 64), strict=False))
    return str(getattr(address, "ipv4_mapped", None) or address)
