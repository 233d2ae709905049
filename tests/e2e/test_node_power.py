# SPDX-License-Identifier: Apache-2.0
"""The power fails while a real smartnode fetches: what the disk has then is enough to go on from."""

from __future__ import annotations

import os
import random
import shutil
import time
from typing import TYPE_CHECKING

import pytest

from tests.e2e.disks import cut_power, image_disk, needs_root
from tests.e2e.node_world import joined, published, running

if TYPE_CHECKING:
    from pathlib import Path

    from tests.e2e.node_world import NodeWorld

CUTS = 40 if os.environ.get("SEEDBED_SOAK") else 2
COUNT = 4
pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(60 + 20 * CUTS)]


@needs_root
@pytest.mark.skipif(not shutil.which("mkfs.ext4"), reason="a file system of its own loses what was not flushed")
def test_the_power_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """N8: the node starts from what the disk had; nothing wrong is claimed, and what was held before is held still."""
    chance, image, disk = random.Random(8), tmp_path / "image", tmp_path / "disk"
    held: list[set[str]] = []
    with published(tmp_path, count=COUNT, size=2_000_000, rate="800k") as site:
        with image_disk(image, disk, 96):
            world = joined(site, disk, monkeypatch, given=disk / "given")
            with running(world, logs=tmp_path) as node:
                node.until("ready")
                for cut in range(CUTS):
                    time.sleep(chance.uniform(0.1, 4.0 / CUTS + 0.3))
                    held.append(world.claimed)
                    cut_power(image, tmp_path / f"image-{cut}")
                assert node.terminate() == 0  # in order: what the tracker counts of it would be fetched no more
        for cut in range(CUTS):
            with image_disk(tmp_path / f"image-{cut}", disk):
                check(world, tmp_path, held[cut])
            (tmp_path / f"image-{cut}").unlink()


def check(world: NodeWorld, logs: Path, held: set[str]) -> None:
    """Start from what is left: within a minute it is at work, and what it claims is true, at once and a round later."""
    began_s = time.monotonic()
    with running(world, logs=logs) as node:
        node.until("ready")
        assert time.monotonic() - began_s < 60
        for item in world.claimed:
            assert world.is_right(item), f"{item} is claimed and not right"
        assert held <= world.units("stage = 'held'"), "what was held before the cut is forgotten"
        node.until("round")  # what is left to fetch may wait: trackers count the nodes before for a while
        assert all(map(world.is_right, world.claimed))
        assert node.terminate() == 0
