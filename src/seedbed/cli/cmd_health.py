# SPDX-License-Identifier: Apache-2.0
"""``seedbed health``."""

from __future__ import annotations

import asyncio
import datetime as dt
from typing import TYPE_CHECKING, Any

import click

from seedbed.cli import output
from seedbed.cli.catalog_choice import dht_node_option, endpoint, lan_option, open_catalog, which_option
from seedbed.errors import NoSourceError

if TYPE_CHECKING:
    from pathlib import Path

    from seedbed.api.health import Asked
    from seedbed.catalog.model import Release
    from seedbed.health.current import Health
    from seedbed.health.history import Day

_EXPLAINED = {
    "lost": "nobody is known who has it",
    "unknown": "nobody told how many have it",
    "last copy": "one copy is known, and no other",
    "at risk": "what is known may well be gone in a month",
    "thin": "a few copies more would make it safe",
    "safe": "enough copies are known, apart from each other",
}


@click.command()
@click.argument("what", required=False, metavar="[ID[@VERSION]]")
@click.option("--limit", type=click.IntRange(1), default=20, show_default=True, help="Rows of the table.")
@click.option("--dht", is_flag=True, help="Ask the distributed hash table too, where trackers say nothing.")
@dht_node_option
@lan_option
@which_option
@output.json_option
@output.quiet_option
def health(what: str | None, where: str, limit: int, **options: Any) -> None:
    """Show how safe datasets are, the worst first: how many peers and web servers have them.

    Two numbers are told apart: independent peers, which the registry of a tracker has proved (without a registry,
    those that trackers name), and web servers whose copy an audit found good. With ID, one version and its history.
    """
    from seedbed.api import health as looking  # noqa: PLC0415  # imports stay inside: --help must be quick
    from seedbed.api.catalog import locate  # noqa: PLC0415
    from seedbed.api.home import Home  # noqa: PLC0415

    now, home = dt.datetime.now(dt.UTC), Home.of_environment()
    with open_catalog(where) as catalog:
        source, name = locate(where, home), catalog.id
        releases = [catalog.find(what)] if what else _all(source.catalog)
    asked = looking.Asked(home, name, source.places, allows_private=options["lan"], dht_nodes=_nodes(options))
    found = asyncio.run(looking.look(releases, asked, now))
    if not any(one.is_told or one.mirrors_at for one in found):
        raise NoSourceError(
            "nobody told how many have it: no tracker or registry answers, and no copy was audited",
            hint="'seedbed scrape' says why trackers are silent; --dht asks the distributed hash table.",
        )
    if what:
        _tell_one(releases[0], found[0], asked, now)
    else:
        _tell(found, limit)


def _all(path: Path) -> list[Release]:
    from seedbed.catalog.table.reader import read_catalog  # noqa: PLC0415

    return [one for one in read_catalog(path) if one.status != "withdrawn"]


def _nodes(options: dict[str, Any]) -> Any:
    from seedbed.following.dht.client import BOOTSTRAP  # noqa: PLC0415

    uses_dht = options["dht"] or bool(options["dht_nodes"])
    return (tuple(map(endpoint, options["dht_nodes"])) or BOOTSTRAP) if uses_dht else None


def facts(one: Health) -> dict[str, Any]:
    """For programs."""
    from seedbed.health import risk  # noqa: PLC0415

    copies, is_known = one.copies, one.word != "unknown"
    return {
        "id": one.id, "state": one.word, "score": risk.score(copies) if is_known else None,
        "risk_of_month": float(f"{risk.risk(copies):.2g}") if is_known else None,
        "peers": copies.peers, "peers_are_proved": copies.has_registry, "unproved": copies.unproved,
        "countries": copies.countries, "fetching": one.fetching, "mirrors": copies.good_mirrors,
        "mirrors_unknown": copies.unknown_mirrors, "mirrors_bad": one.bad_mirrors,
        "mirrors_at": one.mirrors_at.isoformat() if one.mirrors_at else None,
    }  # fmt: skip


def _tell(found: list[Health], limit: int) -> None:
    rows = [facts(one) for one in found]
    order = list(_EXPLAINED)
    rows.sort(key=lambda row: (order.index(row["state"]), -(row["risk_of_month"] or 0), row["id"]))
    states = {state: sum(row["state"] == state for row in rows) for state in _EXPLAINED}
    counted = ", ".join(f"{count:,} {state}" for state, count in states.items() if count)
    lines = [_line(("dataset", "state", "score", "peers", "mirrors", "fetching"), rows[:limit])]
    lines += [_line(_cells(row), rows[:limit]) for row in rows[:limit]]
    more = f"{len(rows):,} versions: {counted}."
    lines.append(more if len(rows) <= limit else f"{more} The worst {limit:,} are shown; --limit shows more.")
    output.result({"versions": len(rows), "states": states, "datasets": rows[:limit]}, "\n".join(lines))


def _cells(row: dict[str, Any]) -> tuple[str, ...]:
    """A sign behind a number says that it is not proved."""
    peers = f"{row['peers']:,}" + (f" +{row['unproved']:,}?" if row["peers_are_proved"] and row["unproved"] else "")
    peers += "" if row["peers_are_proved"] else "?"
    mirrors = f"{row['mirrors']:,}" + (f" +{row['mirrors_unknown']:,}?" if row["mirrors_unknown"] else "")
    return (
        output.plain(row["id"]),
        row["state"],
        "-" if row["score"] is None else str(row["score"]),
        peers,
        mirrors,
        f"{row['fetching']:,}",
    )


def _line(cells: tuple[str, ...], rows: list[dict[str, Any]]) -> str:
    width = max([len("dataset"), *(len(output.plain(row["id"])) for row in rows)])
    name, state, *numbers = cells
    return f"{name:<{width}}  {state:<9}" + "".join(f"  {text:>9}" for text in numbers)


def _tell_one(release: Release, one: Health, asked: Asked, now: dt.datetime) -> None:
    from seedbed.api import health as looking  # noqa: PLC0415
    from seedbed.health import history  # noqa: PLC0415

    days = asyncio.run(looking.remembered(release, asked))
    row = facts(one)
    lines = [f"{output.plain(one.id)}: {row['state']}: {_EXPLAINED[row['state']]}.", *_lines(row, one)]
    if drawn := history.plot(days, now.date()):
        lines.append(f"Peers, day by day:  {drawn}")
    output.result({**row, "history": [_day(day) for day in days]}, "\n".join(lines))


def _lines(row: dict[str, Any], one: Health) -> list[str]:
    is_proved = row["peers_are_proved"]
    peers = f"Peers: {row['peers']:,} " + ("independent, proved by a registry" if is_proved else "named by trackers")
    mirrors = f"Web servers: {row['mirrors']:,} found good" + _more(row["mirrors_unknown"], "not audited yet")
    seen = f"; last look {one.mirrors_at:%Y-%m-%d %H:%M} UTC" if one.mirrors_at else ""
    lines = [
        peers + (_more(row["unproved"], "more that nobody proved") if is_proved else ", proved by nobody"),
        f"{mirrors}{_more(row['mirrors_bad'], 'bad')}{seen}",
        f"Fetching: {row['fetching']:,}",
    ]
    if row["countries"]:
        lines.append(f"Countries: {row['countries']:,}, as keepers tell")
    if row["score"] is not None:
        chance = f"a chance of {row['risk_of_month']:.2g} to be gone in a month, were nothing done"
        lines.append(f"Score: {row['score']} of 100, {chance}.")
    return lines


def _more(count: int, what: str) -> str:
    return f", {count:,} {what}" if count else ""


def _day(one: Day) -> dict[str, Any]:
    return {"day": one.day.isoformat(), "peers": one.peers, "mirrors": one.mirrors}
