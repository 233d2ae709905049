# SPDX-License-Identifier: Apache-2.0
"""What a node keeps or drops as a whole: a dataset's version, or a part of a very large one."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from seedbed.catalog.ids import parse_ref
from seedbed.core.layout import Layout
from seedbed.errors import SeedbedError
from seedbed.library.fetch import Wanted
from seedbed.node.choosing.cutting import cut, part_bytes_of
from seedbed.node.policy.lottery import key_of
from seedbed.node.policy.rules import DEFAULT, Rules

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from seedbed.catalog.ids import Ref
    from seedbed.catalog.model import Release
    from seedbed.core.metainfo import Metainfo

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Unit:
    """See the module's text."""

    id: str
    """``lakes@2``; ``ortho@2024#3`` is the third part of a very large one."""
    release: Release
    size_bytes: int
    part: int = 0
    """Its number, from 1; 0 is a whole version."""
    pieces: range = range(0)
    """The part's pieces."""

    @classmethod
    def whole(cls, release: Release) -> Unit:
        """A version that is small enough."""
        return cls(release.id, release, release.size_bytes)

    @property
    def key(self) -> int:
        """64 bits that name it on all nodes: of its info-hash, and of the part's pieces."""
        name = self.release.torrent.best_hex
        return key_of(f"{name}#{self.pieces.start}-{self.pieces.stop}".encode() if self.part else name.encode())

    def wanted(self, places: tuple[str, ...]) -> Wanted:
        """How it is fetched.

        Args:
            places: Where its torrent may be had.
        """
        return Wanted(self.release, places, self.part, self.pieces)


def split(item: str) -> tuple[Ref, int]:
    """The version that a unit's id names, and the number of the part; 0 for all of it.

    Raises:
        InputError: it is no such id.
    """
    version, _, part = item.partition("#")
    return parse_ref(version), int(part) if part.isdecimal() else 0


def id_of(release: Release, part: int) -> str:
    """The id of a version, or of a part of it."""
    return f"{release.id}#{part}" if part else release.id


def version_of(item: str) -> str:
    """The id of the version that a unit is, or is a part of."""
    return item.partition("#")[0]


@dataclass(slots=True)
class Cutter:
    """Cuts versions that are larger than the policy keeps whole; remembers what was cut.

    Args:
        torrent: Gives a version's torrent; None when it cannot be had now. Blocks.
        rules: The policy's: above which size, and how large parts are.
    """

    torrent: Callable[[Release], Metainfo | None]
    rules: Rules = DEFAULT
    _largest: dict[str, int] = field(default_factory=dict)
    _known: dict[str, list[tuple[range, int]]] = field(default_factory=dict)

    def units(self, releases: Iterable[Release]) -> Iterator[Unit]:
        """Units of versions, in order. Of one whose torrent cannot be had now there are none: nobody knows its cut."""
        for release in releases:
            if release.size_bytes <= self.rules.cut_above_bytes:
                yield Unit.whole(release)
            else:
                yield from self._parts(release)

    def unit(self, item: str, release: Release) -> Unit | None:
        """The unit with an id; None when a version has no such part, or its cut is not known."""
        return next((unit for unit in self.units([release]) if unit.id == item), None)

    def largest_file_bytes(self, release: Release) -> int:
        """Of a version; 0 when its torrent cannot be had now. Blocks."""
        name = release.torrent.best_hex
        if name not in self._largest and (metainfo := self._torrent(release)):
            self._largest[name] = max(file.length for file in metainfo.files)
        return self._largest.get(name, 0)

    def _parts(self, release: Release) -> Iterator[Unit]:
        name = release.torrent.best_hex
        if name not in self._known and (metainfo := self._torrent(release)):
            layout = Layout.of(metainfo)
            parts = cut(layout, self.rules.part_bytes)
            self._known[name] = [(pieces, part_bytes_of(layout, pieces)) for pieces in parts]
        for number, (pieces, size_bytes) in enumerate(self._known.get(name, ()), 1):
            yield Unit(id_of(release, number), release, size_bytes, number, pieces)

    def _torrent(self, release: Release) -> Metainfo | None:
        try:
            return self.torrent(release)
        except SeedbedError as error:
            log.warning("%s cannot be cut into parts: %s", release.id, error.message)
            return None
