# SPDX-License-Identifier: Apache-2.0
"""Passwords: argon2id (RFC 9106), at a price that a Raspberry Pi can pay and a thief cannot.

19 MiB, two passes, one lane: OWASP's least for argon2id; about 30 ms on a desktop and 150 ms on a Raspberry Pi 4.
A hash is also made for a name that nobody has, so that the time tells nothing.
"""

from __future__ import annotations

import threading
import unicodedata
from dataclasses import dataclass, field

import argon2

AT_ONCE = 4
"""Hashes made at a time: 76 MiB, however many try to log in."""
NOBODY = "$argon2id$v=19$m=19456,t=2,p=1$/+HOeXHK53wS9gbphWnNxA$wFlfZE5Fr4r4TlZ4MN0a+AtGMaljjXv1Wz6aKSlXyLg"
"""Compared with when there is nobody: no password fits it that anybody knows."""


@dataclass(frozen=True, slots=True)
class Passwords:
    """Makes and checks hashes."""

    passes: int = 2
    memory_kib: int = 19_456
    _turns: threading.BoundedSemaphore = field(default_factory=lambda: threading.BoundedSemaphore(AT_ONCE))

    def hash(self, password: str) -> str:
        """What is kept of a password."""
        with self._turns:
            return self._hasher().hash(_normal(password))

    def fits(self, kept: str, password: str) -> bool:
        """Whether a password is the one; takes as long when nothing is kept."""
        with self._turns:
            try:
                return self._hasher().verify(kept or NOBODY, _normal(password)) and bool(kept)
            except (argon2.exceptions.VerificationError, argon2.exceptions.InvalidHashError):
                return False

    def is_outdated(self, kept: str) -> bool:
        """Whether it was made at another price, and should be made anew at log-in."""
        return self._hasher().check_needs_rehash(kept)

    def _hasher(self) -> argon2.PasswordHasher:
        return argon2.PasswordHasher(time_cost=self.passes, memory_cost=self.memory_kib, parallelism=1)


def _normal(password: str) -> bytes:
    """The same bytes from every keyboard (RFC 8265, OpaqueString: NFC)."""
    return unicodedata.normalize("NFC", password).encode("utf-8", "surrogatepass")
