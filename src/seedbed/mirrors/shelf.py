# SPDX-License-Identifier: Apache-2.0
"""A folder or an object store as a depository: a version is a folder, and what is put there is public at once.

``<dataset>/<version>/<torrent name>/<path>``: the folder of a version is the root of a web seed (BEP 19), and the whole
is what ``seedbed gateway --root`` serves.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from seedbed.mirrors.base import HoldsParts
from seedbed.mirrors.deposits import Address, Facts, Unfinished

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from seedbed.mirrors.base import Mirror, Traits
    from seedbed.mirrors.deposits import Description, Wanted


@dataclass(frozen=True, slots=True)
class Shelf:
    """A :class:`seedbed.mirrors.deposits.Depository`.

    Args:
        mirror: The folder or store.
        key: What it is called in the catalogue.
    """

    mirror: Mirror
    key: str = "own"

    @property
    def name(self) -> str:
        """The mirror's."""
        return self.mirror.name

    @property
    def traits(self) -> Traits:
        """The mirror's."""
        return self.mirror.traits

    def begin(self, wanted: Wanted) -> Place:
        """A version's folder; nothing is made yet."""
        return Place(self.mirror, wanted)

    def unfinished(self) -> Iterator[Unfinished]:
        """Files of which only parts are there, whoever sent them."""
        if isinstance(self.mirror, HoldsParts):
            for key in self.mirror.unfinished():
                yield Unfinished(key, "", f"{self.name}: {key}: parts of a file")

    def drop(self, unfinished: Unfinished) -> None:
        """Delete the parts of a file."""
        if isinstance(self.mirror, HoldsParts):
            self.mirror.abandon(unfinished.id)

    def close(self) -> None:
        """Close the mirror."""
        self.mirror.close()


@dataclass(frozen=True, slots=True)
class Place:
    """A :class:`seedbed.mirrors.deposits.Deposit`: the folder of one version."""

    mirror: Mirror
    wanted: Wanted
    takes_data: bool = True

    @property
    def facts(self) -> Facts:
        """The folder."""
        return Facts(f"{self.wanted.dataset}/{self.wanted.version}")

    @property
    def address(self) -> Address | None:
        """Below the mirror's public URL, if it has one."""
        url = self.mirror.public_url(self.key((self.wanted.name,)))
        return Address(url if self.wanted.is_single_file else f"{url}/") if url else None

    def key(self, parts: Sequence[str]) -> str:
        """Dataset, version, and the path."""
        return "/".join((self.wanted.dataset, self.wanted.version, *parts))

    def describe(self, description: Description) -> None:
        """A folder says nothing of itself: the files beside the data do."""

    def finish(self) -> None:
        """It is public as it is."""

    def held(self) -> frozenset[str]:
        """The files below the version's folder; others' publications may have put them there."""
        return frozenset(stored.key for stored in self.mirror.list(prefix=self._prefix))

    def discard(self, *, keep: Collection[str] = ()) -> bool:
        """Delete the version's files, and parts of them; always possible."""
        for key in self.held() - frozenset(keep):
            self.mirror.remove(key)
        if isinstance(self.mirror, HoldsParts):
            for key in self.mirror.unfinished(prefix=self._prefix):
                self.mirror.abandon(key)
        return True

    @property
    def _prefix(self) -> str:
        return self.key(("",))
