# SPDX-License-Identifier: Apache-2.0
"""A version that is too large for a node is kept in parts: taken, served, dropped, lost and mended one by one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from seedbed.engine.base import TorrentId
from seedbed.library.parts import PartShelf
from seedbed.node.choosing.units import split
from seedbed.node.policy.rules import DEFAULT
from tests.unit.node.stage import DAY_S, Stage, World, play

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.node.stage import Running

RULES = replace(DEFAULT, cut_above_bytes=2_000_000, part_bytes=11 * 32_768)


@pytest.fixture
def world(tmp_path: Path) -> World:
    """One dataset of 100 pieces, and a small one."""
    world = World(tmp_path)
    world.publish("ortho", size=100 * 32_768)
    world.publish("lakes", size=50_000)
    return world


async def have(running: Running) -> set[int]:
    """Pieces that are offered of the large one."""
    torrent = running.stage.world.data["ortho@1"].metainfo.info_hashes.best_hex
    return {number for number, is_here in enumerate(await running.engine.pieces(TorrentId(torrent))) if is_here}


def pieces_of(stage: Stage, items: set[str]) -> set[int]:
    """Pieces of parts that are on the disk, by their notes."""
    found: set[int] = set()
    for item in items:
        ref, part = split(item)
        kept = PartShelf(stage.place.cache, ref).kept(part)
        assert kept
        found |= set(kept.pieces)
    return found


def test_a_small_node_takes_some_parts_and_serves_them(world: World) -> None:
    """A third of the archive fits: three parts are fetched, one after the other, and offered as one torrent."""
    stage = Stage(world, storage_bytes=1_200_000, rules=RULES)

    async def story() -> None:
        async with stage.running() as node:
            await node.rounds_until(lambda: len(node.claimed) >= 3)
            parts = {item for item in node.claimed if "#" in item}
            assert len(parts) >= 2
            assert await have(node) == pieces_of(stage, parts)
            assert 0 < len(await have(node)) < 100

    play(story())


def test_after_a_stop_all_parts_are_served_again(world: World) -> None:
    """Nothing is fetched again; a killed node proves first what it wrote last."""
    stage = Stage(world, storage_bytes=1_200_000, rules=RULES)

    async def story() -> None:
        async with stage.running(is_killed=True) as node:
            await node.rounds_until(lambda: len(node.claimed) >= 3)
            before = node.claimed
        async with stage.running() as node:
            await node.rounds_until(lambda: node.claimed >= before)
            assert all(world.fetched.count(item) == 1 for item in before)

    play(story())


def test_two_nodes_take_different_parts(world: World) -> None:
    """Chance and the lottery spread them: together they hold more than one of them."""
    stages = [Stage(world, name, 1_200_000, rules=RULES) for name in ("one", "two")]

    async def story() -> None:
        async with stages[0].running() as one, stages[1].running() as two:
            await one.rounds_until(lambda: len(one.claimed) >= 3)
            await two.rounds_until(lambda: len(two.claimed) >= 3)
            assert len({item for item in one.claimed | two.claimed if "#" in item}) > 3

    play(story())


def test_a_damaged_part_is_withdrawn_alone(world: World) -> None:
    """Its neighbours in the same file are served on; it is mended, and served again."""
    stage = Stage(world, storage_bytes=1_200_000, rules=RULES)

    async def story() -> None:
        async with stage.running() as node:
            await node.rounds_until(lambda: len(node.claimed) >= 3)
            item, other = sorted(one for one in node.claimed if "#" in one)[:2]
            ref, part = split(item)
            shelf = PartShelf(stage.place.cache, ref)
            kept = shelf.kept(part)
            assert kept
            path, (start, _, _) = next(iter(kept.spans.items()))
            body = bytearray((shelf.folder / path).read_bytes())
            body[start + 7] ^= 1
            (shelf.folder / path).write_bytes(body)
            assert not await node.rounds.scrub.prove(item)
            assert item not in node.claimed
            assert other in node.claimed
            assert await have(node) == pieces_of(stage, {one for one in node.claimed if "#" in one})
            await node.rounds_until(lambda: item in node.claimed)

    play(story())


def test_a_part_is_evicted_alone_and_can_be_had_back(world: World) -> None:
    """Its bytes stay for a day, and are freed then; those of the others stay."""
    stage = Stage(world, storage_bytes=1_200_000, rules=RULES)

    async def story() -> None:
        async with stage.running() as node:
            await node.rounds_until(lambda: len(node.claimed) >= 3)
            item = min(one for one in node.claimed if "#" in one)
            ref, part = split(item)
            stage.gift = replace(stage.gift, is_paused=True)
            node.parts.state.wish(item, "evict-now")
            await node.round()
            assert item not in node.claimed
            assert stage.place.shelf.discarded() == [item]
            node.parts.state.wish(item, "keep")
            await node.rounds_until(lambda: item in node.claimed)
            node.parts.state.wish(item, "evict-now")
            await node.round()
            world.pass_time(2 * DAY_S)
            await node.round()
            await node.round()
            assert stage.place.shelf.discarded() == []
            assert not PartShelf(stage.place.cache, ref).kept(part)
            assert await have(node) == pieces_of(stage, {one for one in node.claimed if "#" in one})

    play(story())


def test_a_lost_record_is_built_anew_from_the_notes(world: World) -> None:
    """Parts on the disk are found, proved, and served."""
    stage = Stage(world, storage_bytes=1_200_000, rules=RULES)

    async def story() -> None:
        async with stage.running() as node:
            await node.rounds_until(lambda: len(node.claimed) >= 3)
            before = node.claimed
        stage.record.write_bytes(b"not a database" * 1_000)
        async with stage.running() as node:
            await node.rounds_until(lambda: node.claimed >= before)

    play(story())


def test_without_its_torrent_it_is_not_cut(world: World, tmp_path: Path) -> None:
    """Nobody guesses: it is no unit until its torrent can be had, and the reason is told."""
    stage = Stage(world, storage_bytes=10_000_000, rules=RULES)
    for path in (tmp_path / "site").rglob("*.torrent"):
        path.unlink()

    async def story() -> None:
        async with stage.running() as node:
            await node.round()
            await node.round()
            assert all("#" not in item for item in node.claimed)

    play(story())
