# SPDX-License-Identifier: Apache-2.0
"""All that lies in a node's folder, by unit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from seedbed.library import given_up
from seedbed.library.parts import BEGUN, HERE, PartShelf
from seedbed.node.choosing.units import version_of
from seedbed.node.disk import seals
from seedbed.node.disk.copies import copy_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from seedbed.library.cache import Cache
    from seedbed.node.disk.copies import Copy
    from seedbed.node.disk.trash import Trash
    from seedbed.node.state import Stage


class Found(NamedTuple):
    """A unit that lies here."""

    item: str
    stage: Stage
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Shelf:
    """See the module's text."""

    cache: Cache
    trash: Trash

    def copy(self, item: str) -> Copy:
        """The unit with an id, whether it is here or not.

        Raises:
            InputError: it is no such id.
        """
        return copy_of(self.cache, self.trash, item)

    def sharing(self, item: str, bad_paths: Iterable[str], others: Iterable[str]) -> list[str]:
        """Which of other versions have one of these files too: one content on the disk under several names.

        Args:
            item: A unit.
            bad_paths: Files of it, below its folder.
            others: Ids.
        """
        folder = self.copy(item).folder
        bad = {one for path in bad_paths if (one := seals.inode(folder / path))}
        strangers = (other for other in others if version_of(other) != version_of(item))
        return [other for other in strangers if bad and not bad.isdisjoint(self._inodes(other))]

    def discarded(self) -> list[str]:
        """Ids of what is in the trash."""
        parts = (f"{ref}#{number}" for ref, number in given_up.parts(self.cache))
        return [*map(str, self.trash.refs()), *parts]

    def found(self) -> Iterator[Found]:
        """All that is here, whole or begun; not what is in the trash."""
        for item, size_bytes in self._parts(HERE):
            yield Found(item, "held", size_bytes)
        for item, size_bytes in self._parts(BEGUN):
            yield Found(item, "fetching", size_bytes)
        for ref in self.cache.refs():
            if size_bytes := self.copy(str(ref)).size_bytes():
                yield Found(str(ref), "held", size_bytes)
            elif not PartShelf(self.cache, ref).folder.exists() and (size_bytes := self.cache.begun_bytes(ref)):
                yield Found(str(ref), "fetching", size_bytes)

    def _parts(self, end: str) -> Iterator[tuple[str, int]]:
        for ref in self.cache.refs():
            shelf = PartShelf(self.cache, ref)
            for number in shelf.numbers(end):
                yield f"{ref}#{number}", shelf.noted_bytes(number, end)

    def _inodes(self, item: str) -> set[tuple[int, int]]:
        copy = self.copy(item)
        return {one for path in copy.paths() if (one := seals.inode(copy.folder / path))}
