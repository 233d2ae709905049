# SPDX-License-Identifier: Apache-2.0
"""Gives this machine's node files that are on disk already; :mod:`seedbed.node.disk.adopting` proves and links them."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from seedbed.api.catalog import locate
from seedbed.api.node import FollowedCatalog, NodeHome
from seedbed.catalog import join_link
from seedbed.catalog.ids import Ref
from seedbed.catalog.table.reader import read_files
from seedbed.errors import SeedbedError
from seedbed.fetching.rules import DEFAULT_RULES
from seedbed.following import joined
from seedbed.following.pull import Ways
from seedbed.library import torrents
from seedbed.node.choosing.booking import Booking
from seedbed.node.disk import adopting
from seedbed.node.disk.places import Places, place_of
from seedbed.node.giving.gift import Gift, refusal
from seedbed.node.policy.rules import DEFAULT
from seedbed.node.state import State

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from seedbed.api.home import Home
    from seedbed.catalog.model import Release
    from seedbed.node.disk.store import Place
    from seedbed.node.parts import Listed


@dataclass(frozen=True, slots=True)
class Row:
    """What became of a version of which something was found."""

    id: str
    outcome: str
    """As in :mod:`seedbed.node.disk.adopting`; or ``here``, ``unwanted``, ``no-room``, ``no-torrent``, ``in-parts``."""
    files: int = 0
    of_files: int = 0
    bytes: int = 0
    of_bytes: int = 0
    why: str = ""


def adopt(home: Home, paths: Sequence[Path], on_file: Callable[[str], object] = lambda _: None) -> list[Row]:
    """Look through a person's files, and link what belongs to the catalogue into the node's folder. Blocks.

    Args:
        home: Where this machine keeps things.
        paths: Files and folders.
        on_file: Told of each file that is read to be proved.

    Returns:
        A row for each version of which a file's size and name were found.

    Raises:
        NotFoundError: this machine is no node, or its catalogue was never pulled.
        StateError: a disk refuses.
    """
    node = NodeHome.of(home)
    gift = Gift.load(node.gift)
    listed = FollowedCatalog(gift.catalog, home, Ways()).known()
    found = adopting.scan(paths, map(Path, gift.shares))
    releases = {release.id: release for release in listed.releases}
    with State(node.state) as state:
        place = place_of(gift, state)
        place.check(state.get("mark"))
        disks = frozenset(path.stat().st_dev for path in paths)
        one = _Adoption(gift, state, place, listed, found, disks, on_file)
        items = adopting.candidates(_files(home, gift, listed), found)
        return [one.version(releases[item]) for item in items if item in releases]


def _files(home: Home, gift: Gift, listed: Listed) -> Iterator[tuple[str, str, int]]:
    """All files that the catalogue lists; of a catalogue without such a list, its single files."""
    where = gift.catalog
    if not Path(where).is_absolute():
        where = join_link.render(joined.find(home.catalogs, where).link)
    table = locate(where, home).files
    if table is not None:
        yield from ((row.item_id, row.path, row.size_bytes) for row in read_files(table))
        return
    for release in listed.releases:
        if release.torrent.is_single_file:
            yield release.id, release.torrent.name, release.size_bytes


@dataclass(frozen=True, slots=True)
class _Adoption:
    gift: Gift
    state: State
    place: Place | Places
    listed: Listed
    found: adopting.Scan
    disks: frozenset[int]
    """Where the person's files are."""
    on_file: Callable[[str], object]

    def version(self, release: Release) -> Row:
        """Take over one, and write it down."""
        if (row := self._refusal(release)) is not None:
            return row
        home = self._folder(release)
        if home is None:
            return Row(release.id, "no-room", of_bytes=release.size_bytes)
        try:
            metainfo = torrents.found(release, home.cache, self.listed.places, DEFAULT_RULES)
        except SeedbedError as error:
            return Row(release.id, "no-torrent", why=error.message)
        if metainfo is None:
            return Row(release.id, "no-torrent", why="no copy of the catalogue gives it")
        done = adopting.adopt(metainfo, Ref(release.dataset, release.version), home, self.found, self.on_file)
        if done.outcome in {"adopted", "begun"}:
            self._note(release, home, is_whole=done.outcome == "adopted")
        return Row(release.id, done.outcome, done.files, done.of_files, done.bytes, release.size_bytes, done.why)

    def _refusal(self, release: Release) -> Row | None:
        if release.id in self.state.units():
            return Row(release.id, "here")
        if (refused := refusal(self.gift, release)) is not None:
            return Row(release.id, "unwanted", why=refused[0])
        return Row(release.id, "in-parts") if release.size_bytes > DEFAULT.cut_above_bytes else None

    def _folder(self, release: Release) -> Place | None:
        """Where the budget has room; of several the one on whose disk its files are: only there they can be linked."""
        units, fitting = self.state.units(), []
        for place, share_bytes in self.place.shares(self.gift):
            booked = Booking.of({item: unit for item, unit in units.items() if self.place.of(item) == place})
            if share_bytes * (1 - DEFAULT.reserve_of_budget) >= booked.booked_bytes + release.size_bytes:
                fitting.append(place)
        near = [place for place in fitting if os.stat(place.folder).st_dev in self.disks]  # noqa: PTH116
        return next(iter([*near, *fitting]), None)

    def _note(self, release: Release, home: Place, *, is_whole: bool) -> None:
        """A whole one was proved a moment ago, and is claimed in the next round; of the other the rest is fetched."""
        if isinstance(self.place, Places):
            self.place.settle(release.id, home)
        is_proved = is_whole and bool(release.torrent.info_hash_v2)  # by roots; the node proves v1 as a whole
        seal = home.shelf.copy(release.id).seal() if is_proved else ""
        self.state.move(
            release.id, "held" if is_whole else "fetching", release.size_bytes, int(time.time()),
            what="adopted", facts={}, seal=seal,
        )  # fmt: skip
