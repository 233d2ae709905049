# SPDX-License-Identifier: Apache-2.0
"""A node when something goes wrong with its catalogue, its disk or its sources."""

from __future__ import annotations

import contextlib
import itertools
import shutil
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from seedbed.catalog.ids import Ref
from seedbed.errors import DataError, NoSourceError, NoSpaceError, StateError
from tests.unit.node.stage import DAY_S, Stage, World, damage, hold, play

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def world(tmp_path: Path) -> World:
    """An empty one."""
    return World(tmp_path)


def test_a_catalogue_that_empties(world: World) -> None:
    """It is signed, and lists nothing: all is kept and served for 90 days, and nobody drops a byte for it."""
    stage = Stage(world)

    async def story() -> None:
        async with stage.running() as node:
            await hold(node, world, "lakes", "roads")
            world.others = dict.fromkeys(world.others, 20)
            whole, world.listed = world.listed, replace(world.listed, releases=())
            stage.gift = replace(stage.gift, storage_bytes=10_000)
            await node.round(89, after_s=DAY_S)
            assert node.claimed == {"lakes@1", "roads@1"}
            assert node.told("lakes@1")[-1] == "catalog-unlisted"
            assert [event.what for event in node.parts.state.events() if not event.id] == ["collapsed"]
            world.listed = whole
            stage.gift = replace(stage.gift, storage_bytes=10_000_000)
            await node.round()
            assert node.claimed == {"lakes@1", "roads@1"}
            assert not node.parts.state.waits("unlisted")

    play(story())


def test_what_is_unlisted_for_long_goes(world: World) -> None:
    """After 90 days at work, and when the catalogue is well, into the trash."""
    stage = Stage(world)

    async def story() -> None:
        async with stage.running() as node:
            await hold(node, world, "lakes", "roads")
            world.unlist("roads@1")
            await node.round(2, after_s=60 * DAY_S)
            assert "roads@1" in node.claimed
            await node.round(2, after_s=31 * DAY_S)
            assert node.held == {"lakes@1"}
            assert node.told("roads@1")[-1] == "outlived"

    play(story())


def test_what_the_catalogue_withdrew(world: World) -> None:
    """It is served no longer at once, also after a restart; its data stays, and is served when the entry is back."""
    stage = Stage(world)

    async def story() -> None:
        async with stage.running() as node:
            await hold(node, world, "lakes")
            world.change("lakes@1", status="withdrawn")
            await node.round()
            assert not node.claimed
            assert node.held == {"lakes@1"}
        async with stage.running() as node:
            await node.round()
            assert not node.claimed
            assert node.stage.has_all("lakes@1")
            world.change("lakes@1", status="active")
            await node.round()
            assert node.claimed == {"lakes@1"}

    play(story())


def test_after_a_kill_what_was_new_is_proved_first(world: World) -> None:
    """N7, N8: what was proved shortly before is in doubt; wrong bytes are never claimed, and are fetched again."""
    stage = Stage(world)

    async def story() -> None:
        async with stage.running(is_killed=True) as node:
            world.publish("lakes", "roads")
            await node.round()
            assert node.claimed == {"lakes@1", "roads@1"}
        damage(stage.file("lakes@1"))
        async with stage.running() as node:
            assert not node.claimed
            await node.rounds.settle()
            assert node.claimed == {"roads@1"}
            await node.round()
            assert node.claimed == {"lakes@1", "roads@1"}
            assert node.stage.has_all("lakes@1")

    play(story())


def test_after_an_orderly_stop_all_is_claimed_at_once(world: World) -> None:
    """Nothing is hashed again."""
    stage = Stage(world)

    async def story() -> None:
        async with stage.running() as node:
            await hold(node, world, "lakes", "roads")
        async with stage.running() as node:
            assert node.claimed == {"lakes@1", "roads@1"}

    play(story())


def test_one_flipped_bit(world: World) -> None:
    """N10: nothing shows it but the scrub, within its period; the claim ends at once, and the unit is healed."""
    stage = Stage(world)

    async def story() -> None:
        async with stage.running() as node:
            await hold(node, world, "lakes")
            damage(stage.file("lakes@1"))
            await node.round(3)
            assert node.claimed == {"lakes@1"}, "nobody can know yet"
            world.pass_time(61 * DAY_S)
            world.failing["lakes@1"] = NoSourceError("nobody")
            await node.round()
            assert not node.claimed
            assert node.told("lakes@1")[-1] == "withdrawn"
            del world.failing["lakes@1"]
            await node.round(3)
            assert node.claimed == {"lakes@1"}
            assert node.stage.has_all("lakes@1")

    play(story())


def test_a_shared_file_is_doubted_everywhere(world: World) -> None:
    """N10: one content on the disk under two versions' names: when one is found wrong, the other is proved again."""
    stage = Stage(world)

    async def story() -> None:
        async with stage.running() as node:
            await hold(node, world, "lakes", "roads")
            shared = stage.file("roads@1", "shared")
            shared.hardlink_to(stage.file("lakes@1"))
            kept = stage.place.cache.kept(Ref("roads", "1"))
            assert kept is not None
            sizes = {**kept.sizes, "roads/shared": 99_900}
            stage.place.cache.keep(Ref("roads", "1"), replace(kept, sizes=sizes), {})
            await node.round(2)
            assert node.claimed == {"lakes@1", "roads@1"}
            damage(stage.file("lakes@1"))
            node.parts.state.doubt("lakes@1")
            await node.rounds.scrub.prove("lakes@1")
            assert not node.claimed

    play(story())


@pytest.mark.parametrize("how", ["deleted", "truncated", "replaced", "linked"])
def test_a_file_that_somebody_touched(world: World, tmp_path: Path, how: str) -> None:
    """N11: seen in the next round, without a hash; the claim ends, the unit is healed, and no link is followed."""
    stage = Stage(world)
    elsewhere = tmp_path / "elsewhere"

    async def story() -> None:
        async with stage.running() as node:
            await hold(node, world, "lakes")
            path = stage.file("lakes@1")
            body = path.read_bytes()
            path.chmod(0o644)
            if how == "truncated":
                path.write_bytes(body[:1000])
            else:
                path.unlink()
            elsewhere.write_bytes(body[::-1])
            if how == "replaced":
                path.write_bytes(body[::-1])
            if how == "linked":
                elsewhere.write_bytes(body)
                path.symlink_to(elsewhere)
            world.failing["lakes@1"] = NoSourceError("nobody")
            await node.round()
            assert not node.claimed
            del world.failing["lakes@1"]
            await node.round(2)
            assert node.claimed == {"lakes@1"}
            assert node.stage.has_all("lakes@1")
            assert not path.is_symlink()
            assert len(elsewhere.read_bytes()) == len(body), "nothing outside was touched"

    play(story())


def test_a_file_touched_and_right(world: World) -> None:
    """Copied from a backup, say: it is proved, and claimed again, and nothing is fetched."""
    stage = Stage(world)

    async def story() -> None:
        async with stage.running() as node:
            await hold(node, world, "lakes")
            stage.file("lakes@1").touch()
            await node.round()
            assert node.claimed == {"lakes@1"}
            assert world.fetched == ["lakes@1"]

    play(story())


def test_the_disk_is_away(world: World) -> None:
    """N12: while it works, the mark is gone: nothing is said, fetched or dropped; when it is back, all goes on."""
    stage = Stage(world)

    async def story() -> None:
        async with stage.running() as node:
            await hold(node, world, "lakes")
            world.publish("roads")
            stage.folder.rename(stage.folder.with_name("unmounted"))
            stage.folder.mkdir()
            for _ in range(3):
                with pytest.raises(StateError, match="mounted"):
                    await node.round()
                assert not node.claimed
                assert node.held == {"lakes@1"}
            assert not list(stage.folder.iterdir())
            stage.folder.rmdir()
            stage.folder.with_name("unmounted").rename(stage.folder)
            await node.round(2)
            assert node.claimed == {"lakes@1", "roads@1"}
            assert world.fetched.count("lakes@1") == 1

    play(story())


def test_a_full_disk_and_room_again(world: World) -> None:
    """N1, N3: nothing more is begun, what is held is served, and it goes on by itself."""
    stage = Stage(world)

    async def story() -> None:
        async with stage.running() as node:
            await hold(node, world, "lakes")
            world.publish("roads")
            world.failing["roads@1"] = NoSpaceError("full")
            await node.round()
            world.publish("rivers")
            await node.round(after_s=100)
            assert node.claimed == {"lakes@1"}
            assert node.stage_of("rivers@1") == "", "nothing new is chosen"
            del world.failing["roads@1"]
            await node.round(3)
            assert node.claimed == {"lakes@1", "roads@1", "rivers@1"}

    play(story())


def test_failures_are_tried_again_later_each_time(world: World) -> None:
    """After a quarter of an hour, then half an hour, up to a day; a restart in between forgets nothing."""
    stage = Stage(world)
    tries: list[float] = []

    async def story() -> None:
        world.publish("lakes")
        world.failing["lakes@1"] = NoSourceError("nobody")
        for _ in range(3):
            async with stage.running() as node:
                for _ in range(20):
                    before = len(node.told("lakes@1"))
                    await node.round(after_s=450)
                    tries.extend([world.passed_s] * (len(node.told("lakes@1")) > before))
        gaps = [later - earlier for earlier, later in itertools.pairwise(tries)]
        assert gaps == sorted(gaps)
        assert gaps[0] == 900
        assert len(tries) <= 7

    play(story())


def test_a_broken_swarm_rests_for_three_days(world: World) -> None:
    """All its sources send wrong bytes: it is counted, told, and left alone; then tried again."""
    stage = Stage(world)

    async def story() -> None:
        async with stage.running() as node:
            world.publish("lakes")
            world.failing["lakes@1"] = DataError("wrong bytes")
            await node.round(71)
            assert node.told("lakes@1") == ["chosen", "quarantined"]
            del world.failing["lakes@1"]
            await node.round(3)
            assert node.claimed == {"lakes@1"}
            assert not node.parts.state.waits("failed")

    play(story())


def test_what_never_comes_is_given_up(world: World) -> None:
    """After 90 days without a new byte its room is free again; what the node held before is never given up so."""
    stage = Stage(world)

    async def story() -> None:
        async with stage.running() as node:
            await hold(node, world, "roads")
            world.publish("lakes")
            world.failing |= {"lakes@1": NoSourceError("nobody"), "roads@1": NoSourceError("nobody")}
            stage.file("roads@1").unlink()
            await node.round(2)
            assert {node.stage_of("lakes@1"), node.stage_of("roads@1")} == {"fetching"}
            world.others["lakes@1"] = 9
            await node.round(3, after_s=40 * DAY_S)
            assert node.stage_of("lakes@1") == ""
            assert node.told("lakes@1")[-1] == "given-up"
            assert node.stage_of("roads@1") == "fetching"

    play(story())


def test_room_that_did_not_come(world: World) -> None:
    """A unit was given up for another one, and is kept after all: the booking ends, and the node is not stuck."""
    stage = Stage(world, storage_bytes=120_000)

    async def story() -> None:
        async with stage.running() as node:
            await hold(node, world, "lakes")
            world.others["lakes@1"] = 12
            world.publish("roads")
            while node.stage_of("lakes@1") == "held":
                await node.round()
            assert node.stage_of("roads@1") == "fetching"
            world.others |= {"lakes@1": 0, "roads@1": 9}
            await node.round(3)
            assert node.claimed == {"lakes@1"}
            assert node.told("roads@1")[-1] == "no-room"

    play(story())


def test_room_that_came(world: World) -> None:
    """A unit that nobody has takes the place of one that many have."""
    stage = Stage(world, storage_bytes=120_000)

    async def story() -> None:
        async with stage.running() as node:
            await hold(node, world, "lakes")
            world.others["lakes@1"] = 12
            world.publish("roads")
            await node.round(40)
            assert node.claimed == {"roads@1"}
            assert not node.stage.has_all("lakes@1")

    play(story())


def test_many_nodes_drop_the_same_at_once(world: World) -> None:
    """N24: six hold it, all announce it no longer in the same hour, and none waits for another: three keep it."""
    stages = [Stage(world, name=f"node{number}") for number in range(6)]

    async def story() -> None:
        async with contextlib.AsyncExitStack() as stack:
            world.publish("lakes")
            nodes = [await stack.enter_async_context(stage.running()) for stage in stages]
            for node in nodes:
                world.others["lakes@1"] = -sum("lakes@1" in one.claimed for one in nodes)
                await node.round()
            world.others["lakes@1"] = 0
            assert world.seeds("lakes@1") == 6
            for node in nodes:
                node.parts.state.wish("lakes@1", "evict")
                await node.round(after_s=1)
            assert world.seeds("lakes@1") == 0
            world.pass_time(3_600)
            for node in nodes:
                await node.round(after_s=1)
            assert sum(stage.has_all("lakes@1") for stage in stages) == world.seeds("lakes@1") == 3

    play(story())


def test_a_person_wants_to_be_rid_of_it(world: World) -> None:
    """In two phases as always; at once when they say so; and they may change their mind until it is purged."""
    stage = Stage(world)

    async def story() -> None:
        async with stage.running() as node:
            await hold(node, world, "lakes")
            stage.gift = replace(stage.gift, without=("lakes@1",))
            node.parts.state.wish("lakes@1", "evict")
            await node.round(after_s=10)
            assert node.stage_of("lakes@1") == "leaving"
            await node.round()
            assert node.claimed == {"lakes@1"}, "the only copy"

            node.parts.state.wish("lakes@1", "evict-now")
            await node.round()
            assert not node.parts.state.units()
            assert not node.stage.has_all("lakes@1")

            node.parts.state.wish("lakes@1", "keep")
            await node.round(2)
            assert node.claimed == {"lakes@1"}
            assert node.stage.has_all("lakes@1")
            assert world.fetched == ["lakes@1"]

    play(story())


def test_data_that_the_record_does_not_know(world: World) -> None:
    """N14, N15, N17: the record is older than the disk, or new: what lies there is proved and claimed, not fetched."""
    stage = Stage(world)

    async def story() -> None:
        async with stage.running() as node:
            await hold(node, world, "lakes", "roads")
        stage.record.unlink()
        damage(stage.file("roads@1"))
        stage.__post_init__()
        async with stage.running() as node:
            assert not node.claimed
            await node.rounds.settle()
            assert node.claimed == {"lakes@1"}
            await node.round()
            assert node.claimed == {"lakes@1", "roads@1"}
            assert sorted(world.fetched) == ["lakes@1", "roads@1", "roads@1"]

    play(story())


def test_a_record_older_than_the_disk(world: World) -> None:
    """N15: it names what is not there any more: that is fetched again, never claimed."""
    stage = Stage(world)

    async def story() -> None:
        async with stage.running() as node:
            await hold(node, world, "lakes")
        shutil.rmtree(stage.folder / "snapshots")
        shutil.rmtree(stage.folder / "blobs")
        async with stage.running() as node:
            assert not node.claimed
            await node.rounds.settle()
            await node.round()
            assert node.claimed == {"lakes@1"}
            assert node.stage.has_all("lakes@1")

    play(story())
