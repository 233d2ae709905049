# SPDX-License-Identifier: Apache-2.0
"""What a publication needs from outside: handed in, so that tests and other programs can give their own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Mapping, Sequence
    from contextlib import AbstractContextManager

    from seedbed.core.metainfo import Metainfo
    from seedbed.creating.create import Created, Plan
    from seedbed.dois.minter import DoiMinter
    from seedbed.mirrors.deposits import Depository
    from seedbed.publishing.request import CatalogWithTorrents, Publisher


class Hash(Protocol):
    """Who makes the torrent of a plan."""

    def __call__(self, plan: Plan, told: Callable[[int, bytes], object]) -> Created:
        """Hash everything once.

        Args:
            plan: Of the torrent.
            told: Called with a file's index and its SHA-256, as soon as that is known.
        """
        ...


@dataclass(frozen=True, slots=True)
class Tools:
    """Everything that is not decided here."""

    depository: Callable[[str], Depository]
    """A mirror's URL -> who takes versions there."""
    minter: Callable[[str], DoiMinter]
    """``datacite:10.…`` -> who registers DOIs."""
    hash: Hash
    audit: Callable[[Metainfo, Sequence[str]], Mapping[str, str]]
    """Torrent and addresses -> what is wrong with each copy; empty where it is true."""
    catalog: CatalogWithTorrents
    """To be read only."""
    publisher: Callable[[], AbstractContextManager[Publisher]]
    """Holds the catalogue open for changes."""
    now: Callable[[], dt.datetime]
    say: Callable[[str], object] = lambda _: None
    """Told each step, for people."""
    sent: Callable[[str, int, int], object] = lambda _name, _sent, _total: None
    """Progress of pushing, from several threads: the mirror's name, bytes sent, bytes in all."""
