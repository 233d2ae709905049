# SPDX-License-Identifier: Apache-2.0
"""``seedbed scrape``."""

from __future__ import annotations

import asyncio
import datetime as dt
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from seedbed.cli import output
from seedbed.cli.catalog_choice import dht_node_option, endpoint, lan_option, open_catalog, which_option
from seedbed.cli.wish import check_tracker
from seedbed.errors import InputError, NoSourceError

if TYPE_CHECKING:
    from seedbed.health.scrape.counted import Counted, Report, Subject, Trouble

_SHOWN_TROUBLES = 10


@click.command()
@click.argument("what", nargs=-1, metavar="[ID[@VERSION]|TORRENT|MAGNET|HASH]...")
@click.option("--tracker", "trackers", multiple=True, metavar="URL", help="A tracker to ask besides; may be repeated.")
@click.option("--dht", is_flag=True, help="Ask the distributed hash table too: an estimate.")
@dht_node_option
@lan_option
@which_option
@output.json_option
@output.quiet_option
def scrape(what: tuple[str, ...], where: str, **options: Any) -> None:
    """Ask trackers how many seeds and leechers datasets have; without WHAT, those of the whole catalogue.

    Each tracker is asked for a torrent every half hour at most, and a tracker that fails for longer pauses each time;
    in between, what it said last is shown, with its time. Of a hybrid's two swarms the larger one is told. Numbers
    are what trackers say: peers may be counted by several of them.
    """
    from seedbed.api import scraping  # noqa: PLC0415  # imports stay inside: --help must be quick
    from seedbed.api.home import Home  # noqa: PLC0415
    from seedbed.following.dht.client import BOOTSTRAP  # noqa: PLC0415

    for url in options["trackers"]:
        check_tracker(url)
    subjects = [_with(one, options["trackers"]) for one in _subjects(what, where)]
    uses_dht = options["dht"] or bool(options["dht_nodes"])
    nodes = (tuple(map(endpoint, options["dht_nodes"])) or BOOTSTRAP) if uses_dht else None
    if not uses_dht and not any(one.trackers for one in subjects):
        raise InputError("nobody can be asked: no tracker is named", hint="--tracker URL or --dht says whom to ask.")
    asking = scraping.count(subjects, Home.of_environment().scrapes, allows_private=options["lan"], dht_nodes=nodes)
    _tell(subjects, asyncio.run(asking))


def _subjects(what: tuple[str, ...], where: str) -> list[Subject]:
    from seedbed.api import scraping  # noqa: PLC0415
    from seedbed.api.catalog import locate  # noqa: PLC0415
    from seedbed.api.home import Home  # noqa: PLC0415

    if not what:
        return scraping.of_catalog(locate(where, Home.of_environment()).catalog)
    named: dict[str, Subject] = {}
    for one in (_subject(text, where) for text in what):
        if one.id not in named or len(named[one.id].info_hashes) < len(one.info_hashes):
            named[one.id] = one
    return list(named.values())


def _subject(text: str, where: str) -> Subject:
    from seedbed.api import scraping  # noqa: PLC0415
    from seedbed.core import magnet  # noqa: PLC0415
    from seedbed.health.scrape.counted import Subject  # noqa: PLC0415

    if text.lower().startswith("magnet:"):
        return scraping.of_magnet(magnet.parse(text))
    if text.lower().startswith(("http://", "https://")):
        raise InputError(f"{text}: expected a .torrent file that is here", hint="seedbed torrent show gets it.")
    if text.lower().endswith(".torrent") or Path(text).is_file():
        try:
            return scraping.of_torrent(Path(text))
        except OSError as error:
            raise InputError(f"{text}: it cannot be read: {error.strerror}") from error
    if len(text) in {40, 64} and set(text.lower()) <= set("0123456789abcdef"):
        return scraping.of_hash(text)
    with open_catalog(where) as catalog:
        return Subject.of_release(catalog.find(text))


def _with(subject: Subject, trackers: tuple[str, ...]) -> Subject:
    return replace(subject, trackers=tuple(dict.fromkeys((*subject.trackers, *trackers))))


def _tell(subjects: list[Subject], report: Report) -> None:
    """Print the table.

    Raises:
        NoSourceError: nobody told anything of any.
    """
    now = dt.datetime.now(dt.UTC)
    facts: dict[str, Any] = {
        "datasets": [_facts(one, report.counted[one.id]) for one in subjects],
        "troubles": [
            {"source": one.source, "kind": one.kind, "text": one.text, "until": one.until.isoformat()}
            for one in report.troubles
        ],
    }
    troubles = [_trouble(one) for one in report.troubles]
    if not any(report.counted.values()):
        said = "\n".join(["nobody told how many have it:", *troubles[:_SHOWN_TROUBLES]])
        raise NoSourceError(said if troubles else "no tracker knows of it", **facts)
    for line in troubles[:_SHOWN_TROUBLES]:
        output.say(line)
    if len(troubles) > _SHOWN_TROUBLES:
        output.say(f"… and {len(troubles) - _SHOWN_TROUBLES:,} more trackers that told nothing.")
    output.result(facts, _table(subjects, report, now))


def _facts(subject: Subject, counted: tuple[Counted, ...]) -> dict[str, Any]:
    """The largest source's numbers, and everybody's."""
    rows = [
        {"source": one.source, **one.numbers._asdict(), "is_estimate": one.is_estimate, "at": one.at.isoformat()}
        for one in counted
    ]
    best = next((row for row in rows if not row["is_estimate"]), rows[0] if rows else {})
    return {
        "id": subject.id,
        "info_hashes": [one.hex() for one in subject.info_hashes],
        **{name: best.get(name) for name in ("seeds", "leechers", "completed")},
        "sources": rows,
    }


def _trouble(one: Trouble) -> str:
    return (
        f"{output.plain(one.source)}: {output.plain(one.text)} ({one.kind}; not before {one.until:%Y-%m-%d %H:%M} UTC)"
    )


def _table(subjects: list[Subject], report: Report, now: dt.datetime) -> str:
    head = ("dataset", "seeds", "leechers", "completed", "asked", "source")
    rows: list[tuple[str, ...]] = [head]
    for subject in subjects:
        told = report.counted[subject.id]
        rows += [_row(subject.id if not at else "", one, now) for at, one in enumerate(told)]
        if not told:
            rows.append((subject.id, "-", "-", "-", "", ""))
    widths = [max(len(row[at]) for row in rows) for at in range(len(head))]
    return "\n".join(_line(row, widths) for row in rows)


def _line(row: tuple[str, ...], widths: list[int]) -> str:
    numbers = (f"{text:>{width}}" for text, width in zip(row[1:4], widths[1:4], strict=True))
    return "  ".join((f"{row[0]:<{widths[0]}}", *numbers, f"{row[4]:<{widths[4]}}", row[5])).rstrip()


def _row(name: str, one: Counted, now: dt.datetime) -> tuple[str, ...]:
    sign = "~" if one.is_estimate else ""
    counts = [
        "-" if count is None else f"{sign}{count:,}"
        for count in (one.numbers.seeds, one.numbers.leechers, one.numbers.completed)
    ]
    if one.is_estimate and one.numbers.seeds is None:  # nobody tells which of them are seeds
        counts[1] = f"≥{one.numbers.seen or 0:,} peers"
    minutes = int((now - one.at).total_seconds() // 60)
    return (name, *counts, "now" if minutes < 1 else f"{minutes} min ago", output.plain(one.source))
