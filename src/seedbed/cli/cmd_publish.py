# SPDX-License-Identifier: Apache-2.0
"""``seedbed publish``."""

from __future__ import annotations

import functools
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from seedbed.cli import catalog_options, output, passphrase, progress
from seedbed.cli.hashing import hashed
from seedbed.cli.wish import SIZE, are_urls, wish_of

if TYPE_CHECKING:
    import datetime as dt

    from seedbed.publishing.request import Prepared, Published, Request

_FIELDS = (
    "title", "description", "license", "license_url", "doi", "concept_doi", "citation", "keywords", "providers",
    "bbox", "time", "language", "jurisdiction", "collection", "source_url", "source_portal", "source_id",
    "source_access", "threat",
)  # fmt: skip
"""Options that say something of the dataset, under their names in metadata files."""


@click.command()
@click.argument("paths", nargs=-1, required=True, metavar="PATH|URL...")
@click.option("--dataset", required=True, metavar="ID", help="The dataset's name in the catalogue, such as mx-rivers.")
@click.option("--version", default="", metavar="V", help="Of this data; today's date if not given.")
@catalog_options.catalog_option
@catalog_options.keys_option
@catalog_options.wait_option
@click.option("--metadata", "metadata_file", metavar="FILE", help="The fields below in a YAML or JSON file.")
@click.option("--title", metavar="TEXT")
@click.option("--description", metavar="TEXT")
@click.option("--license", metavar="SPDX", help="Such as CC-BY-4.0, or 'other' with --license-url.")
@click.option("--license-url", metavar="URL", help="The text of a licence that is called 'other'.")
@click.option("--doi", metavar="DOI", help="Of this version.")
@click.option("--concept-doi", metavar="DOI", help="Of all versions together.")
@click.option("--citation", metavar="TEXT", help="How to cite this version.")
@click.option("--keyword", "keywords", multiple=True, metavar="WORD", help="Repeat for more.")
@click.option(
    "--provider", "providers", multiple=True, metavar="'NAME <URL> (ROLES)'", help="Who made or keeps it; repeat."
)
@click.option("--bbox", metavar="W,S,E,N", help="Degrees; read from the data if not given.")
@click.option("--time", metavar="TIME", help="What the data is about: 2024, 2024-05-01, 2020/2024 …")
@click.option("--language", metavar="TAG", help="Of the data and its title, such as es-MX.")
@click.option("--jurisdiction", metavar="CODE", help="Whose data it is, such as MX; its extent if the data has none.")
@click.option("--collection", metavar="ID", help="A group of datasets.")
@click.option("--source-url", metavar="URL", help="Where the data was taken from.")
@click.option("--source-portal", metavar="TEXT", help="The portal it was taken from.")
@click.option("--source-id", metavar="TEXT", help="What the portal calls it.")
@click.option("--source-access", type=click.Choice(["open", "restricted", "gone"]), help="Whether it can be had there.")
@click.option("--threat", type=click.Choice(["none", "watch", "at-risk", "gone"]), help="Whether it may vanish there.")
@click.option("--name", default="", metavar="NAME", help="The torrent's name; that of the file or folder if not given.")
@click.option("--format", "format_", type=click.Choice(["hybrid", "v1", "v2"]), default=None, help="[default: hybrid]")
@click.option("--piece-length", type=SIZE, default=0, metavar="N", help="Bytes, or 1MiB; chosen from the files if not.")
@click.option("--tracker", "trackers", multiple=True, metavar="URL", help="Repeat for more.")
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
    """
    from seedbed.publishing import catalog_folder, flow  # noqa: PLC0415  # imports stay inside: --help must be quick

    folder = catalog_options.catalog_folder(options["catalog"])
    request = _request(paths, options)
    known = catalog_folder.open_folder(folder)
    with progress.bar("Inspecting") as report:
        prepared = flow.prepare(request, known, now=_now(), progress=report)
    for remark in prepared.remarks:
        output.say(output.plain(remark))
    if options["dry_run"]:
        with hashed(prepared.plan, options) as created:
            done = flow.release(prepared, created, known, now=_now(), is_trial=True)
    else:
        done = _release(prepared, folder, options)
    _tell(done, folder, request, is_trial=options["dry_run"])


def _now() -> dt.datetime:
    """The time in whole seconds: entries hold no finer ones."""
    return catalog_options.clock().replace(microsecond=0)


def _request(paths: tuple[str, ...], options: dict[str, Any]) -> Request:
    from seedbed.publishing.request import Request  # noqa: PLC0415

    metadata_file = options["metadata_file"]
    given = {key: options[key] for key in _FIELDS}
    return Request(
        dataset=options["dataset"],
        source=paths if are_urls(paths) else paths[0],
        version=options["version"],
        said={key: value for key, value in given.items() if value not in {None, ()}},
        metadata_file=Path(metadata_file) if metadata_file else None,
        wish=wish_of(options),
        name=options["name"],
        follow_symlinks=options["follow_symlinks"],
        inspects=not options["no_inspect"],
    )


def _release(prepared: Prepared, folder: Path, options: dict[str, Any]) -> Published:
    """Hash, then take the catalogue for the short part that needs it alone; the keys are tried before."""
    from seedbed.catalog.releasing.publisher import open_publisher  # noqa: PLC0415
    from seedbed.publishing import flow  # noqa: PLC0415

    opened = partial(
        open_publisher,
        folder,
        catalog_options.keys_folder(options["keys_dir"]),
        wait_s=options["wait_s"],
        now=_now,
        passphrase=functools.cache(passphrase.ask),
    )
    with opened() as publisher:
        publisher.refuse_unable()
    with hashed(prepared.plan, options) as created, opened() as publisher:
        return flow.release(prepared, created, publisher, now=_now())


def _tell(done: Published, folder: Path, request: Request, *, is_trial: bool) -> None:
    from seedbed.cli import published_text  # noqa: PLC0415

    text = published_text.text(done, folder, str(request.source) if isinstance(request.source, str) else "", is_trial)
    output.result(published_text.facts(done, folder), text)
