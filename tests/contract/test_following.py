# SPDX-License-Identifier: Apache-2.0
"""Following a catalogue over HTTP, and by its own torrent: rows C11 to C14, honest and broken servers."""

from __future__ import annotations

import asyncio
import hashlib
import shutil
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from seedbed.catalog import join_link
from seedbed.catalog.join_link import JoinLink
from seedbed.catalog.trust.record import Record
from seedbed.catalog.trust.store import Store
from seedbed.core import krpc
from seedbed.core.ids import InfoHashes
from seedbed.core.metainfo import File, Metainfo
from seedbed.errors import NoSourceError, SeedbedError, SourceError, TrustError
from seedbed.fetching.options import Options
from seedbed.fetching.torrent.found import FoundTorrent
from seedbed.following import catalog_torrent, joined, pull
from seedbed.following.dht import client, pointer
from seedbed.following.pull import Ways
from seedbed.following.torrent_source import TorrentSource
from seedbed.testing.faulty_http import FaultyHttpServer, HttpFault
from seedbed.testing.fetching import QUICK
from seedbed.testing.loopback_dht import LoopbackDht
from tests import followers, web
from tests.tuf_client import NOW

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.publishers import Keeper

pytestmark = pytest.mark.slow

PATIENT = replace(QUICK, stall_timeout_s=1.0)
WAYS = Ways(rules=PATIENT, uses_dht=False)
KEY = Ed25519PrivateKey.from_private_bytes(b"p" * 32)


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Keeper:
    """A catalogue with one version."""
    made = followers.keeper(tmp_path_factory.mktemp("published"))
    followers.publish(made, "rivers", "1")
    return made


@pytest.fixture
def keeper(tmp_path: Path, published: Keeper) -> Keeper:
    """A copy of the catalogue, with its keys."""
    for name in ("site", "keys"):
        shutil.copytree(published.folder.parent / name, tmp_path / name)
    return replace(published, folder=tmp_path / "site", keys=tmp_path / "keys")


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """Where a follower keeps it."""
    return Store(tmp_path / "follower")


def link_to(keeper: Keeper, *urls: str, pointer_key: str = "") -> JoinLink:
    """Its join link."""
    root = hashlib.sha256((keeper.folder / "metadata/1.root.json").read_bytes()).hexdigest()
    return JoinLink(root, urls, pointer_key)


def contents(keeper: Keeper) -> dict[str, bytes]:
    """Path on a server -> bytes."""
    files = (path for path in keeper.folder.rglob("*") if path.is_file())
    return {f"/{path.relative_to(keeper.folder).as_posix()}": path.read_bytes() for path in files}


def serial(store: Store) -> int:
    """Of the catalogue in use; 0 for none."""
    with Record(store.record_path) as record:
        return record.active.serial if record.active else 0


def test_an_hourly_look_costs_one_short_answer(keeper: Keeper, store: Store) -> None:
    """The server says 304; only when there is something new does it send it."""
    with web.serving(web.Site(contents(keeper))) as site:
        link = link_to(keeper, site.url + "/")
        pull.pull(store, link, WAYS, now=NOW)
        before = site.bytes_sent

        again = pull.pull(store, link, WAYS, now=NOW)

        assert not again.adopted.is_new
        assert site.bytes_sent - before < 100  # the page that says there is no newer root
        assert site.requests[-1][0] == "/metadata/timestamp.json"


def test_a_new_release_is_seen_by_its_tag(keeper: Keeper, store: Store) -> None:
    """Another tag, another timestamp, the changes, and nothing else."""
    with web.serving(web.Site(contents(keeper))) as site:
        link = link_to(keeper, site.url + "/")
        pull.pull(store, link, WAYS, now=NOW)
        followers.publish(keeper, "rivers", "2")
        site.files.update(contents(keeper))
        site.etags["/metadata/timestamp.json"] = '"v2"'

        assert pull.pull(store, link, WAYS, now=NOW).adopted.active.serial == 2


@pytest.mark.parametrize(
    "fault",
    [
        HttpFault("status", status=503),
        HttpFault("status", status=403),
        HttpFault("html"),
        HttpFault("truncated", paths="*timestamp.json", at_byte=20),
        HttpFault("stall", at_byte=10),
        HttpFault("endless", paths="*snapshot.json"),
        HttpFault("wrong-bytes", paths="*catalog.parquet"),
        HttpFault("encoded"),
        HttpFault("reset"),
        HttpFault("garbage"),
        HttpFault("long-head"),
    ],
    ids=lambda fault: fault.kind,
)
def test_a_broken_mirror_is_passed_by(keeper: Keeper, store: Store, fault: HttpFault) -> None:
    """The next address of the link has it; what was wrong with the first is told."""
    with FaultyHttpServer(contents(keeper), fault) as broken, FaultyHttpServer(contents(keeper)) as good:
        pulled = pull.pull(store, link_to(keeper, broken.url, good.url), WAYS, now=NOW)

    assert pulled.adopted.active.serial == 1
    assert [one.source for one in pulled.failures] == [broken.url]


@pytest.mark.parametrize("kind", ["chunked", "closes", "closes-silently"])
def test_a_server_with_habits_of_its_own_serves_as_well(keeper: Keeper, store: Store, kind: str) -> None:
    """Chunks, and connections that are closed after each answer."""
    with FaultyHttpServer(contents(keeper), HttpFault(kind)) as server:  # type: ignore[arg-type]  # one of the kinds
        assert not pull.pull(store, link_to(keeper, server.url), WAYS, now=NOW).failures


def test_an_address_in_our_own_network_is_not_asked_unless_allowed(keeper: Keeper, store: Store) -> None:
    """A link from a stranger must not make us look around at home."""
    with FaultyHttpServer(contents(keeper)) as server:
        with pytest.raises(SourceError, match="own network"):
            pull.pull(store, link_to(keeper, server.url), Ways(uses_dht=False), now=NOW)

        assert not server.asked


def test_two_mirrors_that_lie_are_a_pattern(keeper: Keeper, store: Store) -> None:
    """One may be broken; when two show an old catalogue, an attack is suspected until one shows a good one."""
    old = contents(keeper)
    followers.publish(keeper, "rivers", "2")
    with FaultyHttpServer(contents(keeper)) as good:
        pull.pull(store, link_to(keeper, good.url), WAYS, now=NOW)
        with FaultyHttpServer(old) as one, FaultyHttpServer(old) as other:
            with pytest.raises(TrustError, match="can be believed"):
                pull.pull(store, link_to(keeper, one.url, other.url), WAYS, now=NOW)
        stands = joined.Joined(store, link_to(keeper, good.url)).standing(NOW)
        assert stands.state == "attack suspected"

        followers.publish(keeper, "rivers", "3")
    with FaultyHttpServer(contents(keeper)) as good:
        pull.pull(store, link_to(keeper, good.url), WAYS, now=NOW)
    assert joined.Joined(store, link_to(keeper, good.url)).standing(NOW).state == "fresh"


def test_c11_without_any_way_what_was_pulled_stays(keeper: Keeper, store: Store, tmp_path: Path) -> None:
    """The portal is gone: the person hears of every way that was tried."""
    pull.pull(store, link_to(keeper, f"file://{keeper.folder}/"), WAYS, now=NOW)

    with pytest.raises(NoSourceError) as caught:
        pull.pull(store, link_to(keeper, "http://127.0.0.1:9/", f"file://{tmp_path}/gone/"), WAYS, now=NOW)

    assert "127.0.0.1:9" in caught.value.message
    assert "gone" in caught.value.message
    assert serial(store) == 1


@pytest.fixture(scope="module")
def table() -> Iterator[LoopbackDht]:
    """A distributed hash table on loopback."""
    with LoopbackDht() as nodes:
        yield nodes


def point(table: LoopbackDht, key: Ed25519PrivateKey, info_hash: bytes, seq: int) -> None:
    """Put a pointer into the table."""

    async def put() -> None:
        async with client.open_client(table.nodes[:1], allows_private=True) as guest:
            assert await guest.put(pointer.signed(key, info_hash, seq))

    asyncio.run(put())


def by_table(table: LoopbackDht) -> Ways:
    """Only the table."""
    return Ways(rules=replace(PATIENT, no_progress_timeout_s=1.5), dht_nodes=table.nodes[:2])


def test_c12_a_pointer_to_garbage_is_dropped(keeper: Keeper, store: Store, table: LoopbackDht) -> None:
    """Nobody has that torrent: the follower says so, and keeps what it has."""
    key = Ed25519PrivateKey.from_private_bytes(b"a" * 32)
    public = key.public_key().public_bytes_raw().hex()
    pull.pull(store, link_to(keeper, f"file://{keeper.folder}/"), WAYS, now=NOW)
    point(table, key, b"\x07" * 20, 1)

    with pytest.raises(SeedbedError, match="nobody gives the torrent"):
        pull.pull(store, link_to(keeper, pointer_key=public), by_table(table), now=NOW)

    assert serial(store) == 1


def test_c13_a_torrent_of_ten_terabytes_is_refused_before_its_data(tmp_path: Path) -> None:
    """Its size is known from the metadata: nothing else is fetched."""
    files = (File(("metadata", "timestamp.json"), 10 << 40),)
    names = InfoHashes(b"1" * 20, None)
    huge = Metainfo("x", 1 << 24, files, is_single_file=False, info=b"", info_hashes=names)

    with pytest.raises(SourceError, match="no catalogue"):
        TorrentSource(b"1" * 20, Options(tmp_path)).take(FoundTorrent(huge, Options(tmp_path)))

    assert not list(tmp_path.iterdir())


def test_c14_a_pointer_that_went_back_is_ignored(keeper: Keeper, store: Store, table: LoopbackDht) -> None:
    """A node of the table that kept an old item cannot lead us back."""
    public = KEY.public_key().public_bytes_raw().hex()
    pull.pull(store, link_to(keeper, f"file://{keeper.folder}/"), WAYS, now=NOW)
    with Record(store.record_path) as record:
        record.see("pointer", public, 9)
    point(table, KEY, b"\x07" * 20, 8)

    with pytest.raises(SourceError, match="expected 9 or newer, got 8"):
        pull.pull(store, link_to(keeper, pointer_key=public), by_table(table), now=NOW)


def test_c14_a_new_pointer_key_ends_a_thiefs_lead(keeper: Keeper, store: Store, table: LoopbackDht) -> None:
    """Who stole the old key may have pushed its number to the sky; a link with another key begins anew."""
    old, new = (Ed25519PrivateKey.from_private_bytes(byte * 32) for byte in (b"o", b"n"))
    pull.pull(store, link_to(keeper, f"file://{keeper.folder}/"), WAYS, now=NOW)
    with Record(store.record_path) as record:
        record.see("pointer", old.public_key().public_bytes_raw().hex(), 1 << 62)
    point(table, new, b"\x07" * 20, 8)
    public = new.public_key().public_bytes_raw().hex()

    with pytest.raises(SourceError, match="nobody gives the torrent"):
        pull.pull(store, link_to(keeper, pointer_key=public), by_table(table), now=NOW)
    with Record(store.record_path) as record:
        assert record.seen("pointer", public) == 8


def test_keeper_and_follower_make_the_same_torrent(keeper: Keeper, store: Store, tmp_path: Path) -> None:
    """So that everybody who holds the catalogue is in one swarm, and one pointer leads to all."""
    link = link_to(keeper, f"file://{keeper.folder}/")
    pull.pull(store, link, WAYS, now=NOW)

    _, ours = catalog_torrent.make(catalog_torrent.of_published(keeper.folder), tmp_path / "a")
    _, theirs = catalog_torrent.make(catalog_torrent.of_followed(joined.Joined(store, link)), tmp_path / "b")

    assert ours.info_hashes == theirs.info_hashes


def test_a_catalogue_from_its_torrents_folder_is_verified_like_any_other(keeper: Keeper, tmp_path: Path) -> None:
    """The torrent holds all that a joiner needs."""
    _, made = catalog_torrent.make(catalog_torrent.of_published(keeper.folder), tmp_path)
    folder = tmp_path / made.name
    store = Store(tmp_path / "follower")

    pulled = pull.pull(store, link_to(keeper, f"file://{folder}/"), WAYS, now=NOW)

    assert pulled.adopted.active.is_exact
    assert not (folder / "catalog.parquet").exists()


def test_followed_catalogues_are_found_by_name_link_or_alone(keeper: Keeper, tmp_path: Path) -> None:
    """The person need not remember more than there is to tell apart."""
    link = link_to(keeper, f"file://{keeper.folder}/")
    found = joined.place_for(tmp_path / "home", link)
    pull.pull(found.store, link, WAYS, now=NOW)
    joined.remember(found)

    names = ["", "site", join_link.render(link)]
    assert [joined.find(tmp_path / "home", name).link for name in names] == [link] * 3
    with pytest.raises(SeedbedError, match="not followed"):
        joined.find(tmp_path / "home", "sites")


def test_a_pointer_is_what_the_standard_says() -> None:
    """BEP 46: a dictionary with the info-hash."""
    assert krpc.pointer_value(b"x" * 20) == b"d2:ih20:" + b"x" * 20 + b"e"
