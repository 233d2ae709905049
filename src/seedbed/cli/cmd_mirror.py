# SPDX-License-Identifier: Apache-2.0
"""``seedbed mirror``: accounts at archives, and whether a mirror can be used."""

from __future__ import annotations

import os
import sys
from contextlib import closing
from typing import TYPE_CHECKING, Any

import click

from seedbed.cli import output
from seedbed.errors import InputError

if TYPE_CHECKING:
    from seedbed.mirrors.credentials import Account


@click.group()
def mirror() -> None:
    """Log in to archives and stores, and try them.

    A mirror is named by its URL: file:///folder, s3://bucket/prefix, source-coop://account/product, zenodo:,
    zenodo:sandbox, zenodo://host, ia:. docs/mirrors.md tells each with its options.
    """


@mirror.command("login")
@click.argument("url", metavar="URL")
@click.option("--keyring", "in_keyring", is_flag=True, help="Keep it in the system's keyring, not in a private file.")
@output.json_option
@output.quiet_option
def login(url: str, *, in_keyring: bool) -> None:
    """Keep a token or key for an archive: zenodo:, zenodo:sandbox, zenodo://host, ia:, datacite:PREFIX.

    It is asked for, and not shown; or read from standard input, a line for each part.
    """
    from seedbed.mirrors import credentials  # noqa: PLC0415  # imports stay inside: --help must be quick

    account = _account(url)
    if account.page_url:
        output.say(f"You get it at {account.page_url}")
    values = {name: _ask(f"{account.host} {name}") for name in account.fields}
    where = credentials.store(account, values, os.environ, in_keyring=in_keyring)
    output.result({"host": account.host, "kept": where}, f"Kept for {account.host} in {where}")


@mirror.command("logout")
@click.argument("url", metavar="URL")
@output.json_option
@output.quiet_option
def logout(url: str) -> None:
    """Forget what login kept."""
    from seedbed.mirrors import credentials  # noqa: PLC0415

    account = _account(url)
    was_there = credentials.forget(account, os.environ)
    output.result({"host": account.host, "was_there": was_there}, "Forgotten." if was_there else "Nothing was kept.")


@mirror.command("check")
@click.argument("url", metavar="URL")
@output.json_option
@output.quiet_option
def check(url: str) -> None:
    """Try a mirror: whether it is reached, takes our credentials, and a file.

    On folders and stores a small file is put, read back and removed; archives are only asked for our own drafts.
    """
    from seedbed.mirrors.check import check as try_it  # noqa: PLC0415
    from seedbed.mirrors.registry import open_depository  # noqa: PLC0415

    with closing(open_depository(url)) as depository:
        facts: dict[str, Any] = {"mirror": depository.name, **try_it(depository)}
    lines = [f"{name:<10} {output.plain(str(value))}" for name, value in facts.items() if value not in {None, ""}]
    output.result(facts, "\n".join(lines))


def _account(url: str) -> Account:
    """The account that a URL needs.

    Raises:
        InputError: it needs none that we keep.
    """
    from seedbed.mirrors.registry import account_of  # noqa: PLC0415

    if url.lower().startswith("datacite:"):
        from seedbed.dois import place  # noqa: PLC0415

        return place.of_url(url).account
    account = account_of(url)
    if account is None:
        raise InputError(
            f"{url.partition('?')[0]}: seedbed keeps no credentials for this kind of mirror",
            hint="Object stores take the usual AWS profiles and variables (docs/mirrors.md); folders need none.",
        )
    return account


def _ask(what: str) -> str:
    if sys.stdin.isatty():
        answer: str = click.prompt(what, hide_input=True, err=True)
        return answer.strip()
    return sys.stdin.readline().strip()
