# SPDX-License-Identifier: Apache-2.0
"""``seedbed node``: changing what is given and what is held; joining, running and looking have files of their own."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from seedbed.cli import output
from seedbed.cli.gift_options import (
    hours_option,
    monthly_option,
    pairs,
    rate_down_option,
    rate_up_option,
    storage_option,
)
from seedbed.cli.main import LazyGroup
from seedbed.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from seedbed.api.home import Home
    from seedbed.node.giving.gift import Gift

COMMANDS = {
    "join": ("seedbed.cli.cmd_node_join:join", "Give disk and bandwidth to a catalogue."),
    "run": ("seedbed.cli.cmd_node_run:run", "Keep datasets alive, until stopped."),
    "status": ("seedbed.cli.cmd_node_look:status", "Show what this node holds and does."),
    "plan": ("seedbed.cli.cmd_node_look:plan", "Show what the node would do next, and why."),
    "why": ("seedbed.cli.cmd_node_look:why", "Say why this node holds a dataset, or does not."),
    "doctor": ("seedbed.cli.cmd_node_look:doctor", "Look for what keeps the node from its work."),
    "pause": ("seedbed.cli.cmd_node:pause", "Fetch nothing new and drop nothing; go on serving."),
    "resume": ("seedbed.cli.cmd_node:resume", "Go on after a pause."),
    "round": ("seedbed.cli.cmd_node_look:round_", "Have a node that runs look and decide now."),
    "evict": ("seedbed.cli.cmd_node:evict", "Be rid of a dataset's version."),
    "keep": ("seedbed.cli.cmd_node:keep", "Keep what was to be evicted after all."),
    "adopt": ("seedbed.cli.cmd_node_adopt:adopt", "Take over files that are on disk already."),
    "leave": ("seedbed.cli.cmd_node_leave:leave", "Cease to be a smartnode, in good order."),
    "limit": ("seedbed.cli.cmd_node:limit", "Change how much is given."),
}


@click.group(cls=LazyGroup, table=COMMANDS)
def node() -> None:
    """Be a smartnode: give disk and bandwidth, and datasets stay alive.

    The node follows a signed catalogue, looks at how many hold each dataset, and takes what needs it most. It gives up
    nothing before enough others are seen to hold it.
    """


@click.command()
@output.json_option
def pause() -> None:
    """Fetch nothing new and drop nothing; what is held is served. A node that runs does so at once."""
    _change("paused: what is held is served, nothing is fetched or dropped", is_paused=True)


@click.command()
@output.json_option
def resume() -> None:
    """Go on after a pause."""
    _change("goes on", is_paused=False)


@click.command()
@click.option(
    "--dir", "folders", metavar="PATH", multiple=True, help="The folder that a --storage is of; else the only."
)
@storage_option
@rate_up_option
@rate_down_option
@hours_option
@monthly_option
@output.json_option
def limit(folders: tuple[str, ...], storage: tuple[int, ...], **given: Any) -> None:
    """Change how much is given.

    A budget that is lowered below what is held is kept by dropping what is safest, and only that: as long as too few
    others hold the rest, the node holds more than the budget and says so.
    """
    shares = {"": storage[0]} if storage and not folders else pairs(folders, storage)
    given["monthly_bytes"] = given.pop("monthly")
    changes = {name: value for name, value in given.items() if value is not None}
    if not changes and not shares:
        raise InputError("nothing to change: expected --storage, --rate-up, --rate-down, --hours or --monthly")
    _change("changed", shares, **changes)


@click.command()
@click.argument("item", metavar="ID")
@click.option("--now", "at_once", is_flag=True, help="Do not wait until enough others are seen to hold it.")
@output.json_option
def evict(item: str, *, at_once: bool) -> None:
    """Be rid of a dataset's version (ID, such as lakes@2), and never take it again.

    The node announces it no longer, waits, and deletes it if enough others are seen to hold it; else it keeps it. What
    is deleted lies in the trash for a day: 'seedbed node keep ID' has it back.
    """
    from seedbed.api import node as nodes  # noqa: PLC0415
    from seedbed.api.home import Home  # noqa: PLC0415

    home = Home.of_environment()
    nodes.evict(home, item, at_once=at_once)
    how = "deleted" if at_once else "given up, and deleted once enough others hold it"
    woken, when = wake(home)
    output.result({"id": item, "at_once": at_once, "acts": woken}, f"{item}: it is {how}. {when}")


@click.command()
@click.argument("item", metavar="ID")
@output.json_option
def keep(item: str) -> None:
    """Keep a version that was to be evicted; what was deleted less than a day ago is taken back from the trash."""
    from seedbed.api import node as nodes  # noqa: PLC0415
    from seedbed.api.home import Home  # noqa: PLC0415

    home = Home.of_environment()
    nodes.keep(home, item)
    woken, when = wake(home)
    output.result({"id": item, "acts": woken}, f"{item}: it is kept. {when}")


def _change(told: str, shares: Mapping[str, int] | None = None, **changes: Any) -> None:
    from seedbed.api.home import Home  # noqa: PLC0415
    from seedbed.api.node import NodeHome  # noqa: PLC0415
    from seedbed.api.node_joining import fitting, with_storage  # noqa: PLC0415
    from seedbed.node.giving.gift import Gift  # noqa: PLC0415

    home = Home.of_environment()
    path = NodeHome.of(home).gift
    gift: Gift = replace(Gift.load(path), **changes).checked()
    if shares:
        gift = fitting(with_storage(gift, shares))
        changes["storage_bytes"] = gift.storage_bytes
    gift.save(path)
    woken, when = wake(home)
    output.result({"catalog": gift.catalog, **changes, "acts": woken}, f"The node of {gift.catalog}: {told}. {when}")


def wake(home: Home) -> tuple[str, str]:
    """Have a node that runs act on what was written; when it does so, for programs and for people."""
    from seedbed.api.node_control import wake  # noqa: PLC0415

    words = {
        "now": "The node has been told, and acts now.",
        "later": "The node runs and does not answer: it acts in its next round.",
        "absent": "No node runs now: it counts from its next start.",
    }
    woken = wake(home)
    return woken, words[woken]
