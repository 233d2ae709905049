# SPDX-License-Identifier: Apache-2.0
"""``seedbed node``: join, and what goes with it; running and looking are in files of their own."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from seedbed.cli import output
from seedbed.cli.catalog_choice import dht_node_option, lan_option, no_dht_option, peer_option, ways_of
from seedbed.cli.main import LazyGroup
from seedbed.core.sizes import read_size
from seedbed.errors import InputError

if TYPE_CHECKING:
    from seedbed.node.gift import Gift

COMMANDS = {
    "join": ("seedbed.cli.cmd_node:join", "Give disk and bandwidth to a catalogue."),
    "run": ("seedbed.cli.cmd_node_run:run", "Keep datasets alive, until stopped."),
    "status": ("seedbed.cli.cmd_node_look:status", "Show what this node holds and does."),
    "plan": ("seedbed.cli.cmd_node_look:plan", "Show what the node would do next, and why."),
    "why": ("seedbed.cli.cmd_node_look:why", "Say why this node holds a dataset, or does not."),
    "doctor": ("seedbed.cli.cmd_node_look:doctor", "Look for what keeps the node from its work."),
    "pause": ("seedbed.cli.cmd_node:pause", "Fetch nothing new and drop nothing; go on serving."),
    "resume": ("seedbed.cli.cmd_node:resume", "Go on after a pause."),
    "evict": ("seedbed.cli.cmd_node:evict", "Be rid of a dataset's version."),
    "keep": ("seedbed.cli.cmd_node:keep", "Keep what was to be evicted after all."),
    "limit": ("seedbed.cli.cmd_node:limit", "Change how much is given."),
}


@click.group(cls=LazyGroup, table=COMMANDS)
def node() -> None:
    """Be a smartnode: give disk and bandwidth, and datasets stay alive.

    The node follows a signed catalogue, looks at how many hold each dataset, and takes what needs it most. It gives up
    nothing before enough others are seen to hold it.
    """


def _size(_ctx: click.Context, _param: click.Parameter, value: str | None) -> int | None:
    return None if value is None else read_size(value)


_storage = click.option("--storage", metavar="SIZE", callback=_size, help="Disk to give, such as 500G.")
_rates = (
    click.option("--rate-up", metavar="SIZE", callback=_size, help="Bytes a second to send at most; 0 is no limit."),
    click.option(
        "--rate-down", metavar="SIZE", callback=_size, help="Bytes a second to receive at most; 0 is no limit."
    ),
)


def _windows(_ctx: click.Context, _param: click.Parameter, value: tuple[str, ...]) -> tuple[str, ...] | None:
    from seedbed.node.hours import read_windows  # noqa: PLC0415

    return read_windows(value) if value else None


_hours = click.option(
    "--hours", metavar="HH-HH", multiple=True, callback=_windows,
    help="Hours of the day in which the line is used, such as 22-06 (local time); repeat for several, or 'always'.",
)  # fmt: skip

_monthly = click.option(
    "--monthly", metavar="SIZE", callback=_size,
    help="Traffic of a calendar month, sent and received, such as 1T; 0 is no limit.",
)  # fmt: skip


@click.command()
@click.argument("where", metavar="LINK")
@click.option("--dir", "folder", metavar="PATH", required=True, help="Folder for the data; made when missing.")
@_storage
@_rates[0]
@_rates[1]
@_hours
@_monthly
@click.option("--only", metavar="NAME", multiple=True, help="A collection, dataset (globs) or keyword to take; repeat.")
@click.option("--not", "without", metavar="NAME", multiple=True, help="The same, of what is not taken.")
@click.option(
    "--licenses", metavar="NAME", multiple=True, help="A licence (SPDX, globs such as CC-BY-*) to take; repeat."
)
@no_dht_option
@dht_node_option
@peer_option
@lan_option
@output.json_option
@output.quiet_option
def join(where: str, folder: str, storage: int | None, **options: Any) -> None:
    """Give disk and bandwidth to the catalogue of a join LINK; then 'seedbed node run' does the rest.

    LINK is a join link, the name of a followed catalogue, or the folder of one that is published here. Joining again
    changes what is given.
    """
    from seedbed.api import node as nodes  # noqa: PLC0415  # imports stay inside: --help must be quick
    from seedbed.api.home import Home  # noqa: PLC0415
    from seedbed.node.gift import Gift  # noqa: PLC0415

    if storage is None:
        raise InputError("how much disk is given? expected --storage, such as --storage 500G")
    home = Home.of_environment()
    gift = Gift(
        _catalog(where, home, options), str(Path(folder).absolute()), storage,
        rate_up=options["rate_up"] or 0, rate_down=options["rate_down"] or 0,
        only=options["only"], without=options["without"], licenses=options["licenses"],
        hours=options["hours"] or (), monthly_bytes=options["monthly"] or 0,
    ).checked()  # fmt: skip
    given = nodes.join(home, gift).storage_bytes
    text = f"This machine gives {output.size(given)} in {gift.folder} to {gift.catalog}.\nNow: seedbed node run"
    if given < storage:
        text = f"Warning: its disk has no room for {output.size(storage)}.\n{text}"
    output.result({"catalog": gift.catalog, "folder": gift.folder, "storage_bytes": given}, text)


def _catalog(where: str, home: Any, options: dict[str, Any]) -> str:
    """The name by which the catalogue is found from now on."""
    from seedbed.api.catalog import join as follow  # noqa: PLC0415
    from seedbed.catalog import join_link  # noqa: PLC0415
    from seedbed.following import joined  # noqa: PLC0415

    if join_link.is_join_link(where):
        return follow(where, home, ways_of(**_ways(options))).name
    if Path(where).is_dir():
        return str(Path(where).absolute())
    return joined.find(home.catalogs, where).name


def _ways(options: dict[str, Any]) -> dict[str, Any]:
    return {name: options[name] for name in ("lan", "no_dht", "dht_nodes", "peers")}


@click.command()
@output.json_option
def pause() -> None:
    """Fetch nothing new and drop nothing; what is held is served. A node that runs takes it up in its next round."""
    _change("paused: what is held is served, nothing is fetched or dropped", is_paused=True)


@click.command()
@output.json_option
def resume() -> None:
    """Go on after a pause."""
    _change("goes on", is_paused=False)


@click.command()
@_storage
@_rates[0]
@_rates[1]
@_hours
@_monthly
@output.json_option
def limit(**given: Any) -> None:
    """Change how much is given.

    A budget that is lowered below what is held is kept by dropping what is safest, and only that: as long as too few
    others hold the rest, the node holds more than the budget and says so.
    """
    given["storage_bytes"], given["monthly_bytes"] = given.pop("storage"), given.pop("monthly")
    changes = {name: value for name, value in given.items() if value is not None}
    if not changes:
        raise InputError("nothing to change: expected --storage, --rate-up, --rate-down, --hours or --monthly")
    _change("changed", **changes)


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

    nodes.evict(Home.of_environment(), item, at_once=at_once)
    how = "deleted" if at_once else "given up, and deleted once enough others hold it"
    output.result({"id": item, "at_once": at_once}, f"{item}: in the node's next round it is {how}.")


@click.command()
@click.argument("item", metavar="ID")
@output.json_option
def keep(item: str) -> None:
    """Keep a version that was to be evicted; what was deleted less than a day ago is taken back from the trash."""
    from seedbed.api import node as nodes  # noqa: PLC0415
    from seedbed.api.home import Home  # noqa: PLC0415

    nodes.keep(Home.of_environment(), item)
    output.result({"id": item}, f"{item}: it is kept, from the node's next round on.")


def _change(told: str, **changes: Any) -> None:
    from seedbed.api.home import Home  # noqa: PLC0415
    from seedbed.api.node import NodeHome, fitting  # noqa: PLC0415
    from seedbed.node.gift import Gift  # noqa: PLC0415

    path = NodeHome.of(Home.of_environment()).gift
    gift: Gift = replace(Gift.load(path), **changes).checked()
    if "storage_bytes" in changes:
        gift = fitting(gift)
        changes["storage_bytes"] = gift.storage_bytes
    gift.save(path)
    output.result({"catalog": gift.catalog, **changes}, f"The node of {gift.catalog}: {told}.")
