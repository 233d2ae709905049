# SPDX-License-Identifier: Apache-2.0
"""Names of torrents: the info-hashes of BEP 3 (v1) and BEP 52 (v2)."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

V1_LENGTH = 20
"""Bytes of a v1 info-hash: SHA-1 of the info dictionary."""
V2_LENGTH = 32
"""Bytes of a v2 info-hash: SHA-256 of the info dictionary."""


@dataclass(frozen=True, slots=True)
class InfoHashes:
    """One torrent's info-hashes; a hybrid torrent has both."""

    v1: bytes | None
    """20 bytes, or None for a v2-only torrent."""
    v2: bytes | None
    """32 bytes, or None for a v1-only torrent."""

    @classmethod
    def of(cls, info: bytes, *, v1: bool, v2: bool) -> InfoHashes:
        """Hash an encoded info dictionary for the formats it holds."""
        return cls(
            hashlib.sha1(info, usedforsecurity=False).digest() if v1 else None,
            hashlib.sha256(info).digest() if v2 else None,
        )

    @property
    def v1_hex(self) -> str:
        """40 hex digits, or an empty string."""
        return self.v1.hex() if self.v1 else ""

    @property
    def v2_hex(self) -> str:
        """64 hex digits, or an empty string."""
        return self.v2.hex() if self.v2 else ""

    @property
    def best_hex(self) -> str:
        """The name to file this torrent under: v1 for v1 and hybrid, v2 for v2-only."""
        return self.v1_hex or self.v2_hex

    @property
    def announced(self) -> tuple[bytes, ...]:
        """The 20-byte names that swarms use: v1, and v2 cut to 20 bytes (BEP 52, *info hash*)."""
        return tuple(hash_[:V1_LENGTH] for hash_ in (self.v1, self.v2) if hash_)

    def agrees_with(self, other: InfoHashes) -> bool:
        """Whether both can name one torrent: every hash that both know is equal, and one is known."""
        pairs = [(a, b) for a, b in ((self.v1, other.v1), (self.v2, other.v2)) if a and b]
        return bool(pairs) and all(a == b for a, b in pairs)

    def __str__(self) -> str:
        return self.best_hex
