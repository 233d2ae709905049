# SPDX-License-Identifier: Apache-2.0
"""``seedbed node status``, ``plan``, ``why`` and ``round``: what the node holds, what it would do, and the reasons."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import os
import shutil
import sys
import time
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from seedbed.cli import output
from seedbed.errors import NotFoundError, StateError

if TYPE_CHECKING:
    from collections.abc import Callable

    from seedbed.node.telling.look import Look

_EVERY_S = 2.0


def _look() -> Look:
    from seedbed.api.home import Home  # noqa: PLC0415  # imports stay inside: --help must be quick
    from seedbed.api.node import look  # noqa: PLC0415

    return look(Home.of_environment())


def _language() -> str:
    from seedbed.node.telling.words import language  # noqa: PLC0415

    return language(os.environ)


@click.command()
@click.option("-w", "--watch", is_flag=True, help="Show it anew every two seconds, until Ctrl-C.")
@output.json_option
def status(*, watch: bool) -> None:
    """Show what this node holds and does, and what it protects.

    A node that runs is asked; else its files are looked at. Copies are those seen online and those wanted, with "!"
    where this node's is the only one; a fetch's peers are followed by the HTTP mirrors that it uses, as in 3+1.

    With --watch and --json one JSON object a line.
    """
    from seedbed.api.home import Home  # noqa: PLC0415
    from seedbed.api.node_control import status as stands  # noqa: PLC0415
    from seedbed.cli.node_screen import screen  # noqa: PLC0415

    home = Home.of_environment()
    if not watch:
        facts = stands(home)
        output.result(facts, "\n".join(screen(facts, width=_width())))
    elif output.wants_json() or not sys.stdout.isatty():
        _print_again(lambda: stands(home))
    else:
        _watch(lambda: stands(home))


def _width() -> int:
    """Of the terminal; nothing is cut where a program reads it."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else 0


def _print_again(ask: Callable[[], dict[str, Any]]) -> None:
    from seedbed.cli.node_screen import screen  # noqa: PLC0415

    with contextlib.suppress(KeyboardInterrupt):
        while True:
            facts = ask()
            click.echo(
                json.dumps(facts, ensure_ascii=False) if output.wants_json() else "\n".join([*screen(facts), ""])
            )
            sys.stdout.flush()
            time.sleep(_EVERY_S)


def _watch(ask: Callable[[], dict[str, Any]]) -> None:
    """On a screen of its own, as top does: what was on the terminal before is there again afterwards."""
    from rich.console import Console  # noqa: PLC0415  # 70 ms that other commands must not pay
    from rich.live import Live  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    from seedbed.cli.node_screen import screen  # noqa: PLC0415

    console = Console()
    with contextlib.suppress(KeyboardInterrupt), Live(console=console, screen=True, auto_refresh=False) as live:
        while True:
            shown = screen(ask(), width=console.width, rows=console.height - 1)
            live.update(Text("\n".join(shown), no_wrap=True, overflow="crop"), refresh=True)
            time.sleep(_EVERY_S)


@click.command("round")
@output.json_option
def round_() -> None:
    """Have a node that runs look at the catalogue and the swarms now, and decide; waits until that is done."""
    from seedbed.api.home import Home  # noqa: PLC0415
    from seedbed.api.node_control import round_now  # noqa: PLC0415

    told = round_now(Home.of_environment())
    if told.get("event") == "trouble":
        raise StateError(f"the round ended early: {told['why']}", hint=str(told.get("hint", "")))
    text = "{units:,} datasets are looked after: {held:,} held here, {fetching:,} being fetched".format(**told)
    output.result(told, text)


@click.command()
@output.json_option
def plan() -> None:
    """Show what the node would do next, from what it knows; nothing is fetched or dropped by this."""
    from seedbed.node.telling.words import reason  # noqa: PLC0415

    found = _look().plan()
    lang = _language()
    lines = [
        f"fetch  {add['id']:40} {output.size(add['size_bytes']):>10}  {reason('chosen', add, lang)}"
        + (f"\n       in the room of {', '.join(add['room'])}" if add["room"] else "")
        for add in found["adds"]
    ]
    lines += [f"drop   {drop['id']:40} {reason('lowered', drop, lang)}" for drop in found["drops"]]
    output.result(found, "\n".join(lines) or "Nothing: all that this node could help is safe, or there is no room.")


@click.command()
@click.argument("item", metavar="ID")
@output.json_option
def why(item: str) -> None:
    """Say why this node holds a dataset's version (ID, such as lakes@2), or does not, and what it did with it.

    Without a version the newest is meant; lakes@2#3 is the third part of a very large one.
    """
    from seedbed.node.telling.words import reason  # noqa: PLC0415

    found = _look().why(item)
    if found is None:
        raise NotFoundError(f"{item}: the catalogue does not list it", hint="seedbed search finds what it lists.")
    lang = _language()
    lines = [f"{found['id']}: {found['stage']}", reason(found["reason"], found["facts"], lang)]
    lines += [f"{_moment(event['at_s'])}  {reason(event['what'], event['facts'], lang)}" for event in found["events"]]
    output.result(found, "\n".join(lines))


@click.command()
@output.json_option
def doctor() -> None:
    """Look for what keeps the node from its work: disk, limits, network, catalogue, and the node itself.

    Exit code 1 when something keeps it from its work; what could only be better is said, and what cannot be told from
    here is marked with "?".
    """
    from seedbed.api.home import Home  # noqa: PLC0415
    from seedbed.api.node_doctor import doctor as examined  # noqa: PLC0415

    findings = examined(Home.of_environment())
    marks = {"good": "ok", "unknown": "?", "warn": "!", "bad": "FAIL"}
    lines = [
        f"{marks[one.verdict]:4}  {one.name:10}  {one.what}" + (f"\n{'':18}{one.mend}" if one.mend else "")
        for one in findings
    ]
    facts: dict[str, Any] = {"findings": [asdict(one) for one in findings]}
    bad = [one for one in findings if one.verdict == "bad"]
    if not bad:
        output.result(facts, "\n".join(lines))
        return
    output.say("\n".join(lines))
    raise StateError("the node cannot do its work: " + "; ".join(one.what for one in bad), **facts)


def _moment(at_s: int) -> str:
    return dt.datetime.fromtimestamp(at_s, dt.UTC).strftime("%Y-%m-%d %H:%M")
