# SPDX-License-Identifier: Apache-2.0
"""``seedbed search``: datasets of a catalogue by words, place, time, licence and more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from seedbed.cli import output, release_screen
from seedbed.cli.catalog_choice import open_catalog, which_option
from seedbed.errors import InputError

if TYPE_CHECKING:
    import datetime as dt

    from seedbed.catalog.model import BBox


@click.command()
@click.argument("words", nargs=-1)
@click.option("--bbox", metavar="W,S,E,N", default="", help="Data that touches this box, in degrees.")
@click.option("--since", metavar="DATE", default="", help="Data about this day or later.")
@click.option("--until", metavar="DATE", default="", help="Data about this day or earlier.")
@click.option("--license", "license", metavar="SPDX", default="", help="Only under this licence, like CC-BY-4.0.")
@click.option("--provider", metavar="NAME", default="", help="Part of a provider's name.")
@click.option("--keyword", metavar="WORD", default="", help="A whole keyword.")
@click.option("--collection", metavar="ID", default="", help="Only this collection.")
@click.option("--doi", metavar="DOI", default="", help="Of a version or of all versions.")
@click.option("--info-hash", metavar="HEX", default="", help="Of a release's torrent.")
@click.option("--file", "file_name", metavar="NAME", default="", help="Part of a file's path, or a pattern with *.")
@click.option("--file-hash", metavar="HEX", default="", help="A file's SHA-256, MD5 or pieces root.")
@click.option(
    "--status",
    type=click.Choice(["active", "deprecated", "withdrawn"]),
    default=None,
    help="Only these; by default all that are not withdrawn.",
)
@click.option("--all-versions", is_flag=True, help="Older versions too.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=20, show_default=True, help="How many at most.")
@click.option("--offset", type=click.IntRange(0), default=0, help="Leave out so many of the first.")
@which_option
@output.json_option
@output.quiet_option
def search(words: tuple[str, ...], where: str, bbox: str, since: str, until: str, **given: Any) -> None:
    """Find datasets of a catalogue: all WORDS in title, name, description or keywords, and all conditions.

    Case and accents do not matter. The best come first: those with the words in their title, then the newest.
    """
    from seedbed.catalog.query.search import Search  # noqa: PLC0415  # imports stay inside: --help must be quick

    newest_only = not given.pop("all_versions")
    wanted = Search(
        words=" ".join(words), bbox=box_of(bbox), start=_day(since, "--since"), end=_day(until, "--until", is_end=True),
        newest_only=newest_only, **given,
    )  # fmt: skip
    with open_catalog(where) as catalog:
        found = catalog.search(wanted)
    shown, total = len(found.releases), found.total
    lines = [release_screen.table(found.releases)] if shown else ["Nothing found."]
    if wanted.offset + shown < total:
        lines.append(f"{shown} of {total:,}; --offset {wanted.offset + shown} shows more.")
    facts = {"total": total, "offset": wanted.offset, "releases": [release_screen.facts(one) for one in found.releases]}
    output.result(facts, "\n".join(lines))


def box_of(text: str) -> BBox | None:
    """West, south, east and north from a person's words; None of none.

    Raises:
        InputError: it is not a box.
    """
    if not text:
        return None
    try:
        west, south, east, north = (float(part) for part in text.replace(",", " ").split())
    except ValueError as error:
        raise InputError(f"--bbox {text!r}: expected four numbers, west,south,east,north in degrees") from error
    if not (-180 <= west <= 180 and -180 <= east <= 180 and -90 <= south <= north <= 90):
        hint = "The order is west,south,east,north: longitude first."
        raise InputError(f"--bbox {text!r}: expected degrees, with south not above north", hint=hint)
    return west, south, east, north


def _day(text: str, option: str, *, is_end: bool = False) -> dt.datetime | None:
    """First or last moment of what is written: a year, month, day, or a moment with its zone; None of no text."""
    if not text:
        return None
    from seedbed.publishing.moments import parse_times  # noqa: PLC0415  # imports stay inside: --help must be quick

    try:
        times = parse_times(text)
    except ValueError as error:
        raise InputError(f"{option} {text!r}: {error}") from error
    return times.moment or (times.end if is_end else times.start)
