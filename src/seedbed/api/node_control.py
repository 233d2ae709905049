# SPDX-License-Identifier: Apache-2.0
"""Speaking with this machine's node while it runs; what is asked of it is written down first, and so is never lost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from seedbed.api.node import NodeHome, look
from seedbed.errors import SeedbedError, StateError
from seedbed.node.control import asking

if TYPE_CHECKING:
    from collections.abc import Iterator

    from seedbed.api.home import Home

Woken: TypeAlias = Literal["now", "later", "absent"]
ROUND_S = 1_800.0


def wake(home: Home) -> Woken:
    """Have the node act now.

    Returns:
        ``now``; ``later`` when it runs and does not answer: its next round sees to it; ``absent`` when none runs.
    """
    try:
        return "absent" if asking.ask(NodeHome.of(home).socket, "round") is None else "now"
    except SeedbedError:
        return "later"


def round_now(home: Home, timeout_s: float = ROUND_S) -> dict[str, Any]:
    """Have the node do a round now, and wait for its end.

    Returns:
        What it told: ``event`` is ``round``, or ``trouble`` when it ended early.

    Raises:
        StateError: none runs, or it takes too long.
    """
    told = asking.ask(NodeHome.of(home).socket, "round", timeout_s=timeout_s, wait=True)
    if told is None:
        raise StateError("no node runs here", hint="seedbed node run, or enable its unit file.")
    return told


def status(home: Home) -> dict[str, Any]:
    """How the node stands: as it says itself while it runs, else from its files.

    Raises:
        NotFoundError: this machine is no node, or its catalogue was never pulled.
        StateError: its files cannot be read.
    """
    trouble = ""
    try:
        if (told := asking.ask(NodeHome.of(home).socket, "status")) is not None:
            return told
    except SeedbedError as error:
        trouble = error.message
    found = look(home)
    with found.state:
        facts = found.status()
    return {**facts, "is_running": bool(trouble), "now": {"trouble": trouble}} if trouble else facts


def events(home: Home) -> Iterator[dict[str, Any]]:
    """What happens in the node from now on, until it ends; nothing when none runs.

    Raises:
        StateError: it sent garbage.
    """
    return asking.events(NodeHome.of(home).socket)
