# SPDX-License-Identifier: Apache-2.0
"""How a machine ceases to be a smartnode."""

from __future__ import annotations

import shutil
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias

from seedbed.api.node import NodeHome
from seedbed.api.node_control import wake
from seedbed.errors import StateError
from seedbed.node.disk.store import LOCK, MARKER, Place
from seedbed.node.giving.gift import Gift
from seedbed.node.parting import farewell
from seedbed.node.policy.rules import DEFAULT
from seedbed.node.state import State

if TYPE_CHECKING:
    from seedbed.api.home import Home

Left: TypeAlias = Literal["left", "leaving"]
OURS = ("blobs", "snapshots", "torrents", "trash")
"""What a node makes in its folder; whatever else lies there is not touched."""


def leave(home: Home, asked: farewell.Asked) -> Left:
    """Cease to be a node; through the one that runs, if one does.

    Returns:
        ``left``, or ``leaving`` when a node runs: it ends by itself when enough others hold what it held.

    Raises:
        NotFoundError: this machine is no node.
        StateError: too few others have what it holds; or a disk refuses.
    """
    node = NodeHome.of(home)
    gift = Gift.load(node.gift)
    with State(node.state) as state:
        if not asked.at_once and (items := _endangered(state)):
            raise StateError(
                f"{len(items):,} of the held datasets have too few other copies: {farewell.some(items)}",
                hint="Wait until others have taken them up ('seedbed node status' counts), or leave anyway with --now.",
                units=items,
            )
        farewell.ask(state, asked)
    if wake(home) != "absent":
        return "leaving"
    finish(home, gift, deletes=asked.deletes)
    return "left"


def end(home: Home) -> None:
    """Put away what a node leaves that has just ended for good.

    Raises:
        StateError: a disk refuses.
    """
    node = NodeHome.of(home)
    with State(node.state) as state:
        asked = farewell.asked_of(state)
    finish(home, Gift.load(node.gift), deletes=bool(asked and asked.deletes))


def finish(home: Home, gift: Gift, *, deletes: bool) -> Path:
    """Put the node's files away, and delete its data if that was asked for; no node runs any more.

    Returns:
        The folder where its gift and its record are kept.

    Raises:
        BusyError: a node is at work.
        StateError: a disk refuses; what was not done can be done by hand.
    """
    node = NodeHome.of(home)
    number = sum(1 for _ in node.folder.glob("left-*")) + 1
    aside = node.folder / f"left-{number}"
    places = [place for folder in gift.shares if (place := Place(Path(folder))).mark()]  # a disk may be lost for good
    for place in places:
        with place.held():
            pass
    try:
        aside.mkdir(parents=True)
        for path in (node.gift, *sorted(node.folder.glob(f"{node.state.name}*"))):
            path.rename(aside / path.name)
        for place in places if deletes else ():
            _delete(place.folder)
    except OSError as error:
        raise StateError(f"{error.filename}: it cannot be put away: {error.strerror}") from error
    return aside


def _endangered(state: State) -> list[str]:
    return farewell.endangered(farewell.known_others(state), farewell.held_of(state), DEFAULT)


def _delete(folder: Path) -> None:
    for name in OURS:
        with suppress(FileNotFoundError):
            shutil.rmtree(folder / name)
    for name in (MARKER, LOCK):
        (folder / name).unlink(missing_ok=True)
    with suppress(OSError):  # something of the person's lies there
        folder.rmdir()
