# SPDX-License-Identifier: Apache-2.0
"""Whether what a mirror keeps is what it should be: by what it says of it, else by reading it back."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from seedbed.mirrors.base import Checksum
from seedbed.mirrors.content import Stream

if TYPE_CHECKING:
    from seedbed.mirrors.base import Mirror, Stored
    from seedbed.mirrors.content import Content

SPAN_BYTES = 16 << 20
"""Read back in one request."""


def is_same(mirror: Mirror, stored: Stored, content: Content) -> bool:
    """Whether a file that was found holds the same bytes as a content.

    Raises:
        FileChangedError: the content is not what it was.
        SourceError: the mirror fails.
    """
    if stored.size_bytes != content.size_bytes:
        return False
    if not stored.checksum:
        return reads_back(mirror, stored.key, content)
    return fits(mirror, stored, content, checksum_of(content, mirror.traits.checksum))


def fits(mirror: Mirror, stored: Stored, content: Content, expected: str) -> bool:
    """Whether a file fits a checksum of the mirror's kind; where that decides nothing, it is read back.

    SHA-256 decides. An MD5 or ETag that is equal is enough against damage, but one that differs may be made by other
    rules (parts of another size, a store that encrypts), so the bytes are asked for before anything is said.

    Raises:
        SourceError: the mirror fails.
    """
    if stored.size_bytes != content.size_bytes:
        return False
    if mirror.traits.checksum is Checksum.SHA256 and stored.checksum:
        return stored.checksum == content.sha256
    return (bool(stored.checksum) and stored.checksum == expected) or reads_back(mirror, stored.key, content)


def checksum_of(content: Content, kind: Checksum) -> str:
    """A content's checksum of some kind, by reading it.

    Raises:
        FileChangedError: it is not what it was.
    """
    if kind in {Checksum.NONE, Checksum.SHA256}:
        return content.sha256 if kind is Checksum.SHA256 else ""
    stream = Stream(content, kind)
    for _ in stream:
        pass
    return stream.checksum


def reads_back(mirror: Mirror, key: str, content: Content) -> bool:
    """Whether the mirror gives the right bytes when all of them are asked for.

    Raises:
        SourceError: it does not give them.
    """
    digest = hashlib.sha256()
    for start in range(0, content.size_bytes, SPAN_BYTES):
        digest.update(mirror.read(key, start=start, stop=min(start + SPAN_BYTES, content.size_bytes)))
    return digest.hexdigest() == content.sha256
