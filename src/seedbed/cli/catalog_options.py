# SPDX-License-Identifier: Apache-2.0
"""Options that commands on an own catalogue share: which catalogue, whose keys."""

from __future__ import annotations

import datetime as dt
import shlex
from pathlib import Path

import click

from seedbed.errors import InputError

catalog_option = click.option(
    "--catalog",
    "catalog",
    metavar="DIR",
    default="",
    envvar="SEEDBED_CATALOG",
    help="The catalogue's folder; not needed when you keep one only, or set SEEDBED_CATALOG.",
)
keys_option = click.option(
    "--keys-dir", "keys_dir", metavar="DIR", default="", help="Where your keys are; the usual place if not given."
)
wait_option = click.option(
    "--wait",
    "wait_s",
    type=click.FloatRange(0, 86_400),
    default=30.0,
    show_default=True,
    metavar="SECONDS",
    help="How long to wait for another publisher.",
)


def catalog_folder(given: str) -> Path:
    """The catalogue that is meant: the one named, or the only one that this person publishes.

    Raises:
        InputError: none is named, and there is none or more than one.
    """
    if given:
        return Path(given)
    from seedbed.api.home import Home  # noqa: PLC0415  # imports stay inside: --help must be quick

    known = Home.of_environment().published
    if len(known) == 1:
        return known[0]
    if not known:
        raise InputError("no catalogue is named, and you publish none yet", hint="seedbed catalog init DIR makes one.")
    listed = "".join(f"\n  {path}" for path in known)
    raise InputError(f"no catalogue is named, and you publish several:{listed}", hint="Name one of them.")


def keys_folder(given: str) -> Path:
    """Where keys are: the folder named, or the usual one."""
    if given:
        return Path(given)
    from seedbed.api.home import Home  # noqa: PLC0415

    return Home.of_environment().keys


def clock() -> dt.datetime:
    """The time now."""
    return dt.datetime.now(dt.UTC)


def what_is_missing(signatures: int, folder: Path) -> str:
    """The line for a person whose change is not public yet.

    Args:
        signatures: How many people still have to sign; 0 when only the machine's key is missing.
        folder: The catalogue.
    """
    some = "1 more signature" if signatures == 1 else f"{signatures} more signatures"
    return f"It waits for {some if signatures else 'the online key'}: seedbed catalog sign {shlex.quote(str(folder))}"
