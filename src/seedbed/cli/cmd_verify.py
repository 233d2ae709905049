# SPDX-License-Identifier: Apache-2.0
"""``seedbed verify`` and ``seedbed integrity``: is a copy of a dataset right?"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

import click

from seedbed.cli import output
from seedbed.cli.catalog_choice import lan_option, open_catalog, which_option
from seedbed.cli.cmd_torrent_verify import read_torrent, report_copy
from seedbed.errors import DataError, InputError, NotFoundError

if TYPE_CHECKING:
    from seedbed.core.metainfo import Metainfo

_MD5_DIGITS = 32


@click.command()
@click.argument("what", metavar="ID[@VERSION]")
@click.argument("path", metavar="PATH")
@click.option("--allow-extra", is_flag=True, help="Do not mind files that the dataset does not name.")
@click.option("--workers", type=click.IntRange(0, 256), default=0, metavar="N", help="Threads; one per core if not.")
@lan_option
@which_option
@output.json_option
@output.quiet_option
def verify(what: str, path: str, where: str, *, allow_extra: bool, workers: int, lan: bool) -> None:
    """Check a copy at PATH against a dataset of the catalogue, down to the bit.

    Names each file that is missing, extra, of wrong length or content; ends with 11 if there is any.
    """
    from seedbed.fetching.options import Options  # noqa: PLC0415  # imports stay inside: --help must be quick
    from seedbed.fetching.rules import Rules  # noqa: PLC0415

    with open_catalog(where) as catalog:
        torrent = catalog.torrent(what, Options(rules=Rules(allows_private=lan)))
    report_copy(read_torrent(str(torrent)), path, allow_extra=allow_extra, workers=workers)


@click.command()
@click.argument("torrent", metavar="TORRENT")
@click.argument("path", metavar="FILE")
@output.json_option
@output.quiet_option
def integrity(torrent: str, path: str) -> None:
    """Check an older holding: a TORRENT that is named by the MD5 of its contents, and the FILE it brought.

    The name is compared with the MD5 of FILE, and every piece of FILE with the torrent's own hashes. MD5 names things;
    it proves nothing against somebody who means harm: the pieces do. Ends with 11 when either is wrong.
    """
    named = _md5_in_name(torrent)
    metainfo = read_torrent(torrent)
    if not metainfo.is_single_file:
        raise InputError(f"{torrent}: expected a torrent of one file, got {len(metainfo.files):,}")
    found = _md5_of(path)
    if found != named:
        raise DataError(
            f"{path}: its MD5 is not the torrent's name: expected {named}, got {found}",
            hint="It is another file, or it was damaged on the way. Fetch it again.",
            expected=named, got=found,
        )  # fmt: skip
    good = _good_pieces(metainfo, path)
    facts = {"torrent": torrent, "file": path, "md5": found, "piece_count": good, "verified": True}
    output.result(facts, f"{output.plain(path)}: right; its MD5 is the torrent's name, and all {good:,} pieces agree")


def _md5_in_name(torrent: str) -> str:
    name = Path(torrent).name.lower().removesuffix(".torrent")
    if len(name) != _MD5_DIGITS or any(character not in "0123456789abcdef" for character in name):
        raise InputError(
            f"{torrent}: its name is no MD5: expected 32 hex digits and .torrent",
            hint="seedbed torrent verify checks data against any torrent.",
        )
    return name


def _md5_of(path: str) -> str:
    try:
        with Path(path).open("rb") as file:
            return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
    except OSError as error:
        raise NotFoundError(f"{path}: {error.strerror}") from error


def _good_pieces(metainfo: Metainfo, path: str) -> int:
    from seedbed.hashing.check import check_files  # noqa: PLC0415  # imports stay inside: --help must be quick

    checked = check_files(metainfo, [path])
    if not checked.is_complete:
        bad = len(checked.have_pieces) - sum(checked.have_pieces)
        raise DataError(
            f"{path}: its MD5 is the torrent's name, but {bad:,} of {len(checked.have_pieces):,} pieces do not agree",
            hint="Torrent and file do not belong together, whatever their names say.",
        )
    return len(checked.have_pieces)
