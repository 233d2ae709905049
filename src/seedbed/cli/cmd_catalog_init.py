# SPDX-License-Identifier: Apache-2.0
"""``seedbed catalog init``."""

from __future__ import annotations

import os
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from seedbed.cli import catalog_options, output, passphrase
from seedbed.cli.wish import check_tracker
from seedbed.errors import InputError, StateError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from seedbed.catalog.releasing.finishing import Outcome
    from seedbed.catalog.releasing.status import CatalogStatus
    from seedbed.catalog.signing.public_key import PublicKey
    from seedbed.catalog.signing.roles import RoleKeys

_MEANINGS = {
    "root": "changes who may sign; keep a copy of it away from this machine",
    "targets": "signs each release",
    "online": "says every day that the newest release still is the newest",
    "pointer": "says on the DHT where the newest release is; it can sign nothing",
}


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What the person asked for."""

    folder: Path
    keys: Path
    """The folder of all keys."""
    site_id: str
    with_passphrase: bool
    threshold: int
    people: tuple[PublicKey, ...]
    """Public keys of a team; empty for one person."""


@click.command()
@click.argument("folder", metavar="DIR")
@click.option("--id", "site_id", metavar="ID", default="", help="A short name; the folder's if not given.")
@click.option("--title", default="", metavar="TEXT", help="What people call it.")
@click.option("--description", default="", metavar="TEXT", help="What is in it.")
@click.option("--url", default="", metavar="URL", help="Where the folder will be published.")
@click.option(
    "--tracker", "trackers", multiple=True, metavar="URL",
    help="The community's tracker: the first that each torrent published here names; repeat for its other wires.",
)  # fmt: skip
@click.option("--passphrase", "with_passphrase", is_flag=True, help="Lock your keys with a passphrase (asked for).")
@click.option(
    "--threshold", type=click.IntRange(1, 100), default=None, metavar="N", help="People who must sign a release."
)
@click.option(
    "--keys", "keys_given", multiple=True, metavar="FILE,…", help="Public keys of a team, made by 'catalog key new'."
)
@catalog_options.keys_option
@output.json_option
@output.quiet_option
def init(
    folder: str, *, site_id: str, title: str, description: str, url: str, with_passphrase: bool, threshold: int | None,
    keys_given: tuple[str, ...], keys_dir: str, trackers: tuple[str, ...],
) -> None:  # fmt: skip
    """Make a new catalogue in DIR, with its keys.

    Alone, you need no options: your keys are made outside of DIR, and the catalogue is ready. A team first makes a key
    for each person ('seedbed catalog key new NAME'); one of them gives all public keys with --keys, and says with
    --threshold how many must sign; the others then add their signatures with 'seedbed catalog sign'.
    """
    from seedbed.api.home import Home  # noqa: PLC0415  # imports stay inside: --help must be quick
    from seedbed.catalog.model import Site  # noqa: PLC0415
    from seedbed.catalog.releasing import founding  # noqa: PLC0415
    from seedbed.catalog.signing.key_ring import KeyRing  # noqa: PLC0415

    for tracker in trackers:
        check_tracker(tracker)
    wanted = _Wanted(
        Path(folder), catalog_options.keys_folder(keys_dir), _site_id(folder, site_id), with_passphrase,
        threshold or 1, _people(keys_given, threshold),
    )  # fmt: skip
    site = Site(wanted.site_id, title, description, _url(url), tracker=" ".join(trackers))
    _refuse(wanted)
    own = wanted.keys / wanted.site_id
    holders, pointer = _make_keys(wanted)
    ring = KeyRing([wanted.keys, own], passphrase=passphrase.ask)
    done = founding.found(wanted.folder, site, holders, ring, now=catalog_options.clock, pointer=pointer.public_hex)
    Home.of_environment().remember_published(wanted.folder)
    _tell(wanted, done)


def _site_id(folder: str, given: str) -> str:
    from seedbed.catalog import ids  # noqa: PLC0415

    if given:
        try:
            return ids.check_dataset(given)
        except InputError as error:
            raise InputError(error.message.replace("dataset", "--id", 1), hint=error.hint) from error
    name = ids.slug(Path(folder).resolve().name)
    if not name:
        raise InputError(f"{folder}: no id can be made of the folder's name", hint="Give one with --id.")
    return name


def _people(given: tuple[str, ...], threshold: int | None) -> tuple[PublicKey, ...]:
    from seedbed.catalog.signing import keys  # noqa: PLC0415

    files = [Path(part) for text in given for part in text.split(",") if part]
    if threshold is not None and not files:
        raise InputError(
            "--threshold: it needs the public keys of the people",
            hint="seedbed catalog key new NAME makes a key for each; give the .pub files with --keys.",
        )
    return tuple(keys.read_public(path) for path in files)


def _url(url: str) -> str:
    if not url:
        return ""
    if not url.startswith(("https://", "http://", "file:///")) or "?" in url or "#" in url:
        raise InputError(f"--url {url!r}: expected the address of a folder, such as https://data.example/catalog/")
    return url if url.endswith("/") else url + "/"


def _refuse(wanted: _Wanted) -> None:
    """All that can be refused before a key is made."""
    from seedbed.catalog.releasing import founding  # noqa: PLC0415
    from seedbed.catalog.signing import keys, own_trust, roles  # noqa: PLC0415

    keys.refuse_inside(wanted.folder, wanted.keys)
    founding.refuse_existing(wanted.folder)
    own = wanted.keys / wanted.site_id
    if (own / own_trust.MEMORY).exists():  # with one pointer key, two catalogues would fight over one pointer
        raise InputError(
            f"{own}: these are the keys of another catalogue that is called {wanted.site_id!r}",
            hint="--id gives this one a name of its own, --keys-dir a place of its own for its keys.",
        )
    _refuse_unwritable(wanted.folder)
    if wanted.people:
        roles.check("root", roles.RoleKeys(wanted.people, wanted.threshold))


def _refuse_unwritable(folder: Path) -> None:
    above = next(place for place in (folder, *folder.absolute().parents) if place.exists())
    if not above.is_dir():
        raise InputError(f"{above}: expected a folder, got a file")
    if not os.access(above, os.W_OK | os.X_OK):
        raise StateError(f"{above}: it cannot be written to", hint="Choose a folder of your own.")


def _make_keys(wanted: _Wanted) -> tuple[Mapping[str, RoleKeys], PublicKey]:
    """Keys of the four roles, and of the DHT pointer; those that an earlier try made are used."""
    from seedbed.catalog.signing import roles  # noqa: PLC0415

    own = wanted.keys / wanted.site_id
    secret = passphrase.choose() if wanted.with_passphrase and not wanted.people else ""
    online, pointer = _key(own, "online", ""), _key(own, "pointer", "")
    holders = {role: roles.RoleKeys((online,)) for role in roles.ONLINE}
    for role in roles.PEOPLE:
        people = wanted.people or (_key(own, role, secret),)
        holders[role] = roles.RoleKeys(people, wanted.threshold)
    return holders, pointer


def _key(folder: Path, name: str, secret: str) -> PublicKey:
    from seedbed.catalog.signing import keys  # noqa: PLC0415

    known = folder / f"{name}{keys.PUBLIC_SUFFIX}"
    return keys.read_public(known) if known.exists() else keys.create(folder, name, passphrase=secret)


def _tell(wanted: _Wanted, done: Outcome) -> None:
    from seedbed.catalog.releasing import status, workplace  # noqa: PLC0415

    found = status.read(workplace.look_at(wanted.folder, now=catalog_options.clock))
    own = wanted.keys / wanted.site_id
    facts: dict[str, Any] = {
        "folder": str(wanted.folder), "id": wanted.site_id, "keys_dir": str(own), "is_public": done.is_public,
        "missing_signatures": done.missing_signatures, "join_link": _link(found),
        "expires": {one.role: one.expires.isoformat() for one in found.roles},
    }  # fmt: skip
    output.result(facts, "\n".join(_lines(wanted, done, found)))


def _lines(wanted: _Wanted, done: Outcome, found: CatalogStatus) -> list[str]:
    own = wanted.keys / wanted.site_id
    lines = [f"The catalogue {wanted.site_id} is in {wanted.folder}. It has no datasets yet.", ""]
    lines += [f"Keys are in {own}. Copy this folder to a safe place now:"]
    made = [name for name in _MEANINGS if (own / f"{name}.key").exists()]
    lines += [f"  {name}.key".ljust(16) + _MEANINGS[name] for name in made]
    if not done.is_public:
        return [*lines, "", catalog_options.what_is_missing(done.missing_signatures, wanted.folder)]
    lines += ["", "Readers join with this link; give it where people know that it is from you:", f"  {_link(found)}"]
    lines += ["", "What expires when:"]
    lines += [f"  {one.role.ljust(10)} {one.expires:%Y-%m-%d}" for one in found.roles]
    lines += [
        f"To keep it alive, let a timer run every day: seedbed catalog sign --refresh {shlex.quote(str(wanted.folder))}"
    ]
    return [*lines, f"Next: seedbed publish PATH --dataset ID --catalog {shlex.quote(str(wanted.folder))}"]


def _link(found: CatalogStatus) -> str:
    from seedbed.catalog import join_link  # noqa: PLC0415

    return join_link.render(found.link) if found.link else ""
