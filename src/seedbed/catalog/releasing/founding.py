# SPDX-License-Identifier: Apache-2.0
"""A new catalogue: an empty folder becomes one with no rows, signed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seedbed.catalog import paths
from seedbed.catalog.releasing import building, finishing, lock
from seedbed.catalog.releasing.disk import Disk, as_our_error
from seedbed.catalog.releasing.stage import PENDING, Stage
from seedbed.catalog.releasing.workplace import Workplace, default_tables
from seedbed.catalog.signing import changes, keys, roles
from seedbed.errors import InputError, StateError

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from seedbed.catalog.model import Site
    from seedbed.catalog.releasing.finishing import Outcome
    from seedbed.catalog.releasing.tables import Tables
    from seedbed.catalog.signing.key_ring import KeyRing
    from seedbed.catalog.signing.roles import RoleKeys


def refuse_existing(folder: Path) -> None:
    """Do nothing when a catalogue may be founded here.

    Raises:
        InputError: there is one, or something else that would be overwritten.
    """
    for name in (paths.METADATA, PENDING, paths.CATALOG, paths.FILES, paths.STAC_ROOT):
        if (folder / name).exists():
            raise InputError(
                f"{folder}: {name} is there already",
                hint="seedbed catalog status shows an existing catalogue. A new one needs a folder of its own.",
            )


def found(
    folder: Path,
    site: Site,
    holders: Mapping[str, RoleKeys],
    ring: KeyRing,
    *,
    now: Callable[[], dt.datetime],
    pointer: str = "",
    tables: Tables | None = None,
    disk: Disk | None = None,
) -> Outcome:
    """Make a catalogue without rows.

    Args:
        folder: Made when it is not there.
        site: What it says of itself; its serial is 0.
        holders: Role -> who signs, for all four roles.
        ring: The keys at hand.
        now: The clock.
        pointer: Public key of the DHT pointer, 64 hex digits.
        tables: Writes rows; Parquet when none is given.
        disk: What is done to the disk.

    Returns:
        Whether it is public, or waits for the signatures of others.

    Raises:
        InputError: something is there already, or a role could never be signed for.
        SigningKeyError: the keys lie inside the folder, none is here, or one does not open.
        StateError: the disk refused.
    """
    for keys_folder in ring.folders:
        keys.refuse_inside(folder, keys_folder)
    for role in roles.ALL:
        roles.check(role, holders[role])
    finishing.open_own_keys(holders[roles.ROOT], ring)
    if folder.exists() and not folder.is_dir():
        raise InputError(f"{folder}: expected a folder, got a file")
    disk = disk or Disk()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StateError(f"{folder}: cannot be made: {error.strerror}") from error
    with lock.held(folder, wait_s=0):
        place = Workplace(folder, ring, tables or default_tables(), now, disk, Stage(folder, disk))
        place.stage.recover()
        refuse_existing(folder)
        return _found(place, site, holders, pointer)


def _found(place: Workplace, site: Site, holders: Mapping[str, RoleKeys], pointer: str) -> Outcome:
    try:
        place.stage.begin()
        built = building.empty(place.stage, place.tables, site)
        now = place.now()
        draft = changes.found(site.id, holders, built.targets, now=now, pointer=pointer)
        return finishing.finish(place, draft, now=now, note={"kind": "founding", "serial": 0})
    except OSError as error:
        raise as_our_error(error, place.folder) from error
    finally:
        place.stage.drop_half_made()
