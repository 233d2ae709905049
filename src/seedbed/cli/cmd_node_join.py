# SPDX-License-Identifier: Apache-2.0
"""``seedbed node join``."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from seedbed.cli import output
from seedbed.cli.catalog_choice import dht_node_option, lan_option, no_dht_option, peer_option, ways_among
from seedbed.cli.gift_options import (
    hours_option,
    monthly_option,
    pairs,
    rate_down_option,
    rate_up_option,
    storage_option,
)
from seedbed.errors import InputError, SeedbedError

if TYPE_CHECKING:
    from seedbed.api.home import Home
    from seedbed.node.giving.gift import Gift
    from seedbed.node.giving.importing import Note
    from seedbed.node.giving.survey import Survey

_PATTERNS = "a collection, dataset (globs) or keyword; words:…, bbox:W,S,E,N or year:2020..2024"


@click.command()
@click.argument("where", metavar="LINK")
@click.option(
    "--dir", "folders", metavar="PATH", required=True, multiple=True,
    help="Folder for the data; made when missing. Repeat it, each with its --storage, for several disks.",
)  # fmt: skip
@storage_option
@rate_up_option
@rate_down_option
@hours_option
@monthly_option
@click.option("--only", metavar="WHAT", multiple=True, help=f"What to take: {_PATTERNS}; repeat.")
@click.option("--not", "without", metavar="WHAT", multiple=True, help="The same, of what is not taken.")
@click.option(
    "--licenses", metavar="NAME", multiple=True, help="A licence (SPDX, globs such as CC-BY-*) to take; repeat."
)
@click.option(
    "--operator", metavar="NAME", default="", help="Who runs the node: all nodes of one name count as one copy."
)
@click.option(
    "--country", metavar="CC", default="", help="Where it stands, as two letters; for the catalogue's keepers."
)
@click.option(
    "--import", "imported", metavar="PATH", type=click.Path(exists=True, path_type=Path),
    help="Settings of smartnode-transmission: its folder, smartnode.properties or collections_urls.txt.",
)  # fmt: skip
@click.option("--dry-run", is_flag=True, help="Show how much would be chosen from, and change nothing here.")
@no_dht_option
@dht_node_option
@peer_option
@lan_option
@output.json_option
@output.quiet_option
def join(where: str, folders: tuple[str, ...], storage: tuple[int, ...], *, dry_run: bool, **options: Any) -> None:
    """Give disk and bandwidth to the catalogue of a join LINK; then 'seedbed node run' does the rest.

    LINK is a join link, the name of a followed catalogue, or the folder of one that is published here. Joining again
    changes what is given. A catalogue is followed from then on, with --dry-run too.
    """
    from seedbed.api import node_joining as nodes  # noqa: PLC0415  # imports stay inside: --help must be quick
    from seedbed.api.home import Home  # noqa: PLC0415
    from seedbed.node.giving.gift import Gift  # noqa: PLC0415

    if not storage:
        raise InputError("how much disk is given? expected --storage, such as --storage 500G")
    shares = pairs(folders, storage)
    home = Home.of_environment()
    catalog = _catalog(where, home, options)
    only, notes = _imported(home, catalog, options["imported"])
    gift = Gift(
        catalog, next(iter(shares)), sum(storage),
        rate_up=options["rate_up"] or 0, rate_down=options["rate_down"] or 0,
        only=(*options["only"], *only), without=options["without"], licenses=options["licenses"],
        operator=options["operator"], country=options["country"].upper(),
        hours=options["hours"] or (), monthly_bytes=options["monthly"] or 0,
    ).with_shares(shares).checked()  # fmt: skip
    found = _survey(home, gift)
    if dry_run:
        _show(gift, found, "would give", sum(storage), notes)
    else:
        _show(nodes.join(home, gift), found, "gives", sum(storage), notes)


def _imported(home: Home, catalog: str, path: Path | None) -> tuple[tuple[str, ...], tuple[Note, ...]]:
    """What another program's settings become here."""
    from seedbed.api.node_joining import imported  # noqa: PLC0415

    return imported(home, catalog, path) if path else ((), ())


def _survey(home: Home, gift: Gift) -> Survey | None:
    """What would be chosen from; None where the catalogue cannot be read yet: joining goes on without."""
    from seedbed.api.node_joining import survey  # noqa: PLC0415

    try:
        return survey(home, gift)
    except InputError:
        raise
    except SeedbedError as error:
        output.say(f"Warning: what will be chosen is not known yet: {error.message}")
        return None


def _show(gift: Gift, found: Survey | None, does: str, wanted_bytes: int, notes: tuple[Note, ...]) -> None:
    lines = [f"This machine {does} {output.size(gift.storage_bytes)} in {', '.join(gift.shares)} to {gift.catalog}."]
    if gift.storage_bytes < wanted_bytes:
        lines.insert(0, f"Warning: there is no room on disk for {output.size(wanted_bytes)}.")
    facts: dict[str, Any] = {"catalog": gift.catalog, "folder": gift.folder, "storage_bytes": gift.storage_bytes}
    facts |= {"shares": gift.shares, "lacks": gift.lacks, "largest_file_bytes": gift.largest_file_bytes}
    if found:
        facts |= {
            "datasets": found.datasets, "versions": found.versions, "size_bytes": found.size_bytes,
            "idle": list(found.idle),
        }  # fmt: skip
        lines.append(
            f"To choose from: {found.versions:,} of {found.listed:,} versions ({found.datasets:,} datasets, "
            f"{output.size(found.size_bytes)})."
        )
        lines += [f"Warning: {one} names nothing of this catalogue." for one in found.idle]
        lines += ["Warning: nothing matches: the node would stay empty."] if found.listed and not found.versions else []
    lines += [output.plain(f"{one.where}: {one.setting}: {one.became or 'nothing: ' + one.why}") for one in notes]
    facts["imported"] = [one._asdict() for one in notes]
    lines += _lacking(gift)
    if does == "gives":
        lines.append("Now: seedbed node run")
    output.result(facts, "\n".join(lines))


def _lacking(gift: Gift) -> list[str]:
    """What the folders' file systems cannot do, and what that means."""
    from seedbed.node.telling.words import language, reason  # noqa: PLC0415

    lang = language(os.environ)
    lines = [f"Warning: {reason(f'lacks-{name}', {}, lang)}." for name in gift.lacks]
    if gift.largest_file_bytes:
        lines.append(f"Warning: {reason('lacks-size', {'most_bytes': gift.largest_file_bytes}, lang)}.")
    return lines


def _catalog(where: str, home: Home, options: dict[str, Any]) -> str:
    """The name by which the catalogue is found from now on."""
    from seedbed.api.catalog import join as follow  # noqa: PLC0415
    from seedbed.catalog import join_link  # noqa: PLC0415
    from seedbed.following import joined  # noqa: PLC0415

    if join_link.is_join_link(where):
        return follow(where, home, ways_among(options)).name
    if Path(where).is_dir():
        return str(Path(where).absolute())
    return joined.find(home.catalogs, where).name
