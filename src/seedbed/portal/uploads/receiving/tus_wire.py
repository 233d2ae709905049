# SPDX-License-Identifier: Apache-2.0
"""The headers of tus 1.0.0 (https://tus.io/protocols/resumable-upload), read and written; pure.

Core, *creation*, *creation-with-upload*, *termination*, *checksum* and *expiration* are spoken. *Concatenation* is not:
each file of a folder is an upload of its own.
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import hashlib
import re
from dataclasses import dataclass, field
from email.utils import format_datetime
from typing import TYPE_CHECKING, Protocol

from seedbed.portal.web.failures import RefusedError

if TYPE_CHECKING:
    from collections.abc import Mapping

VERSION = "1.0.0"
EXTENSIONS = "creation,creation-with-upload,termination,checksum,expiration"
ALGORITHMS = {"md5": 16, "sha1": 20, "sha256": 32}
"""Of checksums -> bytes of a digest; sha1 is required by the protocol."""
BODY_TYPE = "application/offset+octet-stream"
MAX_METADATA_BYTES = 8 << 10
"""A path of 1,000 bytes in base64 is 1,334."""
_DIGITS = re.compile(r"[0-9]{1,19}")
_KEY = re.compile(r"[!-+\--~]{1,100}")
"""Printable ASCII without space and comma."""
_MOST = (1 << 63) - 1


def read_number(headers: Mapping[str, str], name: str) -> int | None:
    """A header that is a number of bytes; None when it is not there.

    Raises:
        RefusedError: it is no number (400), or 2^63 and more (413).
    """
    text = headers.get(name)
    if text is None:
        return None
    if not _DIGITS.fullmatch(text):
        if text.isascii() and text.isdigit():
            raise RefusedError(f"{name}: expected less than 2^63 bytes, got {text[:40]}", status=413)
        raise RefusedError(f"{name}: expected a number of bytes, got {text[:40]!r}", status=400)
    if int(text) > _MOST:
        raise RefusedError(f"{name}: expected less than 2^63 bytes, got {text}", status=413)
    return int(text)


def read_metadata(text: str) -> dict[str, str]:
    """``Upload-Metadata``: keys, each with a value in base64; values are UTF-8 here.

    Raises:
        RefusedError: it cannot be read (400).
    """
    if len(text) > MAX_METADATA_BYTES:
        raise _bad_metadata(f"expected at most {MAX_METADATA_BYTES:,} bytes, got {len(text):,}")
    found: dict[str, str] = {}
    for pair in text.split(",") if text.strip() else []:
        key, _, value = pair.strip().partition(" ")
        if not _KEY.fullmatch(key) or key in found:
            raise _bad_metadata(f"the key {key[:40]!r} is empty, there twice, or not plain ASCII")
        try:
            found[key] = base64.b64decode(value.strip(), validate=True).decode("utf-8")
        except (binascii.Error, ValueError) as error:
            raise _bad_metadata(f"{key[:40]!r}: its value is not UTF-8 in base64") from error
    return found


def render_metadata(values: Mapping[str, str]) -> str:
    """As :func:`read_metadata` reads it."""
    return ",".join(f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in values.items())


def _bad_metadata(what: str) -> RefusedError:
    return RefusedError(f"Upload-Metadata: {what}", hint="Pairs of a key and a value in base64, with commas.")


class _Digest(Protocol):
    def update(self, data: bytes, /) -> None: ...

    def digest(self) -> bytes: ...


@dataclass(slots=True)
class RequestChecksum:
    """``Upload-Checksum``: what a request's bytes must hash to."""

    expected: bytes
    _digest: _Digest = field(repr=False)

    def update(self, data: bytes) -> None:
        """Take more of them."""
        self._digest.update(data)

    def matches(self) -> bool:
        """Whether they were the announced ones."""
        return self._digest.digest() == self.expected


def read_checksum(text: str) -> RequestChecksum:
    """``Upload-Checksum``: an algorithm, and a digest in base64.

    Raises:
        RefusedError: it cannot be read, or we do not know the algorithm (400).
    """
    name, _, value = text.strip().partition(" ")
    try:
        expected = base64.b64decode(value.strip(), validate=True)
    except (binascii.Error, ValueError):
        expected = b""
    if ALGORITHMS.get(name) != len(expected):
        known = ", ".join(ALGORITHMS)
        raise RefusedError(f"Upload-Checksum: expected one of {known} and a digest in base64, got {text[:80]!r}")
    return RequestChecksum(expected, hashlib.new(name, usedforsecurity=False))


def check_version(headers: Mapping[str, str]) -> None:
    """Refuse another version of the protocol.

    Raises:
        RefusedError: it is another one, or none (412).
    """
    version = headers.get("tus-resumable", "")
    if version != VERSION:
        raise RefusedError(
            f"Tus-Resumable: expected {VERSION}, got {version[:40]!r}",
            hint="Every request but OPTIONS names the version of tus.",
            status=412,
        )


def abilities(max_bytes: int) -> dict[str, str]:
    """What an answer to OPTIONS says."""
    return {
        "Tus-Resumable": VERSION,
        "Tus-Version": VERSION,
        "Tus-Extension": EXTENSIONS,
        "Tus-Max-Size": str(max_bytes),
        "Tus-Checksum-Algorithm": ",".join(ALGORITHMS),
    }


def expires(moment_s: float) -> str:
    """``Upload-Expires``: a moment as HTTP writes it (RFC 9110, 5.6.7)."""
    return format_datetime(dt.datetime.fromtimestamp(moment_s, dt.UTC), usegmt=True)
