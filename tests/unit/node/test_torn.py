# SPDX-License-Identifier: Apache-2.0
"""N9: of a write one sector of 512 bytes never reached the disk, and nothing but the bytes shows it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from seedbed.errors import NoSourceError
from tests.unit.node.stage import DAY_S, Stage, World, hold, play

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def world(tmp_path: Path) -> World:
    """An empty one."""
    return World(tmp_path)


@pytest.mark.parametrize("sector", [64, -1])
@pytest.mark.parametrize("content", [bytes(512), b"\xff" * 512])
def test_n9_a_torn_sector(world: World, sector: int, content: bytes) -> None:
    """512 bytes were never written, and nothing shows it: the scrub finds it, the claim ends, the unit is healed."""
    stage = Stage(world)

    async def story() -> None:
        async with stage.running() as node:
            await hold(node, world, "lakes")
            tear(stage.file("lakes@1"), sector, content)
            await node.round(2)
            assert node.claimed == {"lakes@1"}, "nobody can know yet"
            world.pass_time(61 * DAY_S)
            world.failing["lakes@1"] = NoSourceError("nobody")
            await node.round()
            assert not node.claimed
            del world.failing["lakes@1"]
            await node.round(3)
            assert node.claimed == {"lakes@1"}
            assert node.stage.has_all("lakes@1")

    play(story())


@pytest.mark.parametrize("sector", [0, 9, 18])
def test_n9_a_torn_sector_of_the_record(world: World, sector: int) -> None:
    """Whichever it is: the node starts, claims what it can prove, and no byte of the data is lost or fetched again."""
    stage = Stage(world)

    async def story() -> None:
        async with stage.running() as node:
            await hold(node, world, "lakes", "roads")
        tear(stage.record, sector, bytes(512))
        async with stage.running() as node:
            await node.round(3)
            assert node.claimed == {"lakes@1", "roads@1"}
            assert node.stage.has_all("lakes@1")
            assert len(world.fetched) == 2

    play(story())


def tear(path: Path, sector: int, content: bytes) -> None:
    """Of a file on disk one sector is lost; size and times stay."""
    facts, mode = path.stat(), path.stat().st_mode
    path.chmod(0o644)
    with path.open("r+b") as file:
        at = (facts.st_size // 512 + sector if sector < 0 else sector) * 512
        file.seek(min(at, facts.st_size - 512))
        file.write(content)
    path.chmod(mode)
    os.utime(path, ns=(facts.st_atime_ns, facts.st_mtime_ns))
