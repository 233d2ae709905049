# SPDX-License-Identifier: Apache-2.0
"""Real nodes keep real datasets alive: through lost nodes, a new version, and the end of the web server."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from seedbed.simulating.live.story import Step, Wish, tell

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]


def test_nodes_bring_everything_back_to_three_true_copies(tmp_path: Path) -> None:
    """Six nodes, two of them gone for good; what did not change in a new version is not fetched again."""
    steps: list[Step] = []
    wish = Wish(nodes=6, datasets=10, mean_bytes=100_000, copies=4.2, lost=2, patience_s=60, alone_hours=2.5)

    asyncio.run(tell(wish, tmp_path, steps.append))

    assert [step.is_right for step in steps] == [True] * 4, steps
    version = steps[2]
    assert version.fetched_bytes < 5 * wish.mean_bytes * 0.6, "unchanged files were fetched again"
    assert steps[3].fetched_bytes == 0
