# SPDX-License-Identifier: Apache-2.0
"""A catalogue is opened by whatever a person has of it, and says what is missing."""

from __future__ import annotations

import datetime as dt
import hashlib
from typing import TYPE_CHECKING

import pytest

from seedbed.api import catalog as api
from seedbed.api.catalog import Catalog
from seedbed.api.home import Home
from seedbed.catalog import join_link
from seedbed.catalog.join_link import JoinLink
from seedbed.catalog.trust.record import Record
from seedbed.errors import InputError, NotFoundError
from seedbed.following import joined
from seedbed.following.pull import Ways
from tests import followers
from tests.tuf_client import NOW

if TYPE_CHECKING:
    from pathlib import Path

    from tests.publishers import Keeper


@pytest.fixture(scope="module")
def keeper(tmp_path_factory: pytest.TempPathFactory) -> Keeper:
    """A catalogue with two versions of one dataset and one of another."""
    made = followers.keeper(tmp_path_factory.mktemp("published"))
    for dataset, version in (("rivers", "1"), ("rivers", "2"), ("wells", "1")):
        followers.publish(made, dataset, version)
    return made


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A machine where nothing is known yet."""
    return Home(tmp_path / "data", tmp_path / "cache")


def link_to(keeper: Keeper) -> str:
    """The join link of its folder."""
    root = hashlib.sha256((keeper.folder / "metadata/1.root.json").read_bytes()).hexdigest()
    return join_link.render(JoinLink(root, (f"file://{keeper.folder}/",)))


def test_a_published_folder_is_opened_as_it_is(keeper: Keeper, home: Home) -> None:
    """The keeper looks at their own work without following themselves."""
    with Catalog.open(keeper.folder, home=home) as catalog:
        assert catalog.get("rivers").version == "2"
        assert catalog.get("rivers@1").latest is False
        assert [one.version for one in catalog.versions("rivers")] == ["1", "2"]
        assert [one.id for one in catalog.search("rivers").releases] == ["rivers@2"]
        assert [one.path for one in catalog.files(catalog.get("wells"))] == ["0.csv", "1.csv"]


def test_the_only_own_catalogue_needs_no_name(keeper: Keeper, home: Home) -> None:
    """Who publishes one and follows none means that one."""
    home.remember_published(keeper.folder)

    with Catalog.open(home=home) as catalog:
        assert catalog.index.count() == 3


def test_a_followed_catalogue_is_opened_by_name_link_or_alone(keeper: Keeper, home: Home) -> None:
    """A link joins when it is new; afterwards nothing needs to be said."""
    link = link_to(keeper)
    place = joined.place_for(home.catalogs, join_link.parse(link))
    api.pull(place, Ways(uses_dht=False), now=NOW)

    for where in (link, "site", ""):
        with Catalog.open(where, home=home) as catalog:
            assert catalog.name == "site"
            assert catalog.index.count() == 3


def test_a_catalogue_that_was_not_renewed_says_so(keeper: Keeper, home: Home) -> None:
    """What was pulled long ago still answers, with a word of warning; a fresh one needs none."""
    place = joined.place_for(home.catalogs, join_link.parse(link_to(keeper)))
    api.pull(place, Ways(uses_dht=False), now=NOW)
    with Record(place.store.record_path) as record:
        record.trusted_time = dt.datetime.now(dt.UTC)
        record.expires = dt.datetime.now(dt.UTC) + dt.timedelta(days=1)
    with Catalog.open(home=home) as catalog:
        assert catalog.warning == ""

    with Record(place.store.record_path) as record:
        record.expires = dt.datetime.now(dt.UTC) - dt.timedelta(days=3)
    with Catalog.open(home=home) as catalog:
        assert "is stale: its timestamp expired 3 days ago" in catalog.warning
        assert catalog.get("wells").version == "1"


def test_a_release_is_found_by_its_hashes(keeper: Keeper, home: Home) -> None:
    """Info-hash, or the SHA-256 of a file in it; of several versions the newest."""
    with Catalog.open(keeper.folder, home=home) as catalog:
        release = catalog.get("rivers@1")
        row = catalog.files(release)[0]

        assert catalog.find(release.torrent.info_hash_v1).id == "rivers@1"
        assert catalog.find(row.sha256.upper()).id == "rivers@1"
        with pytest.raises(NotFoundError, match="has this hash"):
            catalog.find("ab" * 20)


@pytest.mark.parametrize(
    ("where", "said"),
    [
        ("", "no catalogue is followed yet"),
        ("nobody", "'nobody': it is not followed"),
        ("https://data.example/catalog/", "expected a join link"),
        ("./nowhere", "there is no catalogue here"),
        ("seedbed:join?url=x", "join link:"),
    ],
)
def test_what_cannot_be_opened_is_said_with_what_to_do(home: Home, where: str, said: str) -> None:
    """Each mistake has its own words."""
    with pytest.raises((InputError, NotFoundError), match=said) as caught:
        Catalog.open(where, home=home)

    assert caught.value.hint


def test_a_dataset_that_is_not_there_is_named_with_its_neighbours(keeper: Keeper, home: Home) -> None:
    """A typing mistake ends with a suggestion."""
    with Catalog.open(keeper.folder, home=home) as catalog:
        with pytest.raises(NotFoundError) as caught:
            catalog.versions("rivrs")

    assert "rivers" in caught.value.hint


def test_a_link_that_leads_nowhere_leaves_nothing_behind(keeper: Keeper, home: Home, tmp_path: Path) -> None:
    """A failed join is not a followed catalogue."""
    root = join_link.parse(link_to(keeper)).root_sha256
    nowhere = join_link.render(JoinLink(root, (f"file://{tmp_path}/gone/",)))

    with pytest.raises(Exception, match="gone"):
        Catalog.open(nowhere, home=home, ways=Ways(uses_dht=False))

    assert joined.followed(home.catalogs) == []
    assert not list(home.catalogs.iterdir())
