# SPDX-License-Identifier: Apache-2.0
"""A public key with its holder's name, and the one line in which people hand it over.

``seedbed-key ed25519 <64 hex digits> <name>``: short enough to be read out over the telephone. In TUF metadata the name
is the key's ``x-seedbed-name``; it is not part of the key id.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from seedbed.errors import SigningKeyError

if TYPE_CHECKING:
    from securesystemslib.signer import Key

NAME_FIELD = "x-seedbed-name"
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}", re.ASCII)
_LINE = re.compile(r"seedbed-key ed25519 ([0-9a-f]{64}) (\S+)", re.ASCII)


@dataclass(frozen=True, slots=True)
class PublicKey:
    """An ed25519 public key."""

    name: str
    """Whose it is, or what it is for: ``anna``, ``online``."""
    public_hex: str
    """32 bytes as 64 hex digits."""

    def __str__(self) -> str:
        return f"{self.name} ({self.public_hex[:8]})"

    def to_tuf(self) -> Key:
        """As TUF metadata holds it."""
        from securesystemslib.signer import SSlibKey  # noqa: PLC0415  # only who signs needs it
        from securesystemslib.signer._utils import compute_default_keyid  # noqa: PLC0415  # has no public name

        keyval = {"public": self.public_hex}
        keyid = compute_default_keyid("ed25519", "ed25519", keyval)
        return SSlibKey(keyid, "ed25519", "ed25519", keyval, {NAME_FIELD: self.name})


def from_tuf(key: Key) -> PublicKey:
    """Read a key of TUF metadata; one without a name gets the start of its id."""
    name = key.unrecognized_fields.get(NAME_FIELD)
    return PublicKey(name if isinstance(name, str) else key.keyid[:8], str(key.keyval.get("public", "")))


def check_name(name: str) -> str:
    """The name itself, if keys may be called so.

    Raises:
        SigningKeyError: they may not.
    """
    if _NAME.fullmatch(name):
        return name
    raise SigningKeyError(
        f"key name {name!r}: expected lower-case letters, digits, '-', '_' and '.', at most 64",
        hint="Such as your first name.",
    )


def render(key: PublicKey) -> str:
    """The line to hand over."""
    return f"seedbed-key ed25519 {key.public_hex} {key.name}"


def parse(text: str, *, where: str = "public key") -> PublicKey:
    """Read the line.

    Args:
        text: The line, or the contents of a ``.pub`` file.
        where: The file's name, for the message.

    Raises:
        SigningKeyError: it is something else, for example a private key.
    """
    if "PRIVATE KEY" in text:
        raise SigningKeyError(
            f"{where}: this is a private key: expected the public one",
            hint="Hand over the .pub file beside it. A private key that somebody else has seen must be rotated.",
        )
    found = _LINE.fullmatch(text.strip())
    if not found:
        raise SigningKeyError(
            f"{where}: not a public key: expected 'seedbed-key ed25519 <64 hex digits> <name>'",
            hint="seedbed catalog key new NAME makes a key pair and prints this line.",
        )
    return PublicKey(check_name(found[2]), found[1])
