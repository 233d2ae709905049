# SPDX-License-Identifier: Apache-2.0
"""``seedbed audit``: are the copies that web servers hold true?"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import click

from seedbed.cli import audit_all, catalog_options, output, progress
from seedbed.cli.catalog_choice import lan_option, open_catalog, which_option
from seedbed.cli.wish import SIZE, check_web_seed
from seedbed.errors import DataError, SourceError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from seedbed.auditing.audited import Audited, AuditedCopy, Remark
    from seedbed.core.metainfo import Metainfo
    from seedbed.fetching.rules import Rules

_SHOWN_PIECES = 5


@click.command()
@click.argument("what", default="", metavar="ID[@VERSION]|FILE|URL")
@click.option("--all", "all_", is_flag=True, help="Look after your own catalogue: all versions that are due.")
@click.option(
    "--withdraw", "withdraws", is_flag=True,
    help="With --all: let the catalogue follow. Bad copies are named no longer, good ones again.",
)  # fmt: skip
@click.option(
    "--every", "every_days", type=click.FloatRange(0, 3650), default=7.0, show_default=True, metavar="DAYS",
    help="With --all: look at a version so often; sooner where something was wrong.",
)  # fmt: skip
@click.option(
    "--limit", type=click.IntRange(1), default=1_000, show_default=True, metavar="N",
    help="With --all: at most so many versions in this run.",
)  # fmt: skip
@click.option("--history", is_flag=True, help="Show what was found before, and what was done; asks nobody.")
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
@catalog_options.keys_option
@output.json_option
@output.quiet_option
def audit(what: str, where: str, **options: Any) -> None:
    """Ask each web seed of a dataset, or of a torrent, for pieces of it, and prove every one by the torrent.

    Samples are chosen anew each time. A copy is good, awkward (right, but redirected or without ranges), bad, or
    unknown because its server cannot be asked now; what is wrong is named.

    Exit codes: 0 all are good or awkward, 11 some are bad, 12 none is bad and some are unknown.

    With --all a keeper looks after a whole catalogue, from a timer; what is found is remembered (--history).
    """
    if options["all_"]:
        if what:
            raise click.UsageError("Expected either --all or one dataset, got both.")
        audit_all.audit_all(where, options)
    elif not what:
        raise click.UsageError("Missing argument 'ID[@VERSION]|FILE|URL': a dataset or a torrent; or --all.")
    elif options["history"]:
        audit_all.show_history(what, where)
    else:
        _audit_one(what, where, options)


def _audit_one(what: str, where: str, options: dict[str, Any]) -> None:
    from seedbed.auditing import audit as auditing  # noqa: PLC0415
    from seedbed.fetching.rules import Rules  # noqa: PLC0415

    rules = Rules(allows_private=options["lan"])
    for url in options["web_seeds"]:
        check_web_seed(url)
    metainfo, urls, remember = _subject(what, where, rules)
    with progress.bar("Auditing") as report:
        audited = auditing.audit(
            metainfo,
            options["web_seeds"] or urls,
            rules=rules,
            budget_bytes=audit_all.budget(options),
            told=lambda done, total: report(done, total, ""),
        )
    if not options["web_seeds"]:
        remember(audited)
    _tell(metainfo, audited)


def _subject(what: str, where: str, rules: Rules) -> tuple[Metainfo, Sequence[str], Callable[[Audited], object]]:
    """The torrent, where its copies are, and what is done with what is found."""
    from seedbed.api.calls import names_torrent  # noqa: PLC0415

    if what.lower().startswith(("http://", "https://", "magnet:")) or names_torrent(what):
        metainfo = _torrent(what, rules)
        return metainfo, metainfo.web_seeds, lambda _: None
    from seedbed.fetching.options import Options  # noqa: PLC0415
    from seedbed.fetching.torrent import torrent_file  # noqa: PLC0415
    from seedbed.library.copies import copies  # noqa: PLC0415

    with open_catalog(where) as catalog:
        release, name = catalog.find(what), catalog.id
        metainfo = torrent_file.from_file(catalog.torrent(release, Options(rules=rules)), rules)
    return metainfo, copies(release, metainfo), partial(audit_all.remember, name, release.id)


def _torrent(what: str, rules: Rules) -> Metainfo:
    from pathlib import Path  # noqa: PLC0415

    from seedbed.errors import InputError  # noqa: PLC0415
    from seedbed.fetching.torrent import torrent_file  # noqa: PLC0415

    if what.lower().startswith("magnet:"):
        raise InputError("expected a dataset or a .torrent file, got a magnet link", hint="It has no piece hashes.")
    if what.lower().startswith(("http://", "https://")):
        return torrent_file.from_url(what, rules)
    return torrent_file.from_file(Path(what), rules)


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
