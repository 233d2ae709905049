# SPDX-License-Identifier: Apache-2.0
"""``seedbed catalog tracker``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from seedbed.cli import catalog_options, output, passphrase
from seedbed.cli.wish import check_tracker
from seedbed.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path


@click.command()
@click.argument("urls", nargs=-1, metavar="[URL]...")
@click.option("--none", "names_none", is_flag=True, help="Name none from now on.")
@catalog_options.catalog_option
@catalog_options.keys_option
@catalog_options.wait_option
@output.json_option
@output.quiet_option
def tracker(urls: tuple[str, ...], *, names_none: bool, catalog: str, keys_dir: str, wait_s: float) -> None:
    """Name the community's tracker, by all its wires: the first tier of what is published here from now on.

    Without URL it is shown. Torrents that are published already stay as they are.
    """
    from seedbed.cli.publication import trackers_of  # noqa: PLC0415  # imports stay inside: --help must be quick

    for url in urls:
        check_tracker(url)
    if urls and names_none:
        raise InputError("expected either URLs or --none, got both")
    folder = catalog_options.catalog_folder(catalog)
    known = trackers_of(folder)
    if not urls and not names_none:
        output.result({"trackers": list(known)}, "\n".join(known) or "This catalogue names no tracker.")
    elif known == urls:
        output.result({"trackers": list(known), "serial": None}, "It is so already.")
    else:
        _tell(urls, _name(urls, folder, keys_dir, wait_s), folder)


def _name(urls: tuple[str, ...], folder: Path, keys_dir: str, wait_s: float) -> Any:
    from seedbed.catalog.model import Change  # noqa: PLC0415
    from seedbed.catalog.releasing.publisher import open_publisher  # noqa: PLC0415

    keys, clock = catalog_options.keys_folder(keys_dir), catalog_options.clock
    with open_publisher(folder, keys, wait_s=wait_s, now=clock, passphrase=passphrase.ask) as publisher:
        return publisher.release(Change((), tracker=" ".join(urls)))


def _tell(urls: tuple[str, ...], done: Any, folder: Path) -> None:
    text = f"{' '.join(urls) or 'No tracker'}: in release {done.serial}."
    if not done.is_public:
        text += f"\n{catalog_options.what_is_missing(done.missing_signatures, folder)}"
    facts = {
        "trackers": list(urls), "serial": done.serial, "is_public": done.is_public,
        "missing_signatures": done.missing_signatures,
    }  # fmt: skip
    output.result(facts, text)
