# SPDX-License-Identifier: Apache-2.0
"""Networks without their addresses: a keyed hash tells one from another, and nobody can go back from it (pure)."""

from __future__ import annotations

import hashlib
import ipaddress

from seedbed.core.hosts import is_private_address

KEY_BYTES = 32


def network_of(ip: bytes, key: bytes) -> bytes:
    """What stands for the network of an address: a /24 of IPv4, a /48 of IPv6.

    In one's own network each address stands for itself: there a machine is what fails. They are told only where the
    registry serves such a network.

    Args:
        ip: 4 or 16 bytes.
        key: Made when the registry starts, and kept nowhere.
    """
    address = ipaddress.ip_address(ip)
    named = ip if is_private_address(address) else ip[: 3 if len(ip) == 4 else 6]
    return hashlib.blake2b(named, digest_size=8, key=key, person=b"v4" if len(ip) == 4 else b"v6").digest()
