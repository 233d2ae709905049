# SPDX-License-Identifier: Apache-2.0
"""``seedbed show``, ``versions`` and ``cite``: what a catalogue says of one dataset."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, get_args

import click

from seedbed.catalog.cite import Style
from seedbed.catalog.cite import cite as cited
from seedbed.cli import output, release_screen
from seedbed.cli.catalog_choice import open_catalog, which_option

if TYPE_CHECKING:
    from seedbed.catalog.model import Release


@click.command()
@click.argument("what", metavar="ID[@VERSION]")
@click.option("--files", "all_files", is_flag=True, help="List all files.")
@click.option("--metalink", is_flag=True, help="Print it as a Metalink (RFC 5854), for download managers.")
@which_option
@output.json_option
@output.quiet_option
def show(what: str, where: str, *, all_files: bool, metalink: bool) -> None:
    """Show a dataset's newest version, or the one that is named; a hash of it or of a file in it will do, too."""
    with open_catalog(where) as catalog:
        release = catalog.find(what)
        if metalink:
            text = catalog.metalink(release).decode().rstrip("\n")
            output.result({"id": release.id, "metalink": text}, text)
            return
        rows = catalog.files(release) if catalog.has_files else None
    facts = {"item": release_screen.facts(release)}
    if rows is not None:
        facts["files"] = [
            {"path": row.path, "size_bytes": row.size_bytes, "sha256": row.sha256, "md5": row.md5,
             "pieces_root": row.pieces_root, "media_type": row.media_type}
            for row in rows
        ]  # type: ignore[assignment]  # a list beside the item's dictionary  # fmt: skip
    output.result(facts, release_screen.sheet(release, rows, all_files=all_files))


@click.command()
@click.argument("dataset", metavar="ID")
@which_option
@output.json_option
@output.quiet_option
def versions(dataset: str, where: str) -> None:
    """List all versions of a dataset, the newest first."""
    from seedbed.catalog.ids import parse_ref  # noqa: PLC0415  # imports stay inside: --help must be quick

    with open_catalog(where) as catalog:
        found = catalog.versions(parse_ref(dataset).dataset)
    newest_first = found[::-1]
    lines = [_line(one) for one in newest_first]
    output.result({"dataset": dataset, "versions": [_facts(one) for one in newest_first]}, "\n".join(lines))


@click.command()
@click.argument("what", metavar="ID[@VERSION]")
@click.option(
    "--style", type=click.Choice(get_args(Style)), default="text", show_default=True,
    help="Text, or what a reference manager reads: bibtex, ris, csl (CSL-JSON).",
)  # fmt: skip
@which_option
@output.json_option
@output.quiet_option
def cite(what: str, where: str, style: Style) -> None:
    """Cite a version of a dataset: by its DOI, or by the info-hash that names exactly these bytes."""
    with open_catalog(where) as catalog:
        release = catalog.find(what)
    text = cited(release, style)
    output.result({"id": release.id, "style": style, "citation": text}, text)


def _line(release: Release) -> str:
    marks = " (newest)" if release.latest else ""
    marks += "" if release.status == "active" else f" [{release.status}: {output.plain(release.status_reason)}]"
    shared = f", {output.size(release.reused_bytes)} as before" if release.reused_bytes else ""
    day = f"{release.published:%Y-%m-%d}"
    return f"{release.version:<20} {day}  {output.size(release.size_bytes):>9}{shared}{marks}"


def _facts(release: Release) -> dict[str, Any]:
    return {
        "id": release.id,
        "version": release.version,
        "version_seq": release.version_seq,
        "latest": release.latest,
        "status": release.status,
        "status_reason": release.status_reason,
        "published": release.published.isoformat(),
        "size_bytes": release.size_bytes,
        "reused_files": release.reused_files,
        "reused_bytes": release.reused_bytes,
        "doi": release.doi,
        "infohash_v1": release.torrent.info_hash_v1,
        "infohash_v2": release.torrent.info_hash_v2,
    }
