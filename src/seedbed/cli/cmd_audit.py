# SPDX-License-Identifier: Apache-2.0
"""``seedbed audit``: are the copies that web servers hold true?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from seedbed.cli import output, progress
from seedbed.cli.catalog_choice import lan_option, open_catalog, which_option
from seedbed.cli.wish import SIZE, check_web_seed
from seedbed.errors import DataError, SourceError

if TYPE_CHECKING:
    from seedbed.auditing.audited import Audited, AuditedCopy, Remark
    from seedbed.core.metainfo import Metainfo
    from seedbed.fetching.rules import Rules

_SHOWN_PIECES = 5


@click.command()
@click.argument("what", metavar="ID[@VERSION]|FILE|URL")
@click.option("--full", is_flag=True, help="Ask for every byte of each copy, not for samples.")
@click.option(
    "--budget", "budget_bytes", type=SIZE, default="16MiB", show_default=True, metavar="SIZE",
    help="Bytes of samples asked of each copy; at least one piece.",
)  # fmt: skip
@click.option(
    "--web-seed", "web_seeds", multiple=True, metavar="URL",
    help="Look at this copy instead of those that the torrent names; {path} or {flat} may stand for each file's name.",
)  # fmt: skip
@lan_option
@which_option
@output.json_option
@output.quiet_option
def audit(what: str, where: str, *, full: bool, budget_bytes: int, web_seeds: tuple[str, ...], lan: bool) -> None:
    """Ask each web seed of a dataset, or of a torrent, for pieces of it, and prove every one by the torrent.

    Samples are chosen anew each time. A copy is good, awkward (right, but redirected or without ranges), bad, or
    unknown because its server cannot be asked now; what is wrong is named.

    Exit codes: 0 all are good or awkward, 11 some are bad, 12 none is bad and some are unknown.
    """
    from seedbed.auditing import audit as auditing  # noqa: PLC0415  # imports stay inside: --help must be quick
    from seedbed.fetching.rules import Rules  # noqa: PLC0415

    rules = Rules(allows_private=lan)
    for url in web_seeds:
        check_web_seed(url)
    metainfo = _torrent(what, where, rules)
    with progress.bar("Auditing") as report:
        audited = auditing.audit(
            metainfo,
            web_seeds or metainfo.web_seeds,
            rules=rules,
            budget_bytes=None if full else budget_bytes,
            told=lambda done, total: report(done, total, ""),
        )
    _tell(metainfo, audited)


def _torrent(what: str, where: str, rules: Rules) -> Metainfo:
    from pathlib import Path  # noqa: PLC0415

    from seedbed.api.calls import names_torrent  # noqa: PLC0415
    from seedbed.errors import InputError  # noqa: PLC0415
    from seedbed.fetching.options import Options  # noqa: PLC0415
    from seedbed.fetching.torrent import torrent_file  # noqa: PLC0415

    if what.lower().startswith("magnet:"):
        raise InputError("expected a dataset or a .torrent file, got a magnet link", hint="It has no piece hashes.")
    if what.lower().startswith(("http://", "https://")):
        return torrent_file.from_url(what, rules)
    if names_torrent(what):
        return torrent_file.from_file(Path(what), rules)
    with open_catalog(where) as catalog:
        return torrent_file.from_file(catalog.torrent(what, Options(rules=rules)), rules)


def _tell(metainfo: Metainfo, audited: Audited) -> None:
    """Print the table.

    Raises:
        DataError: some copies are bad.
        SourceError: none is, but some could not be asked.
    """
    from seedbed.auditing.audited import Verdict  # noqa: PLC0415

    lines = "\n".join(line for copy in audited.copies for line in _lines(copy))
    facts = _facts(metainfo, audited)
    found = audited.of_verdict
    count = f"of {len(audited.copies):,} {'copy' if len(audited.copies) == 1 else 'copies'}"
    if bad := found[Verdict.BAD]:
        text = f"{metainfo.name}: {len(bad):,} {count} {'is' if len(bad) == 1 else 'are'} bad:\n{lines}"
        raise DataError(text, hint="Have it mended, or name it no longer. A fetch is not misled by it.", **facts)
    if unknown := found[Verdict.UNKNOWN]:
        text = f"{metainfo.name}: {len(unknown):,} {count} could not be asked:\n{lines}"
        raise SourceError(text, hint="Try again later.", **facts)
    output.result(facts, lines)


def _lines(copy: AuditedCopy) -> list[str]:
    proved = f"{copy.pieces_good:,} of {copy.pieces_asked:,} pieces right, {output.size(copy.good_bytes)}"
    first = f"{copy.verdict.value:<8} {output.plain(copy.url)}  {proved}, {copy.seconds:.1f} s"
    return [first, *(f"         {output.plain(_said(remark))}" for remark in copy.remarks)]


def _said(remark: Remark) -> str:
    shown = ", ".join(map(str, remark.pieces[:_SHOWN_PIECES]))
    more = ", …" if len(remark.pieces) > _SHOWN_PIECES else ""
    what = f"{remark.name}: {f'{remark.file}: ' if remark.file else ''}{remark.text}"
    return f"{what} (piece{'' if len(remark.pieces) == 1 else 's'} {shown}{more})" if shown else what


def _facts(metainfo: Metainfo, audited: Audited) -> dict[str, Any]:
    return {
        "name": metainfo.name,
        "info_hash": metainfo.info_hashes.best_hex,
        "full": audited.is_full,
        "copies": [
            {
                "url": copy.url, "verdict": copy.verdict.value, "pieces_asked": copy.pieces_asked,
                "pieces_good": copy.pieces_good, "good_bytes": copy.good_bytes, "seconds": round(copy.seconds, 3),
                "remarks": [
                    {"name": one.name, "text": one.text, "file": one.file, "pieces": list(one.pieces)}
                    for one in copy.remarks
                ],
            }
            for copy in audited.copies
        ],
    }  # fmt: skip
