# SPDX-License-Identifier: Apache-2.0
"""How a machine becomes a smartnode, and changes what it gives."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from seedbed.api.node import FollowedCatalog, NodeHome
from seedbed.errors import InputError, NotFoundError, StateError
from seedbed.following.pull import Ways
from seedbed.node.choosing.units import version_of
from seedbed.node.disk.store import Place
from seedbed.node.disk.trial import examine
from seedbed.node.giving.gift import Gift
from seedbed.node.giving.importing import COLLECTIONS, PROPERTIES, chosen, read
from seedbed.node.giving.survey import Survey
from seedbed.node.giving.survey import survey as look_through
from seedbed.node.parting import farewell
from seedbed.node.state import State

if TYPE_CHECKING:
    from collections.abc import Mapping

    from seedbed.api.home import Home
    from seedbed.node.giving.importing import Note


def join(home: Home, gift: Gift) -> Gift:
    """Make this machine a node, or change what it gives.

    Returns:
        What it gives: no more than its disks have room for.

    Raises:
        StateError: a disk refuses; or other folders were given before, and one of them holds something.
    """
    node = NodeHome.of(home)
    try:
        before = Gift.load(node.gift)
    except NotFoundError:
        before = gift
    with State(node.state) as state:
        _require_kept(before, gift, state)
        farewell.ask(state, None)
        for number, folder in enumerate(gift.shares):
            state.set(f"mark {folder}" if number else "mark", Place(Path(folder)).make())
    gift = fitting(tried(gift))
    gift.save(node.gift)
    return gift


def tried(gift: Gift) -> Gift:
    """The same, with what its folders' file systems lack; they are tried for it.

    Raises:
        StateError: one of them cannot keep what a node promises.
    """
    lacks: set[str] = set()
    largest: list[int] = []
    for folder in map(Path, gift.shares):
        trial = examine(folder)
        trial.require(folder)
        lacks |= {*trial.lacks}
        largest += [trial.largest_file_bytes] if trial.largest_file_bytes else []
    return replace(gift, lacks=tuple(sorted(lacks)), largest_file_bytes=min(largest, default=0))


def _require_kept(before: Gift, gift: Gift, state: State) -> None:
    """A folder that holds something is given on, wherever its disk is now: its mark tells."""
    now = {Place(Path(folder)).mark() for folder in gift.shares}
    homes, first_mark = state.homes(), state.get("mark")
    lie = [homes.get(version_of(item), first_mark) for item in state.units()]
    marks = set(lie)
    for number, folder in enumerate(before.shares):
        mark = state.get(f"mark {folder}" if number else "mark")
        if mark in marks and folder in gift.shares and Place(Path(folder)).mark() != mark:
            raise StateError(
                f"{folder}: what this node holds is not there: is the disk mounted?",
                hint="Mount it, and join again. If it is lost for good: seedbed node leave --now, and join anew.",
            )
        if mark in marks - now and folder not in gift.shares:
            raise StateError(
                f"this node holds {lie.count(mark):,} datasets in {folder}",
                hint=f"Stop it, move the folder to {gift.folder} as it is, and join again; or give it too, with --dir.",
            )
    first = next(iter(gift.shares))
    if first_mark in marks and Place(Path(first)).mark() != first_mark and first != before.folder:
        raise StateError(
            f"{first}: the first folder holds other things than {before.folder} did",
            hint=f"Name {before.folder} first, where the node's data lies, and further folders after it.",
        )


def survey(home: Home, gift: Gift) -> Survey:
    """What a gift would choose from, by what is known of its catalogue now.

    Raises:
        InputError: a pattern of it is not clear.
        NotFoundError: the catalogue was never pulled.
    """
    return look_through(gift, FollowedCatalog(gift.catalog, home, Ways()).known().releases)


def imported(home: Home, catalog: str, path: Path) -> tuple[tuple[str, ...], tuple[Note, ...]]:
    """What settings of smartnode-transmission become here.

    Args:
        home: Where this machine keeps things.
        catalog: The catalogue that is joined.
        path: A folder with its two files, or one of them.

    Returns:
        Patterns to take, and what became of each setting.

    Raises:
        InputError: there are no such files, they cannot be understood, or nothing of them is in the catalogue.
    """
    paths = [path / name for name in (PROPERTIES, COLLECTIONS)] if path.is_dir() else [path]
    try:
        files = {one.name: one.read_bytes() for one in paths if one.is_file()}
    except OSError as error:
        raise InputError(f"{error.filename}: it cannot be read: {error.strerror}") from error
    if not files:
        raise InputError(f"{path}: neither {PROPERTIES} nor {COLLECTIONS} is there")
    releases = FollowedCatalog(catalog, home, Ways()).known().releases
    return chosen(read(files), {release.collection for release in releases})


def fitting(gift: Gift) -> Gift:
    """A gift that its disks have room for: what lies there already counts. Folders on one disk share its room.

    Raises:
        InputError: there is hardly any.
        StateError: a disk is not there.
    """
    shares: dict[str, int] = {}
    taken: dict[int, int] = {}
    for folder, wanted_bytes in gift.shares.items():
        place = Place(Path(folder))
        room_bytes = place.room_bytes()
        disk = os.stat(folder).st_dev  # noqa: PTH116  # the path was looked at a moment ago
        room_bytes -= taken.get(disk, 0)
        used_bytes = place.used_bytes() if wanted_bytes > room_bytes else 0
        shares[folder] = min(wanted_bytes, max(room_bytes + used_bytes, 0))
        taken[disk] = taken.get(disk, 0) + max(shares[folder] - used_bytes, 0)
    return gift.with_shares(shares).checked()


def with_storage(gift: Gift, shares: Mapping[str, int]) -> Gift:
    """Other budgets for folders that are given.

    Args:
        gift: As it is.
        shares: Folder -> bytes; the folder may be empty where only one is given.

    Raises:
        InputError: such a folder is not given, or which one is meant is not clear.
    """
    changed = gift.shares
    for folder, size_bytes in shares.items():
        name = str(Path(folder).absolute()) if folder else gift.folder
        if not folder and gift.more:
            raise InputError(
                "which folder's storage is meant? several are given",
                hint=f"Name it: --dir {gift.folder} --storage SIZE.",
            )
        if name not in changed:
            raise InputError(
                f"{name}: this folder is not given; expected one of {', '.join(changed)}",
                hint="'seedbed node join' adds a folder.",
            )
        changed[name] = size_bytes
    return gift.with_shares(changed)
