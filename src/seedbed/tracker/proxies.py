# SPDX-License-Identifier: Apache-2.0
"""Whom a proxy speaks for (``X-Forwarded-For``). Pure.

Anybody can send that field. So it is believed only when a proxy that we trust has sent it, and only as far as trusted
proxies wrote it: each adds at the right end whom it heard, so whoever stands last and is none of them is the client.
What stands left of it is the client's own invention.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from seedbed.tracker import addresses

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_HOPS = 16
"""Proxies of our own in a row; more are a loop."""


@dataclass(frozen=True, slots=True)
class Networks:
    """Addresses and networks of proxies."""

    networks: tuple[tuple[int, int, int], ...] = ()
    """Bits of the address, first address, mask."""

    @classmethod
    def of(cls, texts: Iterable[str]) -> Networks:
        """From ``192.0.2.1``, ``10.0.0.0/8`` or ``fd00::/8``.

        Raises:
            ValueError: one is none.
        """
        found = []
        for text in texts:
            network = ipaddress.ip_network(text)
            first, bits, mask = int(network.network_address), network.max_prefixlen, int(network.netmask)
            mapped = getattr(network.network_address, "ipv4_mapped", None)
            if mapped is not None and network.prefixlen >= 96:  # ::ffff:10.0.0.0/104 is 10.0.0.0/8
                first, bits, mask = int(mapped), 32, mask & 0xFFFFFFFF
            found.append((bits, first, mask))
        return cls(tuple(found))

    def __bool__(self) -> bool:
        return bool(self.networks)

    def __contains__(self, ip: bytes) -> bool:
        bits, number = len(ip) * 8, int.from_bytes(ip, "big")
        return any(bits == of and number & mask == first for of, first, mask in self.networks)

    def client(self, ip: bytes, fields: Iterable[bytes]) -> bytes:
        """Who asks.

        Args:
            ip: Packed: from where the connection came.
            fields: What the ``X-Forwarded-For`` fields say, in their order.

        Returns:
            Packed; the last that is told of where all are proxies of ours, or what comes next is no address.
        """
        if not self.networks or ip not in self:
            return ip
        for text in b",".join(fields).split(b",")[: -MAX_HOPS - 1 : -1]:
            told = _address(text)
            if told is None:
                return ip
            ip = told
            if ip not in self:
                return ip
        return ip


def _address(text: bytes) -> bytes | None:
    """Some proxies write a port besides: ``192.0.2.1:4711``, ``[2001:db8::1]:4711``."""
    word = text.strip().decode("latin-1")
    if word.startswith("["):
        word = word[1:].partition("]")[0]
    elif word.count(":") == 1:
        word = word.partition(":")[0]
    try:
        return addresses.packed(word)
    except ValueError:
        return None
