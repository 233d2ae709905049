# SPDX-License-Identifier: Apache-2.0
"""``seedbed catalog edit``."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from seedbed.cli import catalog_options, field_options, output, passphrase

if TYPE_CHECKING:
    from pathlib import Path

    from seedbed.catalog.ids import Ref


@click.command()
@click.argument("ref", metavar="ID[@VERSION]")
@field_options.field_options
@catalog_options.catalog_option
@catalog_options.keys_option
@catalog_options.wait_option
@output.json_option
@output.quiet_option
def edit(ref: str, **options: Any) -> None:
    """Change what is said of a version, such as its DOI or a better description; the newest one if none is named.

    Its data, torrent and info-hash stay what they are. Fields that you do not give stay, too.
    """
    from seedbed.catalog import ids  # noqa: PLC0415  # imports stay inside: --help must be quick
    from seedbed.catalog.releasing.publisher import open_publisher  # noqa: PLC0415
    from seedbed.publishing import editing  # noqa: PLC0415

    wanted = ids.parse_ref(ref)
    folder = catalog_options.catalog_folder(options["catalog"])
    keys, clock = catalog_options.keys_folder(options["keys_dir"]), catalog_options.clock
    with open_publisher(folder, keys, wait_s=options["wait_s"], now=clock, passphrase=passphrase.ask) as publisher:
        newest = next((one.version for one in publisher.versions(wanted.dataset) if one.latest), "")
        done = editing.edit(
            ids.Ref(wanted.dataset, wanted.version or newest),
            publisher,
            said=field_options.said(options),
            file=field_options.metadata_file(options),
            package=_descriptor(folder, ids.Ref(wanted.dataset, wanted.version or newest)),
            now=clock().replace(microsecond=0),
        )
    released = done.released
    facts = {
        "id": done.release.id, "changed": list(done.changed), "serial": released.serial if released else None,
        "is_public": released.is_public if released else None,
        "missing_signatures": released.missing_signatures if released else None,
    }  # fmt: skip
    output.result(facts, _text(done, folder))


def _text(done: Any, folder: Path) -> str:
    if done.released is None:
        return f"{done.release.id}: nothing changed; that is what is said of it already."
    text = f"{done.release.id}: changed {', '.join(done.changed)}, in release {done.released.serial}."
    if not done.released.is_public:
        text += f"\n{catalog_options.what_is_missing(done.released.missing_signatures, folder)}"
    return text


def _descriptor(folder: Path, ref: Ref) -> dict[str, Any]:
    """The version's Data Package descriptor; empty when there is none that can be read."""
    from seedbed.catalog import paths  # noqa: PLC0415

    try:
        found = json.loads((folder / paths.datapackage(ref.dataset, ref.version)).read_bytes())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
