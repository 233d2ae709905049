# SPDX-License-Identifier: Apache-2.0
"""``seedbed catalog sign``."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from seedbed.cli import catalog_options, output, passphrase
from seedbed.cli.cmd_catalog_status import waiting_facts, waiting_lines
from seedbed.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

    from seedbed.catalog.releasing.waiting import Signed, Waiting
    from seedbed.catalog.releasing.workplace import Workplace


@click.command()
@click.argument("folder", metavar="[DIR]", default="")
@click.option(
    "--refresh", is_flag=True, help="Only say again that the newest release is the newest: for a daily timer."
)
@click.option("--discard", is_flag=True, help="Take back what waits for signatures.")
@click.option("--yes", is_flag=True, help="Do not ask before signing what somebody else has made.")
@catalog_options.keys_option
@catalog_options.wait_option
@output.json_option
@output.quiet_option
def sign(folder: str, *, refresh: bool, discard: bool, yes: bool, keys_dir: str, wait_s: float) -> None:
    """Sign what waits in the catalogue DIR, or give it fresh signatures.

    What waits is compared with what is published, and shown, before your key is used. When nothing waits, signatures
    that run out soon are renewed. With --refresh only the online key is used, whatever waits.
    """
    from seedbed.catalog.releasing import waiting  # noqa: PLC0415  # imports stay inside: --help must be quick
    from seedbed.catalog.releasing.workplace import open_workplace  # noqa: PLC0415

    if refresh and discard:
        raise InputError("--refresh and --discard: expected one of them")
    where, keys = catalog_options.catalog_folder(folder), catalog_options.keys_folder(keys_dir)
    with open_workplace(where, keys, wait_s=wait_s, now=catalog_options.clock, passphrase=passphrase.ask) as place:
        if discard:
            waiting.discard(place)
            output.result({"discarded": True}, "What waited is taken back.")
        elif refresh or not place.stage.is_waiting:
            _keep_fresh(place, only_online=refresh)
        else:
            _sign(place, asks=not yes)


def _sign(place: Workplace, *, asks: bool) -> None:
    from seedbed.catalog.releasing import waiting  # noqa: PLC0415

    waits = waiting.look(place)
    if waits is None:
        return
    for line in waiting_lines(waits):
        output.say(line)
    if asks:
        _ask()
    done = waiting.sign(place)
    output.result(_signed_facts(waits, done), "\n".join(_signed_lines(done, place.folder)))


def _ask() -> None:
    if not sys.stdin.isatty():
        raise InputError(
            "there is no terminal to ask on whether this may be signed",
            hint="--yes signs without asking. A daily timer wants --refresh.",
        )
    click.confirm("Sign this?", abort=True, err=True)


def _signed_lines(done: Signed, folder: Path) -> list[str]:
    made = [f"Signed {role} with the key of {key}." for role, key in done.made]
    if done.outcome.is_public:
        return [*made, "It is published."]
    return [*made, catalog_options.what_is_missing(done.outcome.missing_signatures, folder)]


def _signed_facts(waits: Waiting, done: Signed) -> dict[str, Any]:
    return {
        "signed": [{"role": role, "key": key.name} for role, key in done.made],
        "is_public": done.outcome.is_public,
        "missing_signatures": done.outcome.missing_signatures,
        "was_waiting": waiting_facts(waits),
    }


def _keep_fresh(place: Workplace, *, only_online: bool) -> None:
    from seedbed.catalog.releasing import status, upkeep  # noqa: PLC0415

    due = () if only_online else upkeep.due(place)
    if upkeep.can_refresh(place) or not due:
        upkeep.refresh(place)  # first: whatever happens to the rest, readers see a living catalogue
    if due:
        done = upkeep.renew(place, due)
        if not done.is_public:
            missing = catalog_options.what_is_missing(done.missing_signatures, place.folder)
            output.say(f"{' and '.join(due)}: renewed. {missing}")
    found = status.read(place)
    for warning in found.warnings:
        output.say(f"! {warning}")
    until = {one.role: one.expires for one in found.roles}
    facts = {
        "renewed": list(due),
        "expires": {role: expires.isoformat() for role, expires in until.items()},
        "warnings": list(found.warnings),
    }
    output.result(facts, f"Fresh until {until['timestamp']:%Y-%m-%d %H:%M} UTC. Sign again before, best every day.")
