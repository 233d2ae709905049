# SPDX-License-Identifier: Apache-2.0
"""The pointer: a signed item in the distributed hash table that names the newest catalogue's torrent (BEP 44, 46).

It is no trust key. Stolen, it can point to a torrent whose contents then fail verification, and nothing more.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from seedbed.core import krpc
from seedbed.core.krpc import MutableItem

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

SALT = b"catalog"
PUT_EVERY_S = 3600.0
"""Nodes may forget an item after two hours (BEP 44)."""


def signed(key: Ed25519PrivateKey, info_hash: bytes, seq: int) -> MutableItem:
    """The item for a catalogue's torrent.

    Args:
        key: The pointer key.
        info_hash: v1, 20 bytes.
        seq: Version of the catalogue's timestamp: it rises with each torrent, on every machine alike.
    """
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat  # noqa: PLC0415

    public = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    item = MutableItem(public, seq, krpc.pointer_value(info_hash), SALT)
    return replace(item, signature=key.sign(item.signed))


def is_signed(item: MutableItem) -> bool:
    """Whether the signature is its key's."""
    from cryptography.exceptions import InvalidSignature  # noqa: PLC0415  # 20 ms, for few
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey  # noqa: PLC0415

    try:
        Ed25519PublicKey.from_public_bytes(item.public_key).verify(item.signature, item.signed)
    except (InvalidSignature, ValueError):
        return False
    return True
