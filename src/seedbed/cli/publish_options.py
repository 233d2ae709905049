# SPDX-License-Identifier: Apache-2.0
"""Options of ``seedbed publish`` that say where the data goes, and what they mean for the rest."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from seedbed.cli import catalog_choice
from seedbed.cli.wish import wish_of
from seedbed.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from seedbed.creating.create import Wish

    Command = TypeVar("Command", bound=Callable[..., Any])

MINTER = "datacite:"

_OPTIONS = (
    click.option(
        "--mirror", "mirrors", multiple=True, metavar="URL",
        help="Push the data there too: file:, s3:, source-coop:, zenodo:, ia: (docs/mirrors.md); repeat for more.",
    ),
    click.option(
        "--min-mirrors", type=click.IntRange(1), default=None, metavar="N",
        help="Publish when so many mirrors have a proved copy; all of them if not given.",
    ),
    click.option("--resume", is_flag=True, help="Go on with an interrupted publication: --resume [DATASET@VERSION]."),
    click.option("--abandon", is_flag=True, help="Take one back, with drafts and parts of files."),
    click.option("--pending", is_flag=True, help="List what is not finished, and drafts left on --mirror URL."),
    catalog_choice.lan_option,
)  # fmt: skip


MAX_TORRENT_BYTES = 10_000_000
"""As ``core.bencode.Limits``."""


def mirror_options(command: Command) -> Command:
    """Give a command the options."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def check(paths: tuple[str, ...], options: dict[str, Any]) -> None:
    """Refuse what cannot be meant, and take ``--doi datacite:…`` for what it is.

    Raises:
        click.UsageError: something is missing.
        InputError: options do not fit together.
    """
    if not paths:
        raise click.UsageError("Missing argument 'PATH|URL...': a file, a folder, or URLs.")
    if not options["dataset"]:
        raise click.UsageError("Missing option '--dataset': the dataset's name in the catalogue, such as mx-rivers.")
    doi = options["doi"] or ""
    if doi.lower().startswith(MINTER):
        options["doi"], options["minter"] = None, doi
    options.setdefault("minter", "")
    wanted, given = options["min_mirrors"] or 0, len(set(options["mirrors"]))
    if wanted > given:
        raise InputError(f"--min-mirrors {wanted}: expected at most the number of mirrors, got {given} --mirror")
    options["min_mirrors"] = wanted


def one_name(paths: tuple[str, ...]) -> str:
    """The publication that is meant; empty for the only one.

    Raises:
        InputError: several are named.
    """
    if len(paths) > 1:
        raise InputError(f"expected one publication such as lakes@2, got {len(paths)}")
    return paths[0] if paths else ""


def _kept(options: Mapping[str, Any]) -> bytes:
    """The torrent that is to stay as it is; empty for a new one.

    Raises:
        InputError: another form is wished for too; or the file cannot be read.
    """
    if not options.get("kept"):
        return b""
    path = Path(options["kept"])
    for name in ("format_", "piece_length", "name", "web_seeds"):
        if options.get(name):
            raise InputError("--torrent: its form is decided: expected no --format, --piece-length, --name, --webseed")
    try:
        if path.stat().st_size > MAX_TORRENT_BYTES:
            raise InputError(f"{path}: expected a .torrent file of at most {MAX_TORRENT_BYTES:,} bytes")
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: it cannot be read: {error.strerror}") from error


def wish(options: Mapping[str, Any]) -> Wish:
    """What the torrent shall be like. Mirrors prove what they are sent by the SHA-256 of every file."""
    from seedbed.creating.create import ALL_BYTES  # noqa: PLC0415  # imports stay inside: --help must be quick

    found = replace(wish_of(options), kept=_kept(options))
    return replace(found, sha256_up_to=ALL_BYTES) if options["mirrors"] else found
