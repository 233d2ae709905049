# SPDX-License-Identifier: Apache-2.0
"""``seedbed upload``."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import click

from seedbed.cli import field_options, output, progress
from seedbed.errors import InputError

if TYPE_CHECKING:
    from seedbed.portal.uploads.sending.client import Client


@click.command()
@click.argument("path", metavar="PATH", type=click.Path(exists=True, path_type=Path))
@click.option(
    "--portal", metavar="URL", envvar="SEEDBED_PORTAL", required=True, help="Such as https://data.example.org."
)
@click.option("--token", metavar="TOKEN", default="",
              help="Of your account there; better kept in SEEDBED_TOKEN_HOST or credentials.toml.")  # fmt: skip
@click.option("--name", default="", metavar="NAME", help="Of the torrent; that of the file or folder if not given.")
@click.option("--dataset", default="", metavar="ID", help="Under which it is published, such as mx-rivers.")
@click.option("--version", default="", metavar="V", help="Of this data; the day it is published if not given.")
@field_options.field_options
@click.option("--embargo", default="", metavar="DAY", help="Nothing of it is shown before, such as 2027-01-31.")
@click.option("--organisation", default="", metavar="ID", help="In whose name.")
@click.option("--unpack", is_flag=True, help="PATH is a zip: publish what is in it.")
@click.option("--package", is_flag=True, help="PATH is a zip that stays one; its torrent is named by its MD5.")
@click.option("--draft", is_flag=True, help="Do not hand it in yet.")
@click.option("--wait", "waits", is_flag=True, help="Until it is published, or somebody has to do something.")
@output.json_option
@output.quiet_option
def upload(path: Path, **options: Any) -> None:
    """Give a file or folder to a portal: sent, checked, reviewed, published.

    Whatever interrupts it, the same command goes on at the byte that the portal acknowledged. A token is made on the
    page of your account.
    """
    from seedbed.portal.uploads.sending import give as giving  # noqa: PLC0415  # imports stay inside: --help must be quick

    client = _client(options["portal"], options["token"])
    gift = giving.Gift(path, _kind(path, options), options["name"], options["organisation"], _said(options))
    with progress.bar("Sending") as report:
        found = giving.give(client, gift, progress=report)
    output.say(f"Sent. {found['page']}")
    if not options["draft"]:
        found = {**found, **giving.submit(client, found)}
    if options["waits"] and not options["draft"]:
        found = giving.wait(client, found, lambda state: output.say(f"It is {state}."))
    text = f"{found['state']}: {found['item_id'] or found['page']}"
    output.result(found, output.plain(text))


def _client(portal: str, token: str) -> Client:
    from seedbed.mirrors import credentials  # noqa: PLC0415
    from seedbed.portal.uploads.sending.client import Client  # noqa: PLC0415

    host = urlsplit(portal).netloc
    if not host:
        raise InputError(f"--portal {portal}: expected an address such as https://data.example.org")
    if not token:
        page = f"{portal.rstrip('/')}/account"
        account = credentials.Account(host, ("token",), (credentials.variable_of(host),), page)
        token = credentials.find(account, os.environ)["token"]
    return Client(portal, token)


def _kind(path: Path, options: dict[str, Any]) -> str:
    if options["unpack"] and options["package"]:
        raise InputError("--unpack and --package exclude each other: a zip is opened, or stays one")
    if options["unpack"] or options["package"]:
        return "zip" if options["unpack"] else "package"
    return "torrent" if path.suffix == ".torrent" else "files"


def _said(options: dict[str, Any]) -> dict[str, Any]:
    """Fields of the metadata file, and of the options, which count more."""
    from seedbed.publishing import metadata_file  # noqa: PLC0415

    file = field_options.metadata_file(options)
    own = {key: options[key] for key in ("dataset", "version", "embargo") if options[key]}
    said = {
        key: list(value) if isinstance(value, tuple) else value for key, value in field_options.said(options).items()
    }
    return {**(metadata_file.load(file) if file else {}), **said, **own}
