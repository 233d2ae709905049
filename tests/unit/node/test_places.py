# SPDX-License-Identifier: Apache-2.0
"""Several folders on several disks: room in each, and one of them away (N12)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from seedbed.errors import BusyError, StateError
from seedbed.node.disk.beginning import open_state
from seedbed.node.disk.places import Places, place_of
from seedbed.node.disk.store import Place
from seedbed.node.giving.gift import Gift
from seedbed.node.policy.rules import DEFAULT
from seedbed.node.state import State
from tests.unit.node.stage import Running, Stage, World, hold, play

if TYPE_CHECKING:
    from pathlib import Path

SHARE = 20_000_000


class Disks(Stage):
    """A node with two folders, each on a disk that may be taken away."""

    __slots__ = ()

    @property
    def second(self) -> Path:
        """The other folder."""
        return self.folder.with_name("second")

    @property
    def two(self) -> tuple[Path, Path]:
        """Both."""
        return self.folder, self.second

    def away(self, folder: Path) -> Path:
        """Where its content is while the disk is away."""
        return folder.with_name(folder.name + "-away")

    def take(self, folder: Path) -> None:
        """A disk is taken off: its folder is empty."""
        folder.rename(self.away(folder))
        folder.mkdir()

    def bring(self, folder: Path) -> None:
        """It is back."""
        assert not list(folder.iterdir()), "something was written to a disk that was not there"
        folder.rmdir()
        self.away(folder).rename(folder)

    def where(self, node: Running, *items: str) -> list[Path]:
        """The folders of units."""
        return [node.parts.place.of(item).folder for item in items]


@pytest.fixture
def disks(tmp_path: Path) -> Disks:
    """Two empty ones."""
    disks = Disks(World(tmp_path), storage_bytes=SHARE)
    disks.gift = disks.gift.with_shares({str(disks.folder): SHARE, str(disks.second): SHARE})
    Place(disks.second).make()
    return disks


def names(count: int) -> list[str]:
    """Of datasets."""
    return [f"set-{number}" for number in range(count)]


def test_data_goes_where_the_largest_share_is_free(disks: Disks) -> None:
    """Turn by turn where both give the same; every unit lies in one folder, proved and served."""

    async def story() -> None:
        async with disks.running() as node:
            await hold(node, disks.world, *names(6))
            where = disks.where(node, *sorted(node.held))
            assert [where.count(folder) for folder in disks.two] == [3, 3]
            assert all((folder / "snapshots").is_dir() for folder in disks.two)
            for item in node.held:
                found = node.parts.place.of(item)
                assert disks.world.data[item].is_at(
                    found.cache.data(found.cache.refs()[0]).parents[2] / item.partition("@")[0] / "1/data"
                )
        async with disks.running() as node:
            assert node.claimed == {f"{name}@1" for name in names(6)}
            assert disks.where(node, *sorted(node.held)) == where

    play(story())


def test_a_unit_must_fit_into_one_of_them(disks: Disks) -> None:
    """Not into what is left of both together; and never more than was given there."""
    disks.gift = disks.gift.with_shares({str(disks.folder): 10_000_000, str(disks.second): 14_000_000})

    async def story() -> None:
        disks.world.publish("huge", size=15_000_000)
        disks.world.publish("large", size=11_000_000)
        disks.world.publish("small", size=4_000_000)
        async with disks.running() as node:
            await node.round(4)
            assert node.held == {"large@1", "small@1"}
            assert disks.where(node, "large@1", "small@1") == [disks.second, disks.folder]

    play(story())


@pytest.mark.parametrize("which", [0, 1])
def test_n12_one_disk_is_away(disks: Disks, which: int) -> None:
    """What lies there is said no longer, and nothing of it is fetched again or dropped; the other one goes on."""

    async def story() -> None:
        async with disks.running() as node:
            await hold(node, disks.world, *names(4))
            gone, left = disks.two[which], disks.two[1 - which]
            there = {item for item in node.held if node.parts.place.of(item).folder == left}
            disks.take(gone)
            await node.round()
            assert node.claimed == there
            fetched = len(disks.world.fetched)
            disks.world.publish("later")
            await node.round(3)
            assert disks.world.fetched[fetched:] == ["later@1"]
            assert node.claimed == there | {"later@1"}
            assert node.parts.place.of("later@1").folder == left
            disks.bring(gone)
            await node.round(2)
            assert node.claimed == {f"{name}@1" for name in (*names(4), "later")}
            assert [one for one in node.told("") if "disk" in one] == ["disk-away", "disk-back"]

    play(story())


def test_n12_it_was_away_at_the_start_and_comes_back(disks: Disks) -> None:
    """A node starts with one of its disks, and takes the other one up when it is there."""

    async def story() -> None:
        async with disks.running() as node:
            await hold(node, disks.world, *names(4))
        disks.take(disks.second)
        async with disks.running() as node:
            await node.round()
            assert len(node.claimed) == 2
            disks.bring(disks.second)
            await node.round(2)
            assert len(node.claimed) == 4
            assert len(disks.world.fetched) == 4

    play(story())


def test_n12_both_are_away(disks: Disks) -> None:
    """The node says nothing, and waits."""

    async def story() -> None:
        async with disks.running() as node:
            await hold(node, disks.world, *names(4))
            for folder in disks.two:
                disks.take(folder)
            with pytest.raises(StateError, match="mounted"):
                await node.rounds.once()
            assert not node.claimed
            for folder in disks.two:
                disks.bring(folder)
            await node.round(2)
            assert len(node.claimed) == 4

    play(story())


def test_n12_a_disk_that_is_away_is_not_written_to(disks: Disks) -> None:
    """Nor for a version that is cut into parts, whose torrent is looked at before it has a folder."""
    disks.rules = replace(DEFAULT, cut_above_bytes=2_000_000, part_bytes=11 * 32_768)

    async def story() -> None:
        disks.take(disks.folder)
        disks.world.publish("ortho", size=3_000_000)
        async with disks.running() as node:
            await node.round(4)
            assert node.held
            assert all(item.startswith("ortho@1#") for item in node.held)
            assert {*disks.where(node, *node.held)} == {disks.second}
            disks.bring(disks.folder)
            await node.round()

    play(story())


def test_what_a_person_asks_of_a_disk_that_is_away_waits(disks: Disks) -> None:
    """An eviction is done when it is back, not forgotten."""

    async def story() -> None:
        async with disks.running() as node:
            await hold(node, disks.world, *names(2))
            item = next(item for item in node.held if node.parts.place.of(item).folder == disks.second)
            disks.take(disks.second)
            node.parts.state.wish(item, "evict-now")
            await node.round()
            assert node.stage_of(item) == "held"
            disks.bring(disks.second)
            disks.gift = replace(disks.gift, without=(item,))
            await node.round()
            assert not node.stage_of(item)

    play(story())


def test_n21_a_budget_of_one_is_lowered(disks: Disks) -> None:
    """It gives up there, and not where there is room."""

    async def story() -> None:
        async with disks.running() as node:
            disks.world.publish(*names(4), size=1_000_000)
            await node.round(2)
            for item in node.held:
                disks.world.others[item] = 9
            disks.gift = disks.gift.with_shares({str(disks.folder): SHARE, str(disks.second): 100_000})
            await node.round(50, after_s=6 * 3_600)
            assert {*disks.where(node, *node.held)} == {disks.folder}
            assert len(node.held) == 2

    play(story())


def test_n17_a_record_that_is_built_anew(disks: Disks) -> None:
    """From what lies in both folders, each where it lies."""

    async def story() -> None:
        async with disks.running() as node:
            await hold(node, disks.world, *names(4))
            where = {item: node.parts.place.of(item).folder for item in node.held}
        disks.record.write_bytes(b"no database" * 1_000)
        async with disks.running() as node:
            await node.round()
            assert node.claimed == set(where)
            assert {item: node.parts.place.of(item).folder for item in where} == where
            assert len(disks.world.fetched) == 4

    play(story())


def test_n13_each_has_a_lock(disks: Disks) -> None:
    """Two nodes that share one folder: the second refuses; a disk that is away is let go, and had again."""
    with open_state(disks.record, Place(disks.folder)) as state:
        places = place_of(disks.gift, state)
        assert isinstance(places, Places)
        with places.held():
            with pytest.raises(BusyError), Place(disks.second).held():
                pass
            disks.take(disks.second)
            places.check(state.get("mark"))
            with Place(disks.away(disks.second)).held():
                pass
            disks.bring(disks.second)
            places.check(state.get("mark"))
            with pytest.raises(BusyError), Place(disks.second).held():
                pass
        with Place(disks.second).held(), pytest.raises(BusyError), places.held():
            pass


def test_another_nodes_disk_in_its_place(disks: Disks) -> None:
    """It is not used."""
    with open_state(disks.record, Place(disks.folder)) as state:
        place_of(disks.gift, state)
        disks.take(disks.second)
        Place(disks.second).make()
        places = place_of(disks.gift, state)
        assert "another node" in places.away[disks.second]
        assert places.present == [Place(disks.folder)]
        assert places.free_bytes({}, disks.gift, DEFAULT) <= SHARE


def test_one_folder_stays_what_it_was(tmp_path: Path) -> None:
    """No table is written for it."""
    with State(tmp_path / "s") as state:
        assert place_of(Gift("c", str(tmp_path), SHARE), state) == Place(tmp_path)
        assert state.homes() == {}
