# SPDX-License-Identifier: Apache-2.0
"""Who signs: an ed25519 key in a file of 32 bytes, made when it is first needed (RFC 8032)."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from seedbed.errors import StateError
from seedbed.node.policy.lottery import key_of

if TYPE_CHECKING:
    from pathlib import Path

KEY_BYTES = 32


@dataclass(frozen=True, slots=True)
class Identity:
    """A key that signs."""

    public: bytes
    """32 bytes; whoever has them can check what was signed."""
    _secret: Ed25519PrivateKey = field(repr=False)

    @classmethod
    def new(cls) -> Self:
        """One that nobody had before."""
        return cls._of(Ed25519PrivateKey.generate())

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read it; it is made at the first call.

        Raises:
            StateError: the key cannot be read or written, or is none.
        """
        try:
            if not path.exists():
                _make(path)
            secret = path.read_bytes()
        except OSError as error:
            raise StateError(f"{path}: {error.strerror}") from error
        if len(secret) != KEY_BYTES:
            raise StateError(f"{path}: it is not a node's key", hint="Remove it, and the node gets another name.")
        return cls._of(Ed25519PrivateKey.from_private_bytes(secret))

    @classmethod
    def _of(cls, secret: Ed25519PrivateKey) -> Self:
        return cls(secret.public_key().public_bytes_raw(), secret)

    @property
    def key(self) -> int:
        """The same in 64 bits, for the lottery."""
        return key_of(self.public)

    def sign(self, data: bytes) -> bytes:
        """64 bytes."""
        return self._secret.sign(data)


def _make(path: Path) -> None:
    """Whole or not at all, and for nobody else to read."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.part")
    part.unlink(missing_ok=True)
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(Ed25519PrivateKey.generate().private_bytes_raw())
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
