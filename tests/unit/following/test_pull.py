# SPDX-License-Identifier: Apache-2.0
"""Bringing a followed catalogue up to date: two at once, a disk that refuses, what is left behind."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest

from seedbed.api import catalog
from seedbed.api.home import Home
from seedbed.catalog import join_link
from seedbed.catalog.join_link import JoinLink
from seedbed.catalog.releasing import lock
from seedbed.catalog.trust.record import Record
from seedbed.catalog.trust.store import Store
from seedbed.errors import BusyError, SourceError, StateError
from seedbed.following import joined
from seedbed.following.pull import Ways, pull
from tests import followers
from tests.tuf_client import NOW

if TYPE_CHECKING:
    from pathlib import Path

    from tests.publishers import Keeper

AT_ONCE = Ways(uses_dht=False, wait_s=0)


@pytest.fixture(scope="module")
def keeper(tmp_path_factory: pytest.TempPathFactory) -> Keeper:
    """A catalogue with one version."""
    keeper = followers.keeper(tmp_path_factory.mktemp("keeper"))
    followers.publish(keeper, "rivers", "1")
    return keeper


@pytest.fixture
def link(keeper: Keeper) -> JoinLink:
    """Its join link."""
    root = (keeper.folder / "metadata/1.root.json").read_bytes()
    return JoinLink(hashlib.sha256(root).hexdigest(), (keeper.folder.as_uri() + "/",))


def test_two_pulls_of_one_catalogue_come_one_after_the_other(tmp_path: Path, link: JoinLink) -> None:
    """The second is told to wait; it takes nothing away from the first, also when it would have been its first."""
    home = Home(tmp_path / "home", tmp_path / "cache")
    found = joined.place_for(home.catalogs, link)
    found.store.make()

    with lock.held(found.store.folder, wait_s=0), pytest.raises(BusyError, match="another program is pulling"):
        catalog.pull(found, AT_ONCE, now=NOW)

    assert found.store.folder.is_dir()
    assert catalog.pull(found, AT_ONCE, now=NOW).adopted.is_new


def test_a_home_that_cannot_be_written_is_named(tmp_path: Path, link: JoinLink) -> None:
    """An error of ours, with the folder."""
    (tmp_path / "file").write_bytes(b"")

    with pytest.raises(StateError, match="file/a"):
        pull(Store(tmp_path / "file/a"), link, AT_ONCE, now=NOW)


def test_what_is_got_again_does_not_touch_what_is_in_use(tmp_path: Path, link: JoinLink) -> None:
    """The table of files is wanted later than the catalogue: until that is recorded, the first one is whole."""
    store = Store(tmp_path / "store")
    first = pull(store, link, Ways(uses_dht=False, with_files=False), now=NOW).adopted.active
    before = (store.release(first.folder) / "catalog.parquet").stat().st_ino

    second = pull(store, link, AT_ONCE, now=NOW).adopted.active

    assert second.serial == first.serial
    assert second.folder != first.folder
    assert second.files_sha256
    assert (store.release(first.folder) / "catalog.parquet").stat().st_ino == before
    assert pull(store, link, AT_ONCE, now=NOW).adopted.active == second


def test_a_suspicion_ends_when_what_we_hold_is_seen_signed(tmp_path: Path, link: JoinLink) -> None:
    """Also when there is no newer release."""
    store = Store(tmp_path / "store")
    pull(store, link, AT_ONCE, now=NOW)
    with Record(store.record_path) as record:
        record.suspicion = "two mirrors show an old one"

    assert not pull(store, link, AT_ONCE, now=NOW).adopted.is_new
    with Record(store.record_path) as record:
        assert not record.suspicion


def test_nothing_is_left_behind(tmp_path: Path, link: JoinLink) -> None:
    """No work, no drafts; the link is there whole."""
    found = joined.place_for(tmp_path / "catalogs", link)
    catalog.pull(found, AT_ONCE, now=NOW)

    names = {path.name for path in found.store.folder.iterdir()}
    assert names == {".lock", "link", "metadata", "releases", "trust.db"}
    assert join_link.parse((found.store.folder / "link").read_text()) == link


def test_a_catalogue_that_cannot_be_left_is_told(tmp_path: Path, link: JoinLink) -> None:
    """It is still followed, so nobody is told that it is not."""
    home = Home(tmp_path / "home", tmp_path / "cache")
    found = joined.place_for(home.catalogs, link)
    catalog.pull(found, AT_ONCE, now=NOW)
    found.store.folder.rename(tmp_path / "elsewhere")
    found.store.folder.symlink_to(tmp_path / "elsewhere")

    with pytest.raises(StateError, match="still followed"):
        joined.forget(found)


def test_a_web_server_of_ones_own_network_is_not_to_be_tried_again_later(tmp_path: Path) -> None:
    """It is refused until it is allowed, and the hint does not say otherwise."""
    home = Home(tmp_path / "home", tmp_path / "cache")
    found = joined.place_for(home.catalogs, JoinLink("ab" * 32, ("http://127.0.0.1:9/",)))

    with pytest.raises(SourceError, match="allowed with --lan") as caught:
        catalog.pull(found, AT_ONCE, now=NOW)

    assert "later" not in caught.value.hint
