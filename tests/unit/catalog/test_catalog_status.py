# SPDX-License-Identifier: Apache-2.0
"""What a keeper is told: what runs out when, and who must do something."""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from seedbed.catalog.model import Change
from seedbed.catalog.releasing import status, upkeep, waiting
from seedbed.catalog.releasing.disk import Disk
from seedbed.catalog.releasing.workplace import Workplace, look_at, open_workplace
from seedbed.catalog.signing import draft, repository
from seedbed.errors import InputError, TrustError
from tests import publishers, tuf_client
from tests.tuf_client import NOW

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.publishers import Keeper


def standing(keeper: Keeper, after: dt.timedelta) -> status.CatalogStatus:
    """How it stands some time later."""
    return status.read(look_at(keeper.folder, now=lambda: NOW + after, tables=keeper.tables))


def at_work(
    keeper: Keeper, act: Callable[[Workplace], object], *, person: str = "a", after: dt.timedelta = dt.timedelta()
) -> None:
    """Do something some time later."""
    now = NOW + after
    with open_workplace(
        keeper.folder, keeper.keys / person, wait_s=0, now=lambda: now, tables=keeper.tables, disk=Disk()
    ) as place:
        act(place)


@pytest.mark.parametrize(
    ("days", "warned"),
    [
        (3, []),
        (5, ["timestamp expires on 2026-11-28"]),
        (8, ["timestamp expired on 2026-11-28"]),
        (25, ["snapshot expires on 2026-12-21", "timestamp expired on 2026-11-28"]),
        (151, ["targets expires on", "snapshot expired on", "timestamp expired on"]),
        (700, ["root expires on", "targets expired on", "snapshot expired on", "timestamp expired on"]),
    ],
)
def test_warnings_come_in_time(tmp_path: Path, days: int, warned: list[str]) -> None:
    """Before something runs out there is time to act; the line says what to do."""
    found = standing(publishers.keeper(tmp_path), dt.timedelta(days=days))
    assert len(found.warnings) == len(warned)
    for line, start in zip(found.warnings, warned, strict=True):
        assert line.startswith(start)
        assert "seedbed catalog sign" in line


def test_sign_renews_what_is_due(tmp_path: Path) -> None:
    """Half a year without a release: one person's renewal, and all is good again."""
    keeper = publishers.keeper(tmp_path)
    later = dt.timedelta(days=130)

    def renew(place: Workplace) -> None:
        assert upkeep.due(place) == ("targets",)
        assert upkeep.renew(place, upkeep.due(place)).is_public
        upkeep.refresh(place)

    at_work(keeper, renew, after=later)
    found = standing(keeper, later)
    assert found.warnings == ()
    assert {one.role: round(one.days_left) for one in found.roles} == {
        "root": 600,
        "targets": 180,
        "snapshot": 30,
        "timestamp": 7,
    }
    tuf_client.read(keeper.folder, tmp_path / "c", "catalog.parquet", now=NOW + later)


def test_what_a_release_adds_is_told_from_its_own_files(tmp_path: Path) -> None:
    """New and changed versions, bytes, and whose signature is missing."""
    keeper = publishers.keeper(tmp_path, people=2, threshold=2)
    at_work(keeper, waiting.sign, person="b")
    with keeper.open("a") as publisher:
        publisher.release(publishers.change(publisher))
    at_work(keeper, waiting.sign, person="b")
    with keeper.open("a") as publisher:
        done = publisher.release(publishers.change(publisher, version="2"))
    assert (done.is_public, done.missing_signatures, done.serial) == (False, 1, 2)

    found = standing(keeper, dt.timedelta()).waiting

    assert found is not None
    assert (found.serial, found.added, found.changed, found.size_bytes) == (2, ("rivers@2",), ("rivers@1",), 2_000)
    assert [(one.role, one.needed, [key.name for key in one.may_sign]) for one in found.standings] == [
        ("targets", 1, ["b"])
    ]


def test_whoever_signs_is_told_of_another_tracker(tmp_path: Path) -> None:
    """It is where all readers of what is published next will announce themselves; with it, nothing else changes."""
    keeper = publishers.keeper(tmp_path, people=2, threshold=2)
    at_work(keeper, waiting.sign, person="b")
    with keeper.open("a") as publisher:
        publisher.release(Change((), tracker="udp://t.example:1/announce"))

    found = standing(keeper, dt.timedelta()).waiting

    assert found is not None
    assert (found.added, found.changed) == ((), ())
    assert found.site_changes == ("tracker: udp://t.example:1/announce (was none)",)
    at_work(keeper, waiting.sign, person="b")
    site = standing(keeper, dt.timedelta()).site
    assert site is not None
    assert site.trackers == ("udp://t.example:1/announce",)
    with keeper.open("a") as publisher, pytest.raises(InputError, match="nothing to publish"):
        publisher.release(Change((), tracker="udp://t.example:1/announce"))


def test_rows_that_the_release_does_not_name_are_not_signed(tmp_path: Path) -> None:
    """The first person put other rows into the table than into the list of changes, and signed the hashes of both."""
    keeper = publishers.keeper(tmp_path, people=2, threshold=2)
    at_work(keeper, waiting.sign, person="b")
    with keeper.open("a") as publisher:
        publisher.release(publishers.change(publisher))
    tree = keeper.folder / ".pending/tree"
    site = keeper.tables.read_site(tree / "catalog.parquet")
    rows = [replace(one, title="Something else") for one in keeper.tables.read_releases(tree / "catalog.parquet")]
    keeper.tables.write_catalog(tree / "catalog.parquet", rows, site)
    resign(keeper, tree)

    with pytest.raises(TrustError, match=r"catalog\.parquet: it is not the published one with the rows"):
        at_work(keeper, waiting.sign, person="b")


def resign(keeper: Keeper, tree: Path) -> None:
    """Sign the staged table as it is now, as its maker can."""
    data = (tree / "catalog.parquet").read_bytes()
    work = waiting.load_draft(look_at(keeper.folder, now=lambda: NOW, tables=keeper.tables))
    assert work.targets is not None
    target = work.targets.signed.targets["catalog.parquet"]
    facts = repository.TargetFacts(len(data), hashlib.sha256(data).hexdigest(), target.custom)
    work.targets.signed.targets["catalog.parquet"] = repository.to_target("catalog.parquet", facts)
    work.targets.signatures.clear()
    work.sign(keeper.ring("a"))
    for path, content in draft.signed_files(work).items():
        (tree / path).write_bytes(content)


def test_a_term_that_is_too_long_is_not_signed(tmp_path: Path) -> None:
    """Signatures of ten years would let a thief replay this release for ten years."""
    keeper = publishers.keeper(tmp_path, people=2, threshold=2)
    work = waiting.load_draft(look_at(keeper.folder, now=lambda: NOW, tables=keeper.tables))
    assert work.targets is not None
    work.targets.signed.expires = NOW + dt.timedelta(days=3650)
    (keeper.folder / ".pending/tree/metadata/1.targets.json").write_bytes(work.targets.to_bytes())

    with pytest.raises(TrustError, match="it would be good for too long"):
        at_work(keeper, waiting.sign, person="b")


@pytest.mark.parametrize("moment", ["2036-11-21T12:00:00+00:00", "2026-11-21T12:00:00", "soon"])
def test_a_moment_that_is_yet_to_come_is_not_signed(tmp_path: Path, moment: str) -> None:
    """Readers would believe it, and distrust their own clocks."""
    keeper = publishers.keeper(tmp_path, people=2, threshold=2)
    work = waiting.load_draft(look_at(keeper.folder, now=lambda: NOW, tables=keeper.tables))
    assert work.targets is not None
    work.targets.signed.unrecognized_fields[repository.SIGNED_AT_FIELD] = moment
    (keeper.folder / ".pending/tree/metadata/1.targets.json").write_bytes(work.targets.to_bytes())

    with pytest.raises(TrustError, match="yet to come"):
        at_work(keeper, waiting.sign, person="b")
