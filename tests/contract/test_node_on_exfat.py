# SPDX-License-Identifier: Apache-2.0
"""N25: a real file system without hard links, holes and upper and lower case (exFAT, by FUSE)."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from seedbed.node.disk.store import Place
from seedbed.node.disk.trial import examine
from tests.unit.node.stage import Stage, World, damage, hold, play

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NEEDED = ("mkfs.exfat", "mount.exfat-fuse", "losetup")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(os.geteuid() != 0 or not all(map(shutil.which, NEEDED)), reason="root, exfatprogs, exfat-fuse"),
]


@contextlib.contextmanager
def exfat(folder: Path) -> Iterator[Path]:
    """A small one."""
    image, mounted = folder / "image", folder / "disk"
    image.touch()
    os.truncate(image, 64 << 20)
    mounted.mkdir()
    subprocess.run(["mkfs.exfat", str(image)], check=True, capture_output=True)
    loop = subprocess.run(["losetup", "-f", "--show", str(image)], check=False, capture_output=True, text=True)
    if loop.returncode:
        pytest.skip("no loop devices here")
    device = loop.stdout.strip()
    try:
        done = subprocess.run(["mount.exfat-fuse", device, str(mounted)], check=False, capture_output=True)
        if done.returncode or not mounted.is_mount():
            pytest.skip("no right to mount here")
        try:
            yield mounted
        finally:
            subprocess.run(["umount", "-l", str(mounted)], check=True)
    finally:
        subprocess.run(["losetup", "-d", device], check=True)


class OnDisk(Stage):
    """A node whose folder lies on the file system."""

    __slots__ = ("disk",)
    disk: Path

    @property
    def folder(self) -> Path:
        """There."""
        return self.world.folder / "disk/given"


def test_a_node_works_there_and_its_lacks_are_named(tmp_path: Path) -> None:
    """It fetches, proves, serves, heals a flipped bit, deletes; what is missing was said."""
    with exfat(tmp_path) as disk:
        trial = examine(disk)
        trial.require(disk)
        assert {"hard-links", "case", "symlinks"} <= {*trial.lacks}
        world = World(tmp_path)
        stage = OnDisk(world)

        async def story() -> None:
            async with stage.running() as node:
                await hold(node, world, "lakes", "roads")
                assert stage.has_all("lakes@1")
            damage(stage.file("lakes@1"))
            async with stage.running() as node:
                node.parts.state.doubt("lakes@1")
                await node.round(3)
                assert node.claimed == {"lakes@1", "roads@1"}
                assert stage.has_all("lakes@1")
                node.parts.state.wish("roads@1", "evict-now")
                world.others["roads@1"] = 9
                await node.round()
                assert not node.stage_of("roads@1")

        play(story())
        assert Place(stage.folder).mark()
