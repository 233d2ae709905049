# SPDX-License-Identifier: Apache-2.0
"""``seedbed node status``, ``plan`` and ``why``: what the node holds, what it would do, and the reasons."""

from __future__ import annotations

import datetime as dt
import os
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from seedbed.cli import output
from seedbed.errors import NotFoundError, StateError

if TYPE_CHECKING:
    from seedbed.node.look import Look

_SHOWN = 20


def _look() -> Look:
    from seedbed.api.home import Home  # noqa: PLC0415  # imports stay inside: --help must be quick
    from seedbed.api.node import look  # noqa: PLC0415

    return look(Home.of_environment())


def _language() -> str:
    from seedbed.node.words import language  # noqa: PLC0415

    return language(os.environ)


@click.command()
@output.json_option
def status() -> None:
    """Show what this node holds and does, and what it protects."""
    found = _look()
    facts = found.status()
    counts = (
        f"{facts['held']:,} datasets held, {facts['fetching']:,} being fetched, {facts['leaving']:,} being given up"
    )
    whole = output.size(facts["catalog_bytes"])
    lines = [
        f"{facts['catalog']}: {counts}",
        f"{output.size(facts['held_bytes'])} of {output.size(facts['storage_bytes'])} in {facts['folder']}",
        f"{facts['coverage_percent']:.1f} % of the catalogue's {whole}; {facts['only_here']:,} are nowhere else online",
    ]
    lines += ["Paused: nothing is fetched or dropped."] if facts["is_paused"] else []
    of_given = f" of {output.size(facts['monthly_bytes'])}" if facts["monthly_bytes"] else ""
    lines += [f"{output.size(facts['traffic_bytes'])}{of_given} traffic this month"]
    lines += [f"Hours: {', '.join(facts['hours'])}; silent outside of them"] if facts["hours"] else []
    lines += [f"Warning: {facts['warning']}"] if facts["warning"] else []
    lines += [
        f"{unit['stage']:9} {unit['id']:40} {output.size(unit['size_bytes']):>10}  {unit['copies']:.0f} copies"
        for unit in facts["units"][:_SHOWN]
    ]
    more = len(facts["units"]) - _SHOWN
    lines += [f"and {more:,} more; --json lists all"] if more > 0 else []
    output.result(facts, "\n".join(lines))


@click.command()
@output.json_option
def plan() -> None:
    """Show what the node would do next, from what it knows; nothing is fetched or dropped by this."""
    from seedbed.node.words import reason  # noqa: PLC0415

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
    """Say why this node holds a dataset's version (ID, such as lakes@2), or does not, and what it did with it."""
    from seedbed.node.words import reason  # noqa: PLC0415

    found = _look().why(item)
    if found is None:
        raise NotFoundError(f"{item}: the catalogue does not list it", hint="seedbed search finds what it lists.")
    lang = _language()
    lines = [f"{item}: {found['stage']}", reason(found["reason"], found["facts"], lang)]
    lines += [f"{_moment(event['at_s'])}  {reason(event['what'], event['facts'], lang)}" for event in found["events"]]
    output.result(found, "\n".join(lines))


@click.command()
@output.json_option
def doctor() -> None:
    """Look for what keeps the node from its work: disk, limits, network, catalogue, and the node itself.

    Exit code 1 when something keeps it from its work; what could only be better is said.
    """
    from seedbed.api.home import Home  # noqa: PLC0415
    from seedbed.api.node_doctor import doctor as examined  # noqa: PLC0415

    findings = examined(Home.of_environment())
    marks = {"good": "ok", "warn": "!", "bad": "FAIL"}
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
