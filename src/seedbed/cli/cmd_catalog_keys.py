# SPDX-License-Identifier: Apache-2.0
"""``seedbed catalog key``, ``add-key`` and ``rotate``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from seedbed.cli import catalog_options, output, passphrase

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from seedbed.catalog.releasing.finishing import Outcome
    from seedbed.catalog.releasing.workplace import Workplace
    from seedbed.catalog.signing.public_key import PublicKey

_ROLES = {
    "root": ("root",),
    "targets": ("targets",),
    "people": ("root", "targets"),
    "online": ("snapshot", "timestamp"),
}
_role_argument = click.argument("role", type=click.Choice(list(_ROLES)))


@click.group()
def key() -> None:
    """Make and show the keys of a person."""


@key.command()
@click.argument("name", metavar="NAME")
@click.option("--passphrase", "with_passphrase", is_flag=True, help="Lock it with a passphrase (asked for).")
@catalog_options.keys_option
@output.json_option
def new(name: str, *, with_passphrase: bool, keys_dir: str) -> None:
    """Make a key for yourself, called NAME, and show its public half to hand over."""
    from seedbed.catalog.signing import keys, public_key  # noqa: PLC0415  # imports stay inside: --help must be quick

    folder = catalog_options.keys_folder(keys_dir)
    public_key.check_name(name)
    made = keys.create(folder, name, passphrase=passphrase.choose() if with_passphrase else "")
    public = folder / f"{name}{keys.PUBLIC_SUFFIX}"
    facts = {"name": name, "public": made.public_hex, "public_file": str(public), "folder": str(folder)}
    lines = [
        f"Your private key is {public.with_suffix(keys.KEY_SUFFIX)}: copy it to a safe place, and give it to nobody.",
        f"Hand over {public}, which says:",
        public_key.render(made),
    ]
    output.result(facts, "\n".join(lines))


@click.command("add-key")
@_role_argument
@click.argument("public", metavar="FILE.pub")
@click.option("--threshold", type=click.IntRange(1, 100), default=None, metavar="N", help="How many must sign then.")
@catalog_options.catalog_option
@catalog_options.keys_option
@catalog_options.wait_option
@output.json_option
def add_key(role: str, public: str, *, threshold: int | None, catalog: str, keys_dir: str, wait_s: float) -> None:
    """Let the key in FILE.pub sign for ROLE.

    'people' means root and targets, 'online' means snapshot and timestamp. As many people as root needs must agree:
    where that is more than one, the others run 'seedbed catalog sign'.
    """
    from seedbed.catalog.releasing import upkeep  # noqa: PLC0415
    from seedbed.catalog.signing import keys  # noqa: PLC0415

    new_key = keys.read_public(Path(public))
    folder = catalog_options.catalog_folder(catalog)
    with _opened(folder, keys_dir, wait_s) as place:
        done = upkeep.add_key(place, _ROLES[role], new_key, threshold=threshold or 0)
    _tell(done, {"role": role, "added": str(new_key)}, f"{new_key} may sign for {role}.", folder)


@click.command()
@_role_argument
@click.option("--old", default="", metavar="NAME", help="Which key goes, where there are several.")
@click.option(
    "--new", "public", default="", metavar="FILE.pub", help="Which key comes; a new one is made if not given."
)
@click.option("--passphrase", "with_passphrase", is_flag=True, help="Lock the new key with a passphrase (asked for).")
@catalog_options.catalog_option
@catalog_options.keys_option
@catalog_options.wait_option
@output.json_option
def rotate(
    role: str, *, old: str, public: str, with_passphrase: bool, catalog: str, keys_dir: str, wait_s: float
) -> None:
    """Put a new key in the place of an old one, for ROLE.

    For a key that was lost or stolen, or has served long enough. 'people' means root and targets, 'online' means
    snapshot and timestamp. Readers follow by themselves; their link stays the same.
    """
    from seedbed.catalog.releasing import upkeep  # noqa: PLC0415
    from seedbed.catalog.signing import keys  # noqa: PLC0415

    folder = catalog_options.catalog_folder(catalog)
    with _opened(folder, keys_dir, wait_s) as place:
        gone = upkeep.key_called(place, _ROLES[role], old)
        upkeep.open_root_keys(place)
        come = keys.read_public(Path(public)) if public else _next_key(place, gone, with_passphrase=with_passphrase)
        done = upkeep.rotate(place, _ROLES[role], gone, come)
    facts = {"role": role, "old": str(gone), "new": str(come)}
    _tell(done, facts, f"{come} signs for {role} in the place of {gone}.", folder)


def _opened(folder: Path, keys_dir: str, wait_s: float) -> AbstractContextManager[Workplace]:
    from seedbed.catalog.releasing.workplace import open_workplace  # noqa: PLC0415

    where = catalog_options.keys_folder(keys_dir)
    return open_workplace(folder, where, wait_s=wait_s, now=catalog_options.clock, passphrase=passphrase.ask)


def _next_key(place: Workplace, gone: PublicKey, *, with_passphrase: bool) -> PublicKey:
    """A new key beside the catalogue's others: ``online-2`` after ``online``."""
    from seedbed.catalog.signing import keys  # noqa: PLC0415

    folder = place.ring.folders[-1]
    name, _, number = gone.name.rpartition("-")
    stem, count = (name, int(number)) if name and number.isdecimal() else (gone.name, 1)
    while (folder / f"{stem}-{count + 1}{keys.KEY_SUFFIX}").exists():
        count += 1
    made = keys.create(folder, f"{stem}-{count + 1}", passphrase=passphrase.choose() if with_passphrase else "")
    place.ring.look_again()
    return made


def _tell(done: Outcome, facts: dict[str, str], text: str, folder: Path) -> None:
    if not done.is_public:
        text = (
            f"Staged: {text}\nIt waits for {done.missing_signatures} more signature(s): seedbed catalog sign {folder}"
        )
    output.result({**facts, "is_public": done.is_public, "missing_signatures": done.missing_signatures}, text)
