# SPDX-License-Identifier: Apache-2.0
"""A lease: what a node says that it holds and fetches, until when, signed (pure; docs/spec/leases.md)."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self

import numpy as np

from seedbed.errors import FormatError, InputError
from seedbed.health.leases import signed

if TYPE_CHECKING:
    from seedbed.core.bencode import Value
    from seedbed.health.leases.signed import Keys, Signs

KIND = "lease"
MAX_UNITS = 1_000_000
"""Held and fetched together."""
MAX_OPERATOR_BYTES = 100
MAX_BYTES = 8 * MAX_UNITS + 1_000
"""Of a body."""
MAX_CAPACITY_BYTES = 10**18
MIN_PORT, MAX_PORT = 1_024, 65_535
"""Lower ports belong to services that nobody should be sent to."""
_PERMILLE = 1_000
_COUNTRY = re.compile("[A-Z]{2}")
_FAR = 2**53


@dataclass(frozen=True, slots=True, eq=False)
class Lease:
    """See the module's text."""

    node: bytes
    """Public key of 32 bytes: who says so."""
    serial: int
    """Of two leases of a node, the one with the higher serial counts."""
    until_s: int
    """When it ends: seconds since 1970. A lease that is over says that the node left."""
    held: Keys
    """64-bit keys of the units that are served, ascending."""
    fetching: Keys
    """Of those that are fetched, or will be; none of them is held."""
    capacity_bytes: int
    """Disk that is given."""
    uptime: float
    """Share of its life in which the node was at work, 0 to 1, as it has measured itself."""
    port: int
    """Where it listens for peers, at the address from which the lease comes."""
    operator: str = ""
    """Who runs it, as they say; nodes of one operator count as one copy. Empty: nobody's name."""
    country: str = ""
    """Two capital letters (ISO 3166-1), as they say; or empty."""

    def sealed(self, signs: Signs) -> bytes:
        """As it is sent.

        Raises:
            InputError: more units than a lease may name.
        """
        if len(self.held) + len(self.fetching) > MAX_UNITS:
            raise InputError(f"lease: expected at most {MAX_UNITS:,} units")
        body: dict[bytes, Value] = {
            b"c": self.capacity_bytes, b"f": signed.packed(self.fetching), b"h": signed.packed(self.held),
            b"n": self.serial, b"p": self.port, b"t": self.until_s, b"u": round(self.uptime * _PERMILLE),
        }  # fmt: skip
        if self.operator:
            body[b"o"] = self.operator.encode()
        if self.country:
            body[b"cc"] = self.country.encode()
        return signed.seal(KIND, body, signs)

    def of_units(self, held: Keys, fetching: Keys) -> Lease:
        """The same lease of other units."""
        return replace(self, held=held, fetching=fetching)

    @classmethod
    def unsealed(cls, data: bytes) -> Self:
        """Read one, whose signature is right.

        Raises:
            FormatError: it is none; nothing of it is to be believed.
        """
        node, fields = signed.unseal(KIND, data, max_bytes=MAX_BYTES)
        held = fields.keys(b"h", MAX_UNITS)
        fetching = fields.keys(b"f", MAX_UNITS - len(held))
        if np.isin(fetching, held, assume_unique=True).any():
            raise FormatError("lease: a unit is held and fetched at once")
        return cls(
            node, fields.number(b"n", 0, _FAR), fields.number(b"t", 0, _FAR), held, fetching,
            fields.number(b"c", 0, MAX_CAPACITY_BYTES), fields.number(b"u", 0, _PERMILLE) / _PERMILLE,
            fields.number(b"p", MIN_PORT, MAX_PORT), checked_operator(fields.text(b"o", MAX_OPERATOR_BYTES)),
            checked_country(fields.text(b"cc", 2)),
        )  # fmt: skip


def checked_operator(name: str) -> str:
    """Itself.

    Raises:
        FormatError: it is too long, has characters that are not printed, or spaces around it.
    """
    if len(name.encode()) > MAX_OPERATOR_BYTES or not name.isprintable() or name != name.strip():
        raise FormatError(f"operator {name[:200]!r}: expected a name of at most {MAX_OPERATOR_BYTES} bytes")
    return name


def checked_country(code: str) -> str:
    """Itself.

    Raises:
        FormatError: it is no code of two capital letters.
    """
    if code and not _COUNTRY.fullmatch(code):
        raise FormatError(f"country {code[:20]!r}: expected two capital letters (ISO 3166-1), such as IS")
    return code
