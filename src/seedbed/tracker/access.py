# SPDX-License-Identifier: Apache-2.0
"""Which info-hashes a tracker serves, and which two are one dataset (pure values; reading a catalogue is elsewhere)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping


class Access(Protocol):
    """Who may be announced."""

    def is_listed(self, info_hash: bytes) -> bool:
        """Whether a hash of 20 bytes is served."""
        ...


@dataclass(frozen=True, slots=True)
class Everything:
    """An open tracker."""

    def is_listed(self, info_hash: bytes) -> bool:
        """Any."""
        return len(info_hash) == 20


@dataclass(frozen=True, slots=True)
class Listed:
    """What a catalogue lists: of a hybrid both hashes, v2 cut to 20 bytes (BEP 52)."""

    datasets: Mapping[bytes, str] = field(default_factory=dict)
    """Info-hash -> id of the version; two hashes of one hybrid lead to one id."""
    hashes: Mapping[str, tuple[bytes, ...]] = field(init=False, compare=False, repr=False)
    """Id -> its info-hashes, v1 first."""

    def __post_init__(self) -> None:
        found: dict[str, tuple[bytes, ...]] = {}
        for info_hash, name in self.datasets.items():
            found[name] = (*found.get(name, ()), info_hash)
        object.__setattr__(self, "hashes", found)

    def is_listed(self, info_hash: bytes) -> bool:
        """Whether the catalogue lists it."""
        return info_hash in self.datasets
