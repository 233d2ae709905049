# SPDX-License-Identifier: Apache-2.0
"""Whoever breaks into the published folder does not get their rows signed by the next honest release."""

from __future__ import annotations

import datetime as dt
import shutil
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from seedbed.catalog import paths
from seedbed.catalog.model import Site
from seedbed.catalog.releasing.founding import found
from seedbed.catalog.signing import keys, own_trust, roles
from seedbed.catalog.signing.key_ring import KeyRing
from seedbed.catalog.signing.roles import RoleKeys
from seedbed.errors import StateError, TrustError
from tests import publishers
from tests.tuf_client import NOW

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.publishers import Keeper


@pytest.fixture
def site(tmp_path: Path) -> Keeper:
    """A catalogue with a release."""
    keeper = publishers.keeper(tmp_path)
    with keeper.open() as publisher:
        publisher.release(publishers.change(publisher))
    return keeper


def other_rows(site: Keeper) -> None:
    """A row of the table is another one."""
    rows = [replace(one, title="Mine now") for one in site.tables.read_releases(site.folder / paths.CATALOG)]
    site.tables.write_catalog(site.folder / paths.CATALOG, rows, site.tables.read_site(site.folder / paths.CATALOG))


def other_files(site: Keeper) -> None:
    """The table of files is empty."""
    site.tables.write_files(site.folder / paths.FILES, [])


def other_log(site: Keeper) -> None:
    """The log forgets."""
    (site.folder / paths.RELEASES_LOG).write_bytes(b"")


@pytest.mark.parametrize("tamper", [other_rows, other_files, other_log])
def test_tables_that_were_not_signed_are_not_built_on(site: Keeper, tamper: Callable[[Keeper], None]) -> None:
    """The next release stops before it signs anything, and names the file."""
    tamper(site)
    with site.open() as publisher, pytest.raises(TrustError, match="it is not the one that was signed"):
        publisher.release(publishers.change(publisher, "lakes"))
    assert not (site.folder / ".pending").exists()


@pytest.mark.parametrize("name", ["1.root.json", "2.targets.json", "2.snapshot.json", "timestamp.json"])
def test_metadata_that_was_not_signed_is_noticed(site: Keeper, name: str) -> None:
    """A term that somebody made longer counts for nothing."""
    path = site.folder / "metadata" / name
    text = path.read_text()
    assert '"expires":"20' in text
    path.write_text(text.replace('"expires":"20', '"expires":"21'))
    with pytest.raises(TrustError), site.open():
        pass


def test_another_first_root_is_noticed(site: Keeper, tmp_path: Path) -> None:
    """Somebody put a catalogue of their own there, which lets our key sign too: it is not the one we know."""
    theirs = tmp_path / "theirs"
    mine = keys.read_public(site.keys / "a/a.pub")
    evil, online = keys.create(theirs, "evil"), keys.create(theirs, "their-online")
    holders = {role: RoleKeys((mine, evil)) for role in roles.PEOPLE}
    holders |= {role: RoleKeys((online,)) for role in roles.ONLINE}
    shutil.rmtree(site.folder)
    found(site.folder, Site("site"), holders, KeyRing([theirs]), now=lambda: NOW, tables=site.tables)

    with pytest.raises(TrustError, match="its first root is not the one that you know"), site.open():
        pass


def test_an_older_folder_is_noticed(site: Keeper, tmp_path: Path) -> None:
    """A backup put back by mistake, or a thief's copy: releases would get numbers that readers have seen."""
    shutil.copytree(site.folder, tmp_path / "backup")
    with site.open(now=NOW + dt.timedelta(days=1)) as publisher:
        publisher.release(publishers.change(publisher, "lakes"))
    shutil.rmtree(site.folder)
    shutil.copytree(tmp_path / "backup", site.folder)

    with pytest.raises(TrustError, match="targets: expected version 3 or newer, got 2") as caught, site.open():
        pass

    memory = site.keys / "a/site" / own_trust.MEMORY
    assert str(memory) in caught.value.hint
    memory.unlink()
    with site.open() as publisher:
        assert publisher.site.serial == 1


def test_a_damaged_memory_is_named(site: Keeper) -> None:
    """It is not taken for none."""
    memory = site.keys / "a/site" / own_trust.MEMORY
    memory.write_bytes(b"{")
    with pytest.raises(StateError, match=r"known\.json: cannot be read"), site.open():
        pass
