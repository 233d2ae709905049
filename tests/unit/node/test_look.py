# SPDX-License-Identifier: Apache-2.0
"""What a node says of itself: what it protects, and why."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from seedbed.node.policy.rules import DEFAULT
from seedbed.node.telling.look import Look
from seedbed.node.telling.words import reason
from tests.unit.node.stage import Stage, World, hold, play

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.node.stage import Running

RULES = replace(DEFAULT, cut_above_bytes=2_000_000, part_bytes=11 * 32_768)


@pytest.fixture
def world(tmp_path: Path) -> World:
    """Empty."""
    return World(tmp_path)


def look(node: Running) -> Look:
    """From its record, as a command does."""
    parts = node.parts
    return Look(
        parts.gift(), node.stage.world.listed, parts.state, parts.key, node.claims.cutter, parts.place
    )  # fmt: skip


def test_what_is_protected_by_collection(world: World) -> None:
    """Bytes and versions of each collection; what has been fetched since the last count is a copy, too."""

    async def tale() -> None:
        world.publish("creeks", "ponds", collection="water", others=9)
        async with Stage(world).running() as node:
            await hold(node, world, "lakes")
            facts = look(node).status()
        assert facts["collections"] == [{
            "collection": "datasets", "held": 1, "of": 1, "held_bytes": 100_000, "bytes": 100_000, "percent": 100.0,
            "only_here": 1, "parts": 0,
        }]  # fmt: skip
        assert facts["coverage_percent"] == pytest.approx(100 / 3)
        assert facts["only_here"] == 1

    play(tale())


def test_a_dataset_without_a_version(world: World) -> None:
    """Its newest version is meant; a name that is not listed is none."""

    async def tale() -> None:
        world.publish("lakes", others=9)
        world.publish("roads", others=9)
        world.change("lakes@1", latest=True)
        async with Stage(world).running() as node:
            found = look(node).why("lakes")
            assert found
            assert (found["id"], found["reason"]) == ("lakes@1", "needed")
            assert look(node).why("trees") is None

    play(tale())


def test_a_version_in_parts(world: World) -> None:
    """How much of it is here, of how much; and why, asked by its own name or by a part's."""

    async def tale() -> None:
        world.publish("ortho", size=3_000_000)
        async with Stage(world, storage_bytes=1_200_000, rules=RULES).running() as node:
            await node.rounds_until(lambda: node.held == set(node.parts.state.units()) and len(node.held) >= 2)
            seen = look(node)
            facts, held = seen.status(), sorted(node.held)
            whole, part = seen.why("ortho@1"), seen.why(held[0])
        assert whole
        assert part
        large = facts["large"][0]
        assert (large["id"], large["held"]) == ("ortho@1", len(held))
        assert large["of"] > len(held) > 0
        assert 0 < large["percent"] < 100
        assert facts["collections"][0]["parts"] == len(held)
        assert (whole["stage"], whole["reason"]) == (f"{len(held)} of {large['of']} parts held", "in-parts")
        assert {one for one, stage in whole["parts"].items() if stage == "held"} == set(held)
        assert {event["id"] for event in whole["events"]} == whole["parts"].keys()
        assert f"{len(held)} of {large['of']} here" in reason(whole["reason"], whole["facts"])
        assert part["stage"] == "held"

    play(tale())
