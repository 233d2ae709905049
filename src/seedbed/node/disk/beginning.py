# SPDX-License-Identifier: Apache-2.0
"""What a node believes when it starts: its record, if that is whole; else what lies on the disk, all of it in doubt."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from seedbed.errors import StateError
from seedbed.node.state import State

if TYPE_CHECKING:
    from pathlib import Path

    from seedbed.node.disk.places import Places
    from seedbed.node.disk.store import Place

log = logging.getLogger(__name__)
UNCLEAN_BEFORE_S = 600
"""What was proved for less than that before an unclean stop is proved again before it is claimed."""


def open_state(path: Path, place: Place) -> State:
    """Open a node's record; a damaged one is moved aside, and built anew.

    The folder's own mark is believed then: it lies where the person said, and nothing was dropped from it. What lies
    there is found by :func:`adopt`.

    Raises:
        StateError: it cannot be used; or it is damaged, and the data's disk is not there to build it from.
    """
    try:
        return State(path)
    except StateError as error:
        mark = place.mark()
        if not error.data.get("is_damaged") or not mark:
            raise
        aside = _move_aside(path)
        log.warning("%s; it is kept as %s, and built anew from %s", error.message, aside.name, place.folder)
    state = State(path)
    state.set("mark", mark)
    state.set("is_clean", "no")
    return state


def _move_aside(path: Path) -> Path:
    """Nothing is thrown away that somebody might want to look at."""
    number = sum(1 for _ in path.parent.glob(f"{path.name}.damaged-*"))
    aside = path.with_name(f"{path.name}.damaged-{number + 1}")
    try:
        path.rename(aside)
        for more in ("-wal", "-shm"):
            path.with_name(path.name + more).unlink(missing_ok=True)
    except OSError as error:
        raise StateError(f"{path}: it is damaged, and cannot be moved aside: {error.strerror}") from error
    return aside


def adopt(state: State, place: Place | Places, now_s: int) -> int:
    """Take over units that lie in the folder and are not in the record; they are proved before they are claimed.

    Returns:
        How many.
    """
    known = state.units()
    new = [found for found in place.shelf.found() if found.item not in known]
    for item, stage, size_bytes in new:
        state.move(item, stage, size_bytes, now_s, what="adopted", facts={})
    return len(new)


def doubt_after_crash(state: State) -> None:
    """What was proved shortly before an unclean stop may not have reached the disk."""
    beat_s = int(state.get("beat_s") or 0)
    for unit in state.units().values():
        if unit.stage == "held" and unit.verified_s >= beat_s - UNCLEAN_BEFORE_S:
            state.doubt(unit.id)
