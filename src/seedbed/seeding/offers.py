# SPDX-License-Identifier: Apache-2.0
"""Which torrents can be served from a folder: their data is found, and hashed by us before anybody hears of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from seedbed.core import metainfo_reader
from seedbed.core.bencode import DEFAULT_LIMITS
from seedbed.engine.base import Addition, TorrentId
from seedbed.errors import DataError, InputError, NotFoundError, SeedbedError
from seedbed.hashing.check import check_files
from seedbed.hashing.verify import findings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from seedbed.core.metainfo import Metainfo
    from seedbed.hashing.check import Checked
    from seedbed.hashing.job import Progress

_SHOWN_FILES = 5


@dataclass(frozen=True, slots=True)
class Place:
    """Where a torrent's data lies."""

    parent: Path
    """Absolute."""
    root_name: str
    """The folder or file in ``parent``."""

    @property
    def path(self) -> Path:
        """The root folder or single file."""
        return self.parent / self.root_name

    def files_of(self, metainfo: Metainfo) -> list[str]:
        """Where each file is expected."""
        if metainfo.is_single_file:
            return [str(self.path)]
        return [str(self.path.joinpath(*file.path)) for file in metainfo.files]


@dataclass(frozen=True, slots=True)
class Offer:
    """A torrent whose data is all here and right."""

    metainfo: Metainfo
    place: Place
    have_pieces: bytes

    @property
    def torrent(self) -> TorrentId:
        """Its name in an engine."""
        return TorrentId(self.metainfo.info_hashes.best_hex)

    def addition(self, *, use_trackers: bool = True) -> Addition:
        """How an engine takes it: served, never fetched, never hashed again."""
        root = "" if self.place.root_name == self.metainfo.name else self.place.root_name
        have = [bool(byte) for byte in self.have_pieces]
        return Addition(self.metainfo, self.place.parent, root_name=root, have_pieces=have, use_trackers=use_trackers)


@dataclass(frozen=True, slots=True)
class Refused:
    """A torrent that cannot be served, and why."""

    source: str
    """The torrent file's path."""
    error: SeedbedError


def read_torrents(sources: Iterable[str]) -> tuple[dict[str, Metainfo], list[Refused]]:
    """Read torrent files; a torrent given twice is kept once.

    Returns:
        Metainfo by path, and what could not be read.
    """
    found: dict[str, Metainfo] = {}
    refused: list[Refused] = []
    seen: set[bytes] = set()
    for source in sources:
        try:
            metainfo = _read(source)
        except SeedbedError as error:
            refused.append(Refused(source, error))
            continue
        if metainfo.info not in seen:
            seen.add(metainfo.info)
            found[source] = metainfo
    return found, refused


def find_offers(
    torrents: dict[str, Metainfo], data: Path, *, progress: Callable[[str, Progress], object]
) -> tuple[list[Offer], list[Refused]]:
    """Find and verify the data of each torrent. Blocks; call it in a thread.

    Args:
        torrents: Metainfo by the path of its file.
        data: The folder with the data: it holds each torrent's root, or is the root itself; or the single file.
        progress: Called with the torrent's name as hashing goes on.

    Raises:
        NotFoundError: ``data`` is not there.
    """
    if not data.exists():
        raise NotFoundError(f"{data}: there is nothing here", hint="--data names the folder that holds the data.")
    offers: list[Offer] = []
    refused: list[Refused] = []
    for source, metainfo in torrents.items():
        try:
            offers.append(_offer(metainfo, data, progress))
        except SeedbedError as error:
            refused.append(Refused(source, error))
    return offers, refused


def _read(source: str) -> Metainfo:
    if source.startswith("magnet:"):
        raise InputError(
            "a magnet link cannot be seeded: it does not say what the pieces are",
            hint="Give the .torrent file; 'seedbed torrent create' makes it from the data.",
        )
    try:
        with Path(source).open("rb") as file:
            return metainfo_reader.parse(file.read(DEFAULT_LIMITS.max_bytes + 1))
    except OSError as error:
        raise NotFoundError(f"{source}: {error.strerror}") from error


def _offer(metainfo: Metainfo, data: Path, progress: Callable[[str, Progress], object]) -> Offer:
    place = find_place(metainfo, data)
    if place is None:
        root = data / metainfo.name
        raise NotFoundError(
            f"{metainfo.name}: no data found: expected {root}", hint="--data names the folder that holds it."
        )
    paths = place.files_of(metainfo)
    checked = check_files(metainfo, paths, progress=lambda state: progress(metainfo.name, state))
    if not checked.is_complete:
        raise _does_not_verify(checked, place, paths)
    return Offer(metainfo, place, checked.have_pieces)


def find_place(metainfo: Metainfo, data: Path) -> Place | None:
    """Where the data of a torrent lies, given its parent, its root folder (by any name), or its single file."""
    data = data.resolve()
    below = data / metainfo.name
    if metainfo.is_single_file:
        if data.is_file():
            return Place(data.parent, data.name)
        return Place(data, metainfo.name) if below.is_file() else None
    if not data.is_dir():
        return None
    if any((data / file.path[0]).exists() for file in metainfo.files) and data.name:
        return Place(data.parent, data.name)
    return Place(data, metainfo.name) if below.is_dir() else None


def _does_not_verify(checked: Checked, place: Place, paths: list[str]) -> DataError:
    found = findings(checked, paths)
    shown = ", ".join(f"{finding.path} ({finding.kind})" for finding in found[:_SHOWN_FILES])
    more = f" and {len(found) - _SHOWN_FILES:,} more" if len(found) > _SHOWN_FILES else ""
    count = f"{len(found):,} file{'' if len(found) == 1 else 's'}"
    return DataError(
        f"{checked.metainfo.name}: {count} in {place.path} not as the torrent says: {shown}{more}",
        hint="'seedbed torrent verify' lists every piece; 'seedbed fetch' gets what is missing or wrong.",
        path=str(place.path),
        files=[finding.path for finding in found],
    )
