# SPDX-License-Identifier: Apache-2.0
"""Documents with a signature (pure): nothing in one is looked at before its signature is right.

A document is a bencoded dictionary: ``b`` the body as bytes, ``k`` the public key, ``s`` the ed25519 signature over the
document's kind and the body. A body is a bencoded dictionary again; its ``v`` is the version of the format.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from seedbed.core import bencode
from seedbed.errors import BencodeError, FormatError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from seedbed.core.bencode import Value

Keys: TypeAlias = npt.NDArray[np.uint64]
Counts: TypeAlias = npt.NDArray[np.uint16]
PUBLIC_BYTES, SIGNATURE_BYTES = 32, 64
VERSION = 1
_PREFIX = b"seedbed "
_ENVELOPE_BYTES = 200
"""What stands around a body."""
_MAX_TOKENS = 200
MOST = 0xFFFF
"""Larger counts are written as this."""


class Signs(Protocol):
    """Has a key; as :class:`seedbed.node.trusting.identity.Identity`."""

    @property
    def public(self) -> bytes:
        """32 bytes."""
        ...

    def sign(self, data: bytes) -> bytes:
        """64 bytes."""
        ...


def seal(kind: str, body: Mapping[bytes, Value], signs: Signs) -> bytes:
    """Make a document.

    Args:
        kind: What it is: a signature under one kind is none under another.
        body: What it says, without the version.
        signs: Whose it is.
    """
    inner = bencode.encode({**body, b"v": VERSION})
    return bencode.encode({b"b": inner, b"k": signs.public, b"s": signs.sign(_signed(kind, inner))})


def unseal(kind: str, data: bytes, *, max_bytes: int) -> tuple[bytes, Fields]:
    """Check a document; returns who signed it, and its body.

    Args:
        kind: What it must be.
        data: What came.
        max_bytes: Of the body.

    Raises:
        FormatError: it is none, or its signature is wrong.
    """
    outer = _dictionary(kind, data, max_bytes + _ENVELOPE_BYTES)
    inner, public, signature = (outer.get(name) for name in (b"b", b"k", b"s"))
    if not isinstance(inner, bytes) or not isinstance(public, bytes) or not isinstance(signature, bytes):
        raise FormatError(f"{kind}: expected a body, a key and a signature")
    if len(public) != PUBLIC_BYTES or len(signature) != SIGNATURE_BYTES:
        raise FormatError(f"{kind}: expected a key of {PUBLIC_BYTES} bytes and a signature of {SIGNATURE_BYTES}")
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, _signed(kind, inner))
    except (InvalidSignature, ValueError) as error:
        raise FormatError(f"{kind}: its signature is wrong") from error
    fields = Fields(kind, _dictionary(kind, inner, max_bytes))
    if (version := fields.number(b"v", 0, 2**31)) != VERSION:
        raise FormatError(f"{kind}: expected version {VERSION}, got {version}")
    return public, fields


def _signed(kind: str, inner: bytes) -> bytes:
    return _PREFIX + kind.encode() + b"\0" + inner


def _dictionary(kind: str, data: bytes, max_bytes: int) -> dict[bytes, Value]:
    try:
        found = bencode.decode(data, bencode.Limits(max_bytes, 3, _MAX_TOKENS))
    except BencodeError as error:
        raise FormatError(f"{kind}: {error.message}") from error
    if not isinstance(found, dict):
        raise FormatError(f"{kind}: expected a dictionary")
    return found


class Fields:
    """A body, field by field. What is not asked for is passed over: newer programs may say more.

    Args:
        kind: Of the document, for messages.
        values: The body.
    """

    def __init__(self, kind: str, values: Mapping[bytes, Value]) -> None:
        self._kind = kind
        self._values = values

    def number(self, name: bytes, least: int, most: int) -> int:
        """A number.

        Raises:
            FormatError: there is none, or it is out of its bounds.
        """
        value = self._values.get(name)
        if not isinstance(value, int) or not least <= value <= most:
            raise FormatError(f"{self._kind}: {_told(name)}: expected a number from {least:,} to {most:,}")
        return value

    def data(self, name: bytes, most: int) -> bytes:
        """Bytes.

        Raises:
            FormatError: there are none, or too many.
        """
        value = self._values.get(name)
        if not isinstance(value, bytes) or len(value) > most:
            raise FormatError(f"{self._kind}: {_told(name)}: expected at most {most:,} bytes")
        return value

    def text(self, name: bytes, most: int) -> str:
        """Text of one line; empty where there is none.

        Raises:
            FormatError: it is too long, no UTF-8, or has characters that are not printed.
        """
        if name not in self._values:
            return ""
        try:
            text = self.data(name, most).decode()
        except UnicodeDecodeError as error:
            raise FormatError(f"{self._kind}: {_told(name)}: expected UTF-8") from error
        if not text.isprintable():
            raise FormatError(f"{self._kind}: {_told(name)}: expected printable text")
        return text

    def keys(self, name: bytes, most: int) -> Keys:
        """Keys of units, each once, ascending.

        Raises:
            FormatError: they are not, or are too many.
        """
        data = self.data(name, 8 * most)
        if len(data) % 8:
            raise FormatError(f"{self._kind}: {_told(name)}: expected keys of 8 bytes")
        keys = np.frombuffer(data, ">u8").astype(np.uint64)
        if (keys[1:] <= keys[:-1]).any():
            raise FormatError(f"{self._kind}: {_told(name)}: expected each key once, ascending")
        return keys

    def counts(self, name: bytes, count: int) -> Counts:
        """So many numbers of 16 bits.

        Raises:
            FormatError: they are more or fewer.
        """
        data = self.data(name, 2 * count)
        if len(data) != 2 * count:
            raise FormatError(f"{self._kind}: {_told(name)}: expected {count:,} numbers, got {len(data) / 2:g}")
        return np.frombuffer(data, ">u2").astype(np.uint16)


def packed(keys: Keys) -> bytes:
    """As they stand in documents."""
    return bytes(keys.astype(">u8").tobytes())


def packed_counts(counts: npt.NDArray[np.integer]) -> bytes:
    """The same for counts."""
    return bytes(np.clip(counts, 0, MOST).astype(">u2").tobytes())


def _told(name: bytes) -> str:
    return repr(name.decode())
