# SPDX-License-Identifier: Apache-2.0
"""A unit as it lies in a node's folder: a whole version in the cache, or a part of a very large one beside it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, Protocol

from seedbed.core.layout import Layout
from seedbed.errors import DataError, SeedbedError
from seedbed.library import inspect, torrents
from seedbed.library.cache import Cache, Snapshot
from seedbed.library.parts import PartShelf
from seedbed.node.choosing.units import split
from seedbed.node.disk import seals
from seedbed.seeding.offers import Place

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from seedbed.catalog.ids import Ref
    from seedbed.core.metainfo import Metainfo
    from seedbed.node.disk.trash import Trash


class Proof(NamedTuple):
    """What hashing a unit again has shown."""

    bad_paths: tuple[str, ...] = ()
    """Files that are not as their torrent says, below :attr:`Copy.folder`."""
    problem: str = ""
    """Why it could not be hashed, or that it is not here."""

    @property
    def is_good(self) -> bool:
        """Whether every byte is right."""
        return not self.bad_paths and not self.problem


NOT_HERE = Proof(problem="files are missing, or are not what they were")


class Servable(NamedTuple):
    """What can be served of a unit."""

    metainfo: Metainfo
    place: Place
    pieces: range


class Copy(Protocol):
    """See the module's text. All of it blocks, and raises StateError when the disk refuses."""

    @property
    def folder(self) -> Path:
        """Holds the torrent's file or folder."""
        ...

    def begin(self) -> None:
        """It is about to be fetched: what is here of it counts as nothing until it is proved again."""
        ...

    def seal(self) -> str:
        """How its files look now; empty when it is not all here: see :mod:`seedbed.node.disk.seals`."""
        ...

    def paths(self) -> Iterable[str]:
        """Its files, below the folder; none when it is not all here."""
        ...

    def size_bytes(self) -> int:
        """Bytes of it, when it is all here; else 0."""
        ...

    def prove(self, go_on: Callable[[object], None]) -> Proof:
        """Hash it again; ``go_on`` is called now and then, and what it raises ends the work."""
        ...

    def servable(self, info_hash: str) -> Servable:
        """What can be served of it.

        Args:
            info_hash: As the catalogue says; empty for whatever is here.

        Raises:
            DataError: its files are not there, or not all of them, or not of that torrent.
            TorrentError: or BencodeError, NameRefusedError: its torrent is refused.
        """
        ...

    def discard(self) -> None:
        """Put it into the trash; nothing happens when there is nothing of it."""
        ...

    def give_back(self) -> bool:
        """Take it back from the trash, to be proved; whether it was there."""
        ...

    def purge(self) -> None:
        """Delete for good what is in the trash of it."""
        ...


def copy_of(cache: Cache, trash: Trash, item: str) -> Copy:
    """The unit with an id.

    Raises:
        InputError: it is no such id.
    """
    ref, part = split(item)
    return PartCopy(PartShelf(cache, ref), part) if part else WholeCopy(cache, trash, ref)


@dataclass(frozen=True, slots=True)
class WholeCopy:
    """A version; see :class:`Copy`."""

    cache: Cache
    trash: Trash
    ref: Ref

    @property
    def folder(self) -> Path:
        """See there."""
        return self.cache.data(self.ref)

    def begin(self) -> None:
        """See there."""
        self.trash.give_back(self.ref)
        self.cache.forget(self.ref)

    def seal(self) -> str:
        """See there."""
        kept = self.cache.kept(self.ref)
        return seals.seal(self.folder, kept.info_hash, kept.sizes) if kept and kept.is_whole else ""

    def paths(self) -> Iterable[str]:
        """See there."""
        kept = self.cache.kept(self.ref)
        return kept.sizes if kept else ()

    def size_bytes(self) -> int:
        """See there."""
        kept = self.cache.kept(self.ref)
        return sum(kept.sizes.values()) if kept and kept.is_whole else 0

    def prove(self, go_on: Callable[[object], None]) -> Proof:
        """See there."""
        if (kept := self.cache.kept(self.ref)) is None:
            return NOT_HERE
        verdict = inspect.look(self.cache, Snapshot(self.ref, kept, self.folder, 0), go_on)
        return Proof(verdict.bad_paths, verdict.problem)

    def servable(self, info_hash: str) -> Servable:
        """See there."""
        kept = self.cache.kept(self.ref)
        if kept is None or not kept.is_whole:
            raise DataError(f"{self.ref}: its files are not there any more, or not all of them")
        metainfo = _metainfo(self.cache, str(self.ref), kept.info_hash, info_hash)
        pieces = range(Layout.of(metainfo).piece_count)
        return Servable(metainfo, Place(self.folder.absolute(), kept.root), pieces)

    def discard(self) -> None:
        """See there."""
        self.trash.put(self.ref)

    def give_back(self) -> bool:
        """See there."""
        return self.trash.give_back(self.ref)

    def purge(self) -> None:
        """See there."""
        self.trash.purge(self.ref)


@dataclass(frozen=True, slots=True)
class PartCopy:
    """A part; see :class:`Copy`."""

    shelf: PartShelf
    number: int

    @property
    def folder(self) -> Path:
        """See there."""
        return self.shelf.folder

    def begin(self) -> None:
        """See there."""
        self.shelf.doubt(self.number)

    def seal(self) -> str:
        """See there. A file that it shares with other parts changes when they do: of it only the length counts."""
        kept = self.shelf.kept(self.number)
        if kept is None:
            return ""
        own = {path: length for path, (start, stop, length) in kept.spans.items() if (start, stop) == (0, length)}
        return seals.seal(self.folder, f"{kept.info_hash}#{kept.first}-{kept.stop}", own)

    def paths(self) -> Iterable[str]:
        """See there."""
        kept = self.shelf.kept(self.number)
        return kept.spans if kept else ()

    def size_bytes(self) -> int:
        """See there."""
        kept = self.shelf.kept(self.number)
        return kept.size_bytes if kept else 0

    def prove(self, go_on: Callable[[object], None]) -> Proof:
        """See there."""
        kept = self.shelf.kept(self.number)
        try:
            metainfo = torrents.kept_metainfo(self.shelf.cache, kept.info_hash) if kept else None
            bad = self.shelf.bad_files(self.number, metainfo, go_on) if metainfo else None
        except SeedbedError as error:
            return Proof(problem=error.message)
        return NOT_HERE if bad is None else Proof(bad)

    def servable(self, info_hash: str) -> Servable:
        """See there."""
        item = f"{self.shelf.ref}#{self.number}"
        if (kept := self.shelf.kept(self.number)) is None:
            raise DataError(f"{item}: its files are not there any more, or not all of them")
        metainfo = _metainfo(self.shelf.cache, item, kept.info_hash, info_hash)
        return Servable(metainfo, Place(self.folder.absolute(), metainfo.name), kept.pieces)

    def discard(self) -> None:
        """See there."""
        self.shelf.give_up(self.number)

    def give_back(self) -> bool:
        """See there."""
        return self.shelf.give_back(self.number)

    def purge(self) -> None:
        """See there."""
        self.shelf.purge(self.number)


def _metainfo(cache: Cache, item: str, kept: str, info_hash: str) -> Metainfo:
    metainfo = torrents.kept_metainfo(cache, kept)
    if metainfo is None or (info_hash and kept != info_hash):
        raise DataError(f"{item}: its torrent is not there any more")
    return metainfo
