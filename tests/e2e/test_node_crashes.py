# SPDX-License-Identifier: Apache-2.0
"""A real smartnode is killed and stopped at random moments while it fetches real datasets."""

from __future__ import annotations

import contextlib
import os
import random
import subprocess
import time
from functools import partial
from typing import TYPE_CHECKING

import pytest

from tests.e2e.clients.base import wait_until
from tests.e2e.node_world import joined, published, running

if TYPE_CHECKING:
    from pathlib import Path

    from tests.e2e.node_world import NodeWorld

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]

KILLS = 100 if os.environ.get("SEEDBED_SOAK") else 8
SEED = 20_261_121
COUNT = 9


@pytest.mark.slow
def test_killed_at_any_moment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """N7, N26: kills and TERM signals: nothing wrong is claimed, nothing held is lost, and it is soon back."""
    chance = random.Random(SEED)

    with published(tmp_path, count=COUNT, size=3_000_000, rate="900k") as site:
        world = joined(site, tmp_path, monkeypatch)
        held: set[str] = set()
        for attempt in range(KILLS):
            with running(world) as node:
                if attempt % 5:  # else it is killed while it starts
                    wait_until(partial(node.events, "ready"), "ready", log=node.log)
                with contextlib.suppress(subprocess.TimeoutExpired):
                    node.process.wait(chance.uniform(0.0, 0.9))
                if attempt % 4 == 3 and node.events("ready"):
                    assert node.terminate() == 0, node.log.read_text()
                    assert "Traceback" not in node.log.read_text()
                else:
                    node.kill()
            held = check(world, held)

        began_s = time.monotonic()
        with running(world) as node:
            node.until("ready")
            assert time.monotonic() - began_s < 60
            node.until("round", held=COUNT, fetching=0)
            assert node.terminate() == 0
        assert check(world, held) == {f"set-{number}@1" for number in range(COUNT)}


def check(world: NodeWorld, before: set[str]) -> set[str]:
    """Whatever is claimed is right, byte for byte; what was held is still known, and its bytes are here."""
    if not list(world.home.rglob("node/state.sqlite")):
        return before
    for item in world.claimed:
        assert world.is_right(item), item
    held = world.units("stage = 'held'")
    assert before <= held
    assert all(map(world.is_right, held))
    return held
