# SPDX-License-Identifier: Apache-2.0
"""Options that say something of a dataset, shared by ``publish`` and ``catalog edit`` (docs/metadata.md)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Command = TypeVar("Command", bound=Callable[..., Any])

_FIELDS = (
    "title", "description", "license", "license_url", "doi", "concept_doi", "citation", "keywords", "providers",
    "bbox", "time", "language", "jurisdiction", "collection", "source_url", "source_portal", "source_id",
    "source_access", "threat",
)  # fmt: skip
"""Options that say something of the dataset, under their names in metadata files."""

_OPTIONS = (
    click.option("--metadata", "metadata_file", metavar="FILE", help="The fields below in a YAML or JSON file."),
    click.option("--title", metavar="TEXT"),
    click.option("--description", metavar="TEXT"),
    click.option("--license", metavar="SPDX", help="Such as CC-BY-4.0, or 'other' with --license-url."),
    click.option("--license-url", metavar="URL", help="The text of a licence that is called 'other'."),
    click.option("--doi", metavar="DOI", help="Of this version."),
    click.option("--concept-doi", metavar="DOI", help="Of all versions together."),
    click.option("--citation", metavar="TEXT", help="How to cite this version."),
    click.option("--keyword", "keywords", multiple=True, metavar="WORD", help="Repeat for more."),
    click.option(
        "--provider", "providers", multiple=True, metavar="'NAME <URL> (ROLES)'", help="Who made or keeps it; repeat."
    ),
    click.option("--bbox", metavar="W,S,E,N", help="Degrees; read from the data if not given."),
    click.option("--time", metavar="TIME", help="What the data is about: 2024, 2024-05-01, 2020/2024 …"),
    click.option("--language", metavar="TAG", help="Of the data and its title, such as es-MX."),
    click.option(
        "--jurisdiction", metavar="CODE", help="Whose data it is, such as MX; its extent if the data has none."
    ),
    click.option("--collection", metavar="ID", help="A group of datasets."),
    click.option("--source-url", metavar="URL", help="Where the data was taken from."),
    click.option("--source-portal", metavar="TEXT", help="The portal it was taken from."),
    click.option("--source-id", metavar="TEXT", help="What the portal calls it."),
    click.option(
        "--source-access", type=click.Choice(["open", "restricted", "gone"]), help="Whether it can be had there."
    ),
    click.option(
        "--threat", type=click.Choice(["none", "watch", "at-risk", "gone"]), help="Whether it may vanish there."
    ),
)


def field_options(command: Command) -> Command:
    """Give a command the options; their values are read by :func:`said` and :func:`metadata_file`."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def said(options: Mapping[str, Any]) -> dict[str, Any]:
    """Field -> value, of the options that were given."""
    given = {key: options[key] for key in _FIELDS}
    return {key: value for key, value in given.items() if value not in {None, ()}}


def metadata_file(options: Mapping[str, Any]) -> Path | None:
    """The file that was given."""
    path = options["metadata_file"]
    return Path(path) if path else None
