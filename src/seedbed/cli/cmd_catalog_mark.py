# SPDX-License-Identifier: Apache-2.0
"""``seedbed catalog deprecate`` and ``withdraw``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from seedbed.cli import catalog_options, output, passphrase
from seedbed.errors import InputError, NotFoundError

if TYPE_CHECKING:
    from seedbed.catalog.model import Release, Status

_reason_option = click.option(
    "--reason", default="", metavar="TEXT", help="What is wrong with it; people will read it."
)
_undo_option = click.option("--undo", is_flag=True, help="Take the mark away again.")


@click.command()
@click.argument("ref", metavar="ID[@VERSION]")
@_reason_option
@_undo_option
@catalog_options.catalog_option
@catalog_options.keys_option
@catalog_options.wait_option
@output.json_option
def deprecate(ref: str, *, reason: str, undo: bool, catalog: str, keys_dir: str, wait_s: float) -> None:
    """Say that a version should no longer be used, and why; the newest one if none is named.

    It can still be found and fetched; people are told.
    """
    _mark(ref, "active" if undo else "deprecated", reason=reason, catalog=catalog, keys_dir=keys_dir, wait_s=wait_s)


@click.command()
@click.argument("ref", metavar="ID[@VERSION]")
@_reason_option
@_undo_option
@catalog_options.catalog_option
@catalog_options.keys_option
@catalog_options.wait_option
@output.json_option
def withdraw(ref: str, *, reason: str, undo: bool, catalog: str, keys_dir: str, wait_s: float) -> None:
    """Say that a version must not be used, and why; the newest one if none is named.

    It keeps its place in the catalogue. Nodes stop fetching it; nobody's copy is deleted.
    """
    _mark(ref, "active" if undo else "withdrawn", reason=reason, catalog=catalog, keys_dir=keys_dir, wait_s=wait_s)


def _mark(text: str, status: Status, *, reason: str, catalog: str, keys_dir: str, wait_s: float) -> None:
    from seedbed.catalog import ids, versions  # noqa: PLC0415  # imports stay inside: --help must be quick
    from seedbed.catalog.model import Change  # noqa: PLC0415
    from seedbed.catalog.releasing.publisher import open_publisher  # noqa: PLC0415

    ref = ids.parse_ref(text)
    if status != "active" and not reason.strip():
        raise InputError(f"{ref}: a {status} version needs a reason", hint="--reason 'what is wrong with it'")
    folder, keys = catalog_options.catalog_folder(catalog), catalog_options.keys_folder(keys_dir)
    with open_publisher(folder, keys, wait_s=wait_s, now=catalog_options.clock, passphrase=passphrase.ask) as publisher:
        known = publisher.versions(ref.dataset)
        version = ref.version or _newest(known, ref.dataset)
        marked = versions.set_status(
            known, version, status, reason=reason, now=catalog_options.clock().replace(microsecond=0)
        )
        done = publisher.release(Change(marked))
    text = f"{marked[0].id}: {status}, in release {done.serial}."
    if not done.is_public:
        text += f"\n{catalog_options.what_is_missing(done.missing_signatures, folder)}"
    facts = {
        "id": marked[0].id, "status": status, "reason": marked[0].status_reason, "serial": done.serial,
        "is_public": done.is_public, "missing_signatures": done.missing_signatures,
    }  # fmt: skip
    output.result(facts, text)


def _newest(known: list[Release], dataset: str) -> str:
    from seedbed.catalog import versions  # noqa: PLC0415

    found = versions.newest(known)
    if found is None:
        raise NotFoundError(f"{dataset}: there is no such dataset in this catalogue")
    return found.version
