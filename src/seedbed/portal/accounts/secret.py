# SPDX-License-Identifier: Apache-2.0
"""Secrets that we hand out: 256 random bits, of which only a hash is kept.

A plain hash is enough: nobody can try all of 2^256 (unlike a password, which needs a slow one).
"""

from __future__ import annotations

import hashlib
import hmac
import secrets

BYTES = 32
"""256 bits: as OWASP's session guide asks at least half of."""
ID_BYTES = 10
"""Of an id: long enough that two are never alike; not a secret."""


def new(prefix: str = "") -> str:
    """A secret, safe in URLs, cookies and headers."""
    return prefix + secrets.token_urlsafe(BYTES)


def new_id(prefix: str) -> str:
    """An id."""
    return prefix + secrets.token_hex(ID_BYTES)


def kept(secret: str) -> str:
    """What is kept of a secret, 64 hex digits."""
    return hashlib.sha256(secret.encode("utf-8", "surrogateescape")).hexdigest()


def bound(secret: str, purpose: str) -> str:
    """A second secret that follows from one for a purpose, and tells nothing of it; 64 hex digits."""
    return hmac.new(secret.encode("utf-8", "surrogateescape"), purpose.encode(), "sha256").hexdigest()


def same(one: str, other: str) -> bool:
    """Compared in a time that tells nothing."""
    return hmac.compare_digest(one.encode("utf-8", "surrogateescape"), other.encode("utf-8", "surrogateescape"))
