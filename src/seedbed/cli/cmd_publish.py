# SPDX-License-Identifier: Apache-2.0
"""``seedbed publish``."""

from __future__ import annotations

import functools
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from seedbed.cli import catalog_options, field_options, output, passphrase, progress, publish_options, tracker_tiers
from seedbed.cli.hashing import hashed
from seedbed.cli.wish import SIZE, are_urls

if TYPE_CHECKING:
    import datetime as dt

    from seedbed.publishing.request import CatalogWithTorrents, Prepared, Published, Request


@click.command()
@click.argument("paths", nargs=-1, metavar="PATH|URL...")
@click.option("--dataset", default="", metavar="ID", help="The dataset's name in the catalogue, such as mx-rivers.")
@click.option("--version", default="", metavar="V", help="Of this data; today's date if not given.")
@catalog_options.catalog_option
@catalog_options.keys_option
@catalog_options.wait_option
@field_options.field_options
@publish_options.mirror_options
@click.option("--name", default="", metavar="NAME", help="The torrent's name; that of the file or folder if not given.")
@click.option(
    "--torrent", "kept", metavar="FILE", type=click.Path(exists=True, dir_okay=False, resolve_path=True), default=None,
    help="A torrent that exists already: it stays as it is, and must be of this data.",
)  # fmt: skip
@click.option("--format", "format_", type=click.Choice(["hybrid", "v1", "v2"]), default=None, help="[default: hybrid]")
@click.option("--piece-length", type=SIZE, default=0, metavar="N", help="Bytes, or 1MiB; chosen from the files if not.")
@tracker_tiers.tracker_options
@click.option("--webseed", "web_seeds", multiple=True, metavar="URL", help="Where the same data is on the web.")
@click.option("--md5", is_flag=True, help="Also tell each file's MD5; slow.")
@click.option("--sha256-up-to", type=SIZE, default=None, metavar="N", help="Tell SHA-256 of files up to N bytes.")
@click.option("--follow-symlinks", is_flag=True, help="Take links inside the folder for what they point to.")
@click.option("--no-inspect", is_flag=True, help="Do not read extent, columns and times from the data.")
@click.option("--workers", type=click.IntRange(1, 256), default=None, metavar="N", help="Threads; one per core if not.")
@click.option("--dask", "cluster", metavar="ADDRESS", help="Hash on a Dask cluster: tcp://…, or local.")
@click.option("--no-resume", is_flag=True, help="Keep no record for continuing after an interruption.")
@click.option("--dry-run", is_flag=True, help="Show everything and write nothing.")
@output.json_option
@output.quiet_option
def publish(paths: tuple[str, ...], **options: Any) -> None:
    """Publish a file, a folder or URLs as a version of a dataset.

    Makes the torrent, the catalogue entry and a signed release of the catalogue. Fields that you do not give are
    taken from --metadata, from a datapackage.json or STAC file among the data, from the data itself, and from the
    version before. A published version never changes; the same data again is nothing new.

    With --mirror the data is also pushed to folders, object stores and archives (docs/mirrors.md), and every copy is
    proved before the version is in the catalogue. Whatever interrupts it, the same command or --resume goes on.
    """
    from seedbed.cli import publication, publication_pending  # noqa: PLC0415  # imports stay inside: --help must be quick

    if options["pending"]:
        publication_pending.show_pending(options["mirrors"])
    elif options["abandon"]:
        publication_pending.abandon(publish_options.one_name(paths))
    elif options["resume"]:
        _publish(*publication.restored(publish_options.one_name(paths), options))
    else:
        _publish(paths, options)


def _publish(paths: tuple[str, ...], options: dict[str, Any]) -> None:
    from seedbed.cli import publication  # noqa: PLC0415
    from seedbed.publishing import catalog_folder, flow, nesting  # noqa: PLC0415

    publish_options.check(paths, options)
    publication.check_mirrors(options["mirrors"])
    folder = catalog_options.catalog_folder(options["catalog"])
    options["catalog"] = str(folder)
    if "tiers" not in options:  # what was begun goes on as it began, whatever the settings say now
        options["tiers"] = tracker_tiers.tiers(options, publication.trackers_of(folder))
    request = _request(paths, options)
    known = catalog_folder.open_folder(folder)
    if isinstance(request.source, str):
        keys = catalog_options.keys_folder(options["keys_dir"])
        nesting.refuse_nested(Path(request.source), catalog=folder, keys=keys)
    with progress.bar("Inspecting") as report:
        prepared = flow.prepare(request, known, now=_now(), progress=report)
    for remark in prepared.remarks:
        output.say(output.plain(remark))
    if options["dry_run"]:
        with hashed(prepared.plan, options) as created:
            done = flow.release(prepared, created, known, now=_now(), is_trial=True)
    else:
        done = _release(prepared, paths, known, folder, options)
    _tell(done, folder, request, is_trial=options["dry_run"], mirrors=options["mirrors"])


def _now() -> dt.datetime:
    """The time in whole seconds: entries hold no finer ones."""
    return catalog_options.clock().replace(microsecond=0)


def _request(paths: tuple[str, ...], options: dict[str, Any]) -> Request:
    from seedbed.publishing.request import Request  # noqa: PLC0415

    return Request(
        dataset=options["dataset"],
        source=paths if are_urls(paths) else paths[0],
        version=options["version"],
        said=field_options.said(options),
        metadata_file=field_options.metadata_file(options),
        wish=publish_options.wish(options),
        name=options["name"],
        follow_symlinks=options["follow_symlinks"],
        goes_to_mirrors=bool(options["mirrors"]),
        inspects=not options["no_inspect"],
    )


def _release(
    prepared: Prepared, paths: tuple[str, ...], known: CatalogWithTorrents, folder: Path, options: dict[str, Any]
) -> Published:
    """Hash, then take the catalogue for the short part that needs it alone; the keys are tried before."""
    from seedbed.catalog.releasing.publisher import open_publisher  # noqa: PLC0415
    from seedbed.cli import publication  # noqa: PLC0415
    from seedbed.publishing import flow  # noqa: PLC0415

    opened = partial(
        open_publisher,
        folder,
        catalog_options.keys_folder(options["keys_dir"]),
        wait_s=options["wait_s"],
        now=_now,
        passphrase=functools.cache(passphrase.ask),
    )
    if options["mirrors"] or options["minter"]:
        return publication.publish(prepared, paths, options, publication.OwnCatalog(known, opened, _now))
    with opened() as publisher:
        publisher.refuse_unable()
    with hashed(prepared.plan, options) as created:
        if not isinstance(prepared.request.source, str):
            publication.prove_where_it_is(created)
        with opened() as publisher:
            return flow.release(prepared, created, publisher, now=_now())


def _tell(done: Published, folder: Path, request: Request, *, is_trial: bool, mirrors: tuple[str, ...]) -> None:
    from seedbed.cli import published_text  # noqa: PLC0415

    source = str(request.source) if isinstance(request.source, str) else ""
    text = published_text.text(done, folder, source, is_trial, mirrors)
    output.result(published_text.facts(done, folder), text)
