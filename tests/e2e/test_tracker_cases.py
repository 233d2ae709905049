# SPDX-License-Identifier: Apache-2.0
"""What the npm package bittorrent-tracker expects of a tracker, over all wires of ours at once."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.e2e.clients.webtorrent import HOME
from tests.e2e.test_tracker import tracking
from tests.programs import require
from tests.trackers import has_ipv6

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(60)]


def test_the_packages_own_cases(tmp_path: Path) -> None:
    """numwant, large torrents, a whole life over each wire, several trackers in one client, IPv6, scrapes, numbers."""
    node = require("node")
    if not (HOME / "node_modules" / "bittorrent-tracker").is_dir():
        pytest.skip("webtorrent is not installed (make peers)")
    six = ["--http", "[::1]:0"] if has_ipv6() else []
    with tracking(tmp_path, "--open", *six) as tracker:
        http6 = [url for url in tracker.urls if "[::1]" in url]
        done = subprocess.run(
            [node, str(HOME / "cases.mjs"), tracker.http, tracker.udp.removesuffix("/announce"), tracker.ws, *http6],
            capture_output=True, text=True, timeout=50, check=False,
        )  # fmt: skip
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)

    life = [[0, 1], [0, 1], [1, 0], [1, 0], [0, 0]]
    assert seen["numwant"] == {"http": [3, 0, 10], "udp": [3, 0, 10]}
    assert seen["life"] == {"http": life, "udp": life, "ws": life}
    assert seen["together"] == [0, 1]
    assert seen["six"] == ("[::1]:7400" if six else None)
    assert seen["many"] == 2
    assert {"peers", "seeds", "leechers", "announces", "datasets"} <= set(seen["stats"])
