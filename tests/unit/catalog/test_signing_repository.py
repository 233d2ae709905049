# SPDX-License-Identifier: Apache-2.0
"""Signed metadata, as python-tuf's own client judges it."""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING

import pytest
from tuf.api import exceptions

from seedbed.catalog.signing import changes, draft, keys, roles
from seedbed.catalog.signing.draft import Draft
from seedbed.catalog.signing.key_ring import KeyRing
from seedbed.catalog.signing.roles import RoleKeys
from seedbed.errors import InputError, SigningKeyError
from seedbed.testing.signed_folder import SignedFolder
from tests import tuf_client
from tests.tuf_client import NOW

if TYPE_CHECKING:
    from pathlib import Path

LATER = NOW + dt.timedelta(days=1)
ONE = {"catalog.parquet": b"one", "changes/1.parquet": b"change"}
TWO = {"catalog.parquet": b"two", "changes/2.parquet": b"change 2"}


@pytest.fixture
def site(tmp_path: Path) -> SignedFolder:
    """A catalogue of one person with a first release."""
    made = SignedFolder(tmp_path / "site", tmp_path / "keys")
    made.release(ONE, now=NOW)
    return made


@pytest.fixture
def team(tmp_path: Path) -> SignedFolder:
    """A catalogue of three people, two of whom must sign."""
    made = SignedFolder(tmp_path / "site", tmp_path / "keys", people=3, threshold=2)
    made.release(ONE, now=NOW)
    return made


def ring_of(site: SignedFolder, tmp_path: Path, *names: str) -> KeyRing:
    """Only some of the keys."""
    folder = tmp_path / "-".join(names)
    folder.mkdir()
    for name in names:
        for suffix in (".key", ".pub"):
            (folder / f"{name}{suffix}").write_bytes((site.keys_folder / f"{name}{suffix}").read_bytes())
    return KeyRing([folder])


def test_a_client_reads_each_release(site: SignedFolder, tmp_path: Path) -> None:
    """A TUF client gets the first release, then the second, with paths in folders."""
    assert tuf_client.read(site.folder, tmp_path / "c", "changes/1.parquet") == b"change"

    site.release(TWO, now=LATER)

    assert tuf_client.read(site.folder, tmp_path / "c", "catalog.parquet", now=LATER) == b"two"
    with tuf_client.opened(site.folder, tmp_path / "c", now=LATER) as client:
        assert client.get_targetinfo("changes/1.parquet") is None


def test_custom_is_signed(site: SignedFolder, tmp_path: Path) -> None:
    """What is said of a target beside its hash arrives at the client."""
    site.release(TWO, now=LATER, custom={"catalog.parquet": {"serial": 2}})

    with tuf_client.opened(site.folder, tmp_path / "c", now=LATER) as client:
        info = client.get_targetinfo("catalog.parquet")
        assert info is not None
        assert info.custom == {"serial": 2}


def test_the_timestamp_expires_after_a_week(site: SignedFolder, tmp_path: Path) -> None:
    """A frozen catalogue is noticed within seven days, and not before."""
    tuf_client.read(site.folder, tmp_path / "c", "catalog.parquet", now=NOW + dt.timedelta(days=6, hours=23))

    with pytest.raises(exceptions.ExpiredMetadataError, match="timestamp"):
        tuf_client.read(site.folder, tmp_path / "c", "catalog.parquet", now=NOW + dt.timedelta(days=7, seconds=1))


def test_daily_refresh_keeps_it_alive(site: SignedFolder, tmp_path: Path) -> None:
    """A refresh every day carries a catalogue over 100 days without a person."""
    for day in range(1, 101):
        site.refresh(now=NOW + dt.timedelta(days=day))

    assert tuf_client.read(site.folder, tmp_path / "c", "catalog.parquet", now=NOW + dt.timedelta(days=106)) == b"one"
    assert site.repository.snapshot.signed.version < 20  # renewed when due, not every day


def test_targets_expire_without_a_person(site: SignedFolder, tmp_path: Path) -> None:
    """After 180 days the online key alone is not enough; a person's renewal is."""
    late = NOW + dt.timedelta(days=181)
    site.refresh(now=late)
    with pytest.raises(exceptions.ExpiredMetadataError, match="targets"):
        tuf_client.read(site.folder, tmp_path / "c", "catalog.parquet", now=late)

    site.publish(changes.renew(site.repository, [roles.TARGETS, roles.ROOT], now=late), now=late)

    assert tuf_client.read(site.folder, tmp_path / "c", "catalog.parquet", now=late) == b"one"
    assert site.repository.root.signed.expires > late + dt.timedelta(days=700)


def test_one_of_two_is_not_enough(team: SignedFolder, tmp_path: Path) -> None:
    """With threshold 2 one person's signature publishes nothing; the second person's does."""
    work = changes.release(team.repository, team.repository.target_facts(), now=LATER)
    made = work.sign(ring_of(team, tmp_path, "person-1", "online"))

    assert [(role, key.name) for role, key in made] == [("targets", "person-1")]
    assert work.missing() == 1
    with pytest.raises(SigningKeyError, match=r"expected 2 signature\(s\), got 1") as caught:
        draft.seal(work, team.ring, now=LATER)
    assert "person-2" in caught.value.hint

    again = work.sign(ring_of(team, tmp_path, "person-1"))
    assert again == []
    work.sign(ring_of(team, tmp_path, "person-3"))
    assert work.missing() == 0


def test_sealing_needs_the_online_key(team: SignedFolder, tmp_path: Path) -> None:
    """Two people without the machine's key are told whose key is missing."""
    people = ring_of(team, tmp_path, "person-1", "person-2")
    work = changes.release(team.repository, team.repository.target_facts(), now=LATER)
    work.sign(people)

    with pytest.raises(SigningKeyError, match="snapshot") as caught:
        draft.seal(work, people, now=LATER)
    assert "online" in caught.value.hint


def test_a_stolen_online_key_publishes_nothing(team: SignedFolder, tmp_path: Path) -> None:
    """Who has the online key alone cannot put new targets before readers."""
    facts = team.repository.target_facts()
    forged = Draft(team.repository, (), changes._targets(2, {"catalog.parquet": facts["catalog.parquet"]}, LATER))
    assert forged.targets is not None
    thief = KeyRing([team.keys_folder])
    forged.targets.sign(thief.signer(team.online))
    assert forged.missing() == 2


@pytest.mark.parametrize("names", [("root",), ("targets",), ("snapshot", "timestamp"), ("root", "targets")])
def test_rotation(team: SignedFolder, tmp_path: Path, names: tuple[str, ...]) -> None:
    """A client that knew the old key follows to the new one, and so does one that joins by the first root."""
    tuf_client.read(team.folder, tmp_path / "known", "catalog.parquet")
    old = team.holders[names[0]].keys[0]

    new = team.rotate(*names, old=old, new_name="replacement", now=LATER)
    (team.keys_folder / f"{old.name}.key").unlink()
    team.release(TWO, now=LATER)

    for cache in ("known", "new"):
        assert tuf_client.read(team.folder, tmp_path / cache, "catalog.parquet", now=LATER) == b"two"
    for name in names:
        held = {key.name for key in team.repository.holders(name).keys}
        assert new.name in held
        assert old.name not in held


def test_every_step_of_a_rotation_is_valid(site: SignedFolder, tmp_path: Path) -> None:
    """The old online key is lost. Written in order (bridge, roles, timestamp, last root), each moment is valid."""
    (site.keys_folder / "online.key").unlink()
    new = keys.create(site.keys_folder, "online-2")
    work = changes.replace_key(site.repository, roles.ONLINE, site.online, new, now=LATER)
    work.sign(site.ring)
    files = draft.seal(work, site.ring, now=LATER)

    order = ["metadata/2.root.json", "metadata/2.snapshot.json", "metadata/timestamp.json", "metadata/3.root.json"]
    assert sorted(files) == sorted(order)
    for number, path in enumerate(order):
        site.write(path, files[path])
        assert tuf_client.read(site.folder, tmp_path / f"c{number}", "catalog.parquet", now=LATER) == b"one"


def test_rotation_of_roots_needs_old_and_new_people(team: SignedFolder, tmp_path: Path) -> None:
    """A new root counts only with two of the old three and two of the new three."""
    old = team.holders["root"].keys[0]
    new = keys.create(team.keys_folder, "person-4")
    work = changes.replace_key(team.repository, ["root"], old, new, now=LATER)

    work.sign(ring_of(team, tmp_path, "person-1", "person-4"))
    assert work.missing() == 1
    work.sign(ring_of(team, tmp_path, "person-2"))
    assert work.missing() == 0


def test_fast_forward_recovery(site: SignedFolder, tmp_path: Path) -> None:
    """A thief of the online key pushed the versions to 99; after the rotation honest versions count again."""
    known = tmp_path / "known"
    tuf_client.read(site.folder, known, "catalog.parquet")
    honest = {path: path.read_bytes() for path in (site.folder / "metadata").iterdir()}
    forged = site.repository
    forged.snapshot.signed.version = 98
    forged.timestamp.signed.version = 98
    for path, data in draft._online_files(Draft(forged), draft._snapshot(forged, None, 0, NOW), site.ring, NOW).items():
        site.write(path, data)
    assert json.loads((site.folder / "metadata/timestamp.json").read_bytes())["signed"]["version"] == 99
    tuf_client.read(site.folder, known, "catalog.parquet")
    for place, data in honest.items():
        place.write_bytes(data)
    site.refresh(now=LATER)
    with pytest.raises(exceptions.BadVersionNumberError):
        tuf_client.read(site.folder, known, "catalog.parquet", now=LATER)

    site.rotate(*roles.ONLINE, old=site.online, new_name="online-2", now=LATER)

    assert tuf_client.read(site.folder, known, "catalog.parquet", now=LATER) == b"one"


def test_add_key_and_raise_the_threshold(site: SignedFolder, tmp_path: Path) -> None:
    """One person becomes two, who both must sign from then on; old clients follow."""
    tuf_client.read(site.folder, tmp_path / "known", "catalog.parquet")
    second = keys.create(site.keys_folder, "second")
    work = changes.add_key(site.repository, roles.PEOPLE, second, threshold=2, now=LATER)
    work.sign(ring_of(site, tmp_path, "person-1"))
    assert work.missing() == 1

    site.publish(work, now=LATER)

    assert site.repository.holders("targets").threshold == 2
    assert tuf_client.read(site.folder, tmp_path / "known", "catalog.parquet", now=LATER) == b"one"


def test_a_key_is_added_once(site: SignedFolder) -> None:
    """The same key twice is no second person."""
    with pytest.raises(InputError, match="one key is named twice"):
        changes.add_key(site.repository, ["targets"], site.holders["targets"].keys[0], threshold=0, now=NOW)


def test_only_a_holder_can_be_replaced(site: SignedFolder, tmp_path: Path) -> None:
    """A key that is not one of the role's is named, and who holds it."""
    stranger = keys.create(tmp_path / "other", "stranger")
    with pytest.raises(InputError, match="is not one of its keys: expected one of person-1"):
        changes.replace_key(site.repository, ["root"], stranger, stranger, now=NOW)


@pytest.mark.parametrize("threshold", [0, 2])
def test_impossible_thresholds(site: SignedFolder, threshold: int) -> None:
    """Nobody is locked out by a threshold that cannot be met, nor let in by none at all."""
    holders = site.holders | {"root": RoleKeys(site.holders["root"].keys, threshold)}
    with pytest.raises(InputError, match=r"root: \d signatures of 1 key"):
        changes.found("site", holders, {}, now=NOW)
