# SPDX-License-Identifier: Apache-2.0
"""Whom a follower believes: rows C1 to C15, C35 and C36 of the table of faults, each against a real catalogue."""

from __future__ import annotations

import datetime as dt
import json
import os
import shutil
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from seedbed.catalog.signing import changes
from seedbed.catalog.table.reader import read_catalog
from seedbed.catalog.table.writer import write_catalog
from seedbed.catalog.trust import clock, standing
from seedbed.catalog.trust.record import Record
from seedbed.catalog.trust.store import Store
from seedbed.errors import CatalogError, SourceError, StateError, TrustError
from seedbed.testing.signed_folder import SignedFolder
from tests import followers, publishers
from tests.followers import BentSource
from tests.tuf_client import NOW

if TYPE_CHECKING:
    from pathlib import Path

    from tests.followers import Follower
    from tests.publishers import Keeper

DAY = dt.timedelta(days=1)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> tuple[Keeper, Follower]:
    """A catalogue with one version of one dataset, and somebody who has pulled it."""
    place = tmp_path_factory.mktemp("world")
    keeper = followers.keeper(place)
    followers.publish(keeper, "rivers", "1")
    follower = followers.follower(place, keeper.folder)
    follower.look()
    return keeper, follower


@pytest.fixture
def keeper(tmp_path: Path, world: tuple[Keeper, Follower]) -> Keeper:
    """A copy of the catalogue, with its keys."""
    for name in ("site", "keys"):
        shutil.copytree(world[0].folder.parent / name, tmp_path / name)
    return replace(world[0], folder=tmp_path / "site", keys=tmp_path / "keys")


@pytest.fixture
def follower(tmp_path: Path, keeper: Keeper, world: tuple[Keeper, Follower]) -> Follower:
    """A copy of the one who has pulled it."""
    copy = Store(shutil.copytree(world[1].store.folder, tmp_path / "follower", symlinks=True))
    return followers.Follower(copy, keeper.folder)


def refused(follower: Follower, source: BentSource | Path, rule: str, *, now: dt.datetime = NOW) -> str:
    """Look at a source that must not be believed; what was in use stays in use, and the alarm is kept."""
    before = follower.active
    with pytest.raises(TrustError) as caught:
        follower.look(source, now=now)
    assert caught.value.data["rule"] == rule, caught.value.message
    assert follower.active == before
    assert follower.alarms[0].rule == rule
    return caught.value.message


def test_a_joiner_gets_what_was_signed(follower: Follower, keeper: Keeper) -> None:
    """The file is the published one, byte for byte."""
    assert follower.active.serial == 1
    assert follower.active.rows == 1
    assert follower.active.is_exact
    path = follower.store.release(follower.active.folder) / "catalog.parquet"
    assert path.read_bytes() == (keeper.folder / "catalog.parquet").read_bytes()


def test_looking_again_costs_a_few_kilobytes(follower: Follower) -> None:
    """Nothing is new, so only the timestamp is asked for."""
    source = BentSource(follower.published)

    assert not follower.look(source).is_new
    assert [path for path in source.asked if not path.endswith("root.json")] == ["metadata/timestamp.json"]


def test_a_newer_release_comes_by_its_changes(follower: Follower, keeper: Keeper) -> None:
    """Rows that did not change are not sent again, and the result is the signed file."""
    followers.publish_many(keeper, 300)
    follower.look()
    followers.publish(keeper, "rivers", "2")

    source = BentSource(keeper.folder)
    adopted = follower.look(source)

    assert adopted.by_changes
    assert not any(
        path.endswith(("catalog.parquet", "files.parquet")) and "changes" not in path for path in source.asked
    )
    assert follower.active.is_exact
    assert [one.item_id for one in adopted.difference.added] == ["rivers@2"]
    assert [one.item_id for one in adopted.difference.changed] == ["rivers@1"]


def test_c1_an_older_catalogue_is_refused(follower: Follower, keeper: Keeper, tmp_path: Path) -> None:
    """A mirror that was set back, by accident or not."""
    old = followers.copy_of(keeper.folder, "old")
    followers.publish(keeper, "rivers", "2")
    follower.look()

    refused(follower, old, "rollback")


def test_c2_a_catalogue_that_is_never_renewed_is_noticed(follower: Follower) -> None:
    """An old one shown for ever: after the timestamp's week it is not believed, and what is held is stale."""
    refused(follower, follower.published, "expired", now=NOW + 8 * DAY)


def test_c3_parts_of_two_releases_are_refused(follower: Follower, keeper: Keeper) -> None:
    """A new timestamp with an old list of targets, or a new list with an old table."""
    old = {path.name: path.read_bytes() for path in keeper.folder.rglob("*") if path.is_file()}
    followers.publish(keeper, "rivers", "2")

    refused(follower, BentSource(keeper.folder, {"snapshot.json": lambda _: old["2.snapshot.json"]}), "mismatch")
    refused(follower, BentSource(keeper.folder, {"targets.json": lambda _: old["2.targets.json"]}), "mismatch")
    refused(follower, BentSource(keeper.folder, {".parquet": lambda _: old["catalog.parquet"][:500]}), "mismatch")


@pytest.mark.parametrize("what", ["timestamp.json", "catalog.parquet"])
def test_c4_endless_files_end_at_their_limit(follower: Follower, keeper: Keeper, what: str) -> None:
    """Whatever is sent, no more is taken than was signed, or than metadata may have."""
    followers.publish(keeper, "rivers", "2")
    shutil.rmtree(keeper.folder / "changes")
    source = BentSource(keeper.folder, {what: lambda data: data + b" " * (8 << 20)})

    refused(follower, source, "endless")
    assert source.sent_bytes < 1 << 20


def test_c5_one_signature_of_two_is_not_enough(tmp_path: Path) -> None:
    """What only one of two people signed never reaches the public folder, and would not be believed there."""
    made = followers.keeper(tmp_path, people=2, threshold=2)
    with pytest.raises(SourceError):
        followers.follower(tmp_path, made.folder, "early").look(pin="0" * 64)

    assert not (made.folder / "metadata/timestamp.json").exists()


def test_c6_signatures_of_a_stranger_are_refused(follower: Follower, keeper: Keeper, tmp_path: Path) -> None:
    """Another catalogue, well signed by others, in the place of ours."""
    (tmp_path / "other").mkdir()
    stranger = followers.keeper(tmp_path / "other")
    followers.publish(stranger, "rivers", "1")
    followers.publish(stranger, "rivers", "2")

    refused(follower, stranger.folder, "unsigned")


@pytest.mark.slow
def test_c7_one_key_under_two_ids_counts_once(tmp_path: Path) -> None:
    """One person's signature, copied under the other's id, is not two: the release needs both people."""
    made = followers.keeper(tmp_path, people=2, threshold=2)
    followers.countersign(made)
    follower = followers.follower(tmp_path, made.folder)
    follower.look()
    followers.publish(made, "rivers", "1")
    followers.countersign(made)

    def doubled(data: bytes) -> bytes:
        metadata = json.loads(data)
        metadata["signatures"][1]["sig"] = metadata["signatures"][0]["sig"]
        return json.dumps(metadata).encode()

    with pytest.raises(TrustError):
        follower.look(BentSource(made.folder, {"targets.json": doubled}))
    assert follower.active.serial == 0
    assert follower.look().active.serial == 1


def test_c8_a_root_that_jumps_is_not_followed(follower: Follower, keeper: Keeper) -> None:
    """Root 3 without root 2 is as if it were not there."""
    (keeper.folder / "metadata/3.root.json").write_bytes((keeper.folder / "metadata/1.root.json").read_bytes())

    assert not follower.look().is_new


def test_c8_a_root_that_says_another_version_is_refused(follower: Follower, keeper: Keeper) -> None:
    """The file called 2 holds version 1."""
    (keeper.folder / "metadata/2.root.json").write_bytes((keeper.folder / "metadata/1.root.json").read_bytes())

    refused(follower, keeper.folder, "rollback")


def test_c10_a_lost_cache_does_not_open_the_way_back(follower: Follower, keeper: Keeper) -> None:
    """All files of TUF's client are gone, and an old catalogue is shown: the durable record remembers."""
    old = followers.copy_of(keeper.folder, "old")
    followers.publish(keeper, "rivers", "2")
    follower.look()
    shutil.rmtree(follower.store.metadata)

    refused(follower, old, "rollback")


def test_c10_empty_cache_files_are_replaced(follower: Follower, keeper: Keeper) -> None:
    """A crash left files of no bytes."""
    for path in follower.store.metadata.glob("*.json"):
        if not path.is_symlink():
            path.write_bytes(b"")
    followers.publish(keeper, "rivers", "2")

    assert follower.look().active.serial == 2


def test_c11_thirty_days_without_the_portal_delete_nothing(follower: Follower) -> None:
    """The catalogue in use stays readable; its state is stale, and says what follows."""
    with Record(follower.store.record_path) as record:
        stands = standing.judge(
            record.active, expires=record.expires, trusted_time=record.trusted_time, suspicion="", now=NOW + 30 * DAY
        )

    assert (stands.state, stands.may_delete, stands.may_adopt, stands.warns) == ("stale", False, False, True)
    assert follower.active.rows == 1


@pytest.mark.slow
def test_c15_a_catalogue_that_empties_itself_is_loud_and_nothing_is_forgotten(
    follower: Follower, keeper: Keeper
) -> None:
    """Well signed, and all rows are gone: held data is known for 90 days, and people hear of it."""
    followers.publish_many(keeper, 3)
    follower.look()

    emptied = followers.ForcedTables(5, lambda out, site: write_catalog(out, [], site))
    followers.publish(replace(keeper, tables=emptied), "last", "1")
    adopted = follower.look()

    assert len(adopted.difference.removed) == 4
    assert any("takes away" in text for text in adopted.alarms)
    assert follower.alarms[0].rule == "mass-removal"
    with Record(follower.store.record_path) as record:
        assert {one.item_id for one in record.unlisted()} == {"lake-0@1", "lake-1@1", "lake-2@1", "rivers@1"}
        assert record.unlisted()[0].since == NOW.isoformat()


@pytest.mark.parametrize("years", [-10, 10])
def test_c35_a_clock_ten_years_off_expires_nothing_and_deletes_nothing(follower: Follower, years: int) -> None:
    """The signed times say that it cannot be: expiry is not judged, and people are told."""
    wrong = NOW + years * 365 * DAY

    adopted = follower.look(now=wrong)

    with Record(follower.store.record_path) as record:
        stands = standing.judge(
            record.active, expires=record.expires, trusted_time=record.trusted_time, suspicion="", now=wrong
        )
        assert record.trusted_time is not None
        assert record.trusted_time <= NOW  # a wrong clock teaches us nothing
    assert not adopted.is_new
    assert "clock" in adopted.alarms[0]
    assert (stands.state, stands.may_delete) == ("clock unsure", False)


def test_c35_a_joiner_whose_clock_is_ahead_is_told_so(tmp_path: Path, keeper: Keeper) -> None:
    """Nothing is known yet that the clock could be held against: expired, it looks, or the clock is wrong."""
    with pytest.raises(TrustError, match=r"expired.*or our clock is wrong"):
        followers.follower(tmp_path, keeper.folder, "late").look(now=NOW + 3650 * DAY)


@pytest.mark.slow
def test_c36_a_catalogue_that_changes_meanwhile_is_taken_whole_or_not_at_all(
    follower: Follower, keeper: Keeper
) -> None:
    """A release appears between our reading of the list and of the table: the old names still give the old bytes."""
    followers.publish(keeper, "rivers", "2")

    class Meanwhile(BentSource):
        def read(self, path: str):  # type: ignore[no-untyped-def]  # noqa: ANN202  # as its base
            if path.endswith("targets.json"):
                followers.publish(keeper, "rivers", "3")
            return super().read(path)

    assert follower.look(Meanwhile(keeper.folder)).active.serial == 2
    assert follower.look().active.serial == 3


def test_a_join_link_for_another_catalogue_is_refused(tmp_path: Path, keeper: Keeper) -> None:
    """The pin is the first trust."""
    with pytest.raises(TrustError) as caught:
        followers.follower(tmp_path, keeper.folder, "misled").look(pin="ab" * 32)

    assert caught.value.data["rule"] == "pin"


def test_a_fork_is_told(follower: Follower, keeper: Keeper, tmp_path: Path) -> None:
    """Two catalogues are signed as one release: somebody shows different people different things."""
    fork = followers.copy_of(keeper.folder, "fork")
    other = replace(keeper, folder=fork, keys=followers.copy_of(keeper.keys, "keys-of-the-fork"))
    followers.publish(keeper, "rivers", "2")
    followers.publish(other, "wells", "2")
    followers.publish(other, "wells", "3")
    follower.look()
    with Record(follower.store.record_path) as record:
        record.see_release(3, "0" * 64)

    assert "two different catalogues" in refused(follower, other.folder, "fork")


def test_another_history_is_told(follower: Follower, keeper: Keeper, tmp_path: Path) -> None:
    """We were shown one release 2, others another one: their release 3 has a log that says so."""
    shutil.copytree(keeper.keys, tmp_path / "other-keys")
    other = replace(keeper, folder=followers.copy_of(keeper.folder, "history"), keys=tmp_path / "other-keys")
    followers.publish(keeper, "rivers", "2")
    followers.publish(other, "wells", "2")
    followers.publish(other, "wells", "3")
    follower.look()

    assert "release 2 was signed twice" in refused(follower, other.folder, "fork")


def test_a_new_online_key_ends_a_thiefs_lead(follower: Follower, keeper: Keeper) -> None:
    """High-water marks belong to keys: versions pushed to the sky do not lock the keeper out."""
    with Record(follower.store.record_path) as record:
        record.see("timestamp", "a stolen key", 1_000_000)
    followers.publish(keeper, "rivers", "2")

    assert follower.look().active.serial == 2


def test_a_file_that_changed_on_our_disk_is_seen_and_got_again(follower: Follower) -> None:
    """Somebody, or the disk, changed a byte of the catalogue that was verified."""
    path = follower.store.release(follower.active.folder) / "catalog.parquet"
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)

    with pytest.raises(Exception, match="changed after it was verified"):
        _ = follower.active
    follower.look()

    assert follower.active.is_exact


def test_a_damaged_record_is_named(follower: Follower) -> None:
    """The person reads what it means to lose it."""
    follower.store.record_path.write_bytes(b"not a database, not at all, no" * 100)

    with pytest.raises(StateError, match="record of trust"):
        follower.look()


def test_a_signed_file_that_is_no_catalogue_is_refused(follower: Follower, keeper: Keeper) -> None:
    """Right hash, right signature, and not Parquet: read in a child process, refused, the old one stays."""
    broken = followers.ForcedTables(2, lambda out, _site: _write(out, b"PAR1 this is nothing PAR1"))
    followers.publish(replace(keeper, tables=broken), "wells", "1")
    shutil.rmtree(keeper.folder / "changes")
    before = follower.active

    with pytest.raises(CatalogError):
        follower.look()

    assert follower.active == before


def test_a_signed_catalogue_that_rewrites_a_version_is_refused(follower: Follower, keeper: Keeper) -> None:
    """A known version has another info-hash: versions never change, whoever signs it; the alarm is kept."""
    (known,) = read_catalog(follower.store.release(follower.active.folder) / "catalog.parquet")
    swapped = replace(known, torrent=replace(known.torrent, info_hash_v1="ab" * 20, info_hash_v2="ab" * 32, magnet=""))
    new = publishers.change(None, "wells", "1").releases[0]
    forced = followers.ForcedTables(2, lambda out, site: write_catalog(out, [swapped, new], site))
    followers.publish(replace(keeper, tables=forced), "wells", "1")
    shutil.rmtree(keeper.folder / "changes")
    before = follower.active

    with pytest.raises(CatalogError, match="rivers@1") as caught:
        follower.look()

    assert caught.value.data["rule"] == "rewritten"
    assert follower.active == before
    assert follower.alarms[0].rule == "rewritten"


def _write(path: Path, data: bytes) -> None:
    path.write_bytes(data)


@pytest.mark.slow
def test_the_catalogue_is_readable_after_a_stop_at_any_point(follower: Follower, keeper: Keeper) -> None:
    """Everything before the last transaction leaves the old one, everything after it the new one."""
    followers.publish(keeper, "rivers", "2")
    stops = 0
    for step in range(1, 40):
        before = follower.active.serial
        child = os.fork()
        if not child:
            stop_at_transaction(step, follower)
        _, code = os.waitpid(child, 0)
        assert follower.active.serial in {before, 2}
        stops += bool(code)
        if not code:
            break

    assert stops >= 2
    assert follower.active.serial == 2


def stop_at_transaction(step: int, follower: Follower) -> None:
    """Die at the Nth change of the disk that Python's audit hook sees."""
    left = [step]

    def watch(event: str, _args: tuple[object, ...]) -> None:
        if event in {"os.rename", "os.mkdir", "os.remove", "sqlite3.connect", "shutil.rmtree", "os.link"}:
            left[0] -= 1
            if not left[0]:
                os._exit(9)

    sys.addaudithook(watch)
    try:
        follower.look()
    finally:
        os._exit(0)


@pytest.mark.parametrize(
    ("days", "sure"), [(0, True), (-0.5, True), (-2, False), (399, True), (401, False)], ids=lambda value: f"{value}"
)
def test_a_clock_is_believed_within_bounds(days: float, sure: bool) -> None:  # noqa: FBT001
    """A day behind, 400 days ahead of the last signed time."""
    moment = clock.judge(NOW + days * DAY, NOW)

    assert moment.is_sure is sure
    assert clock.judge(NOW, None).is_sure


@pytest.mark.slow
def test_c9_a_chain_of_300_roots_is_refused(tmp_path: Path) -> None:
    """Each is signed as it must be; but a yearly ceremony takes centuries for so many, and a joiner reads them all."""
    signed = SignedFolder(tmp_path / "site", tmp_path / "keys")
    signed.release({"catalog.parquet": b"never read"}, now=NOW)
    for _ in range(300):
        signed.publish(changes.renew(signed.repository, {"root"}, now=NOW), now=NOW)
    source = BentSource(signed.folder)

    with pytest.raises(TrustError) as caught:
        followers.follower(tmp_path, signed.folder, "patient").look(source)

    assert caught.value.data["rule"] == "root-chain"
    assert len([path for path in source.asked if path.endswith("root.json")]) <= 258
    assert not any("parquet" in path for path in source.asked)
