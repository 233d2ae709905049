# SPDX-License-Identifier: Apache-2.0
"""WebTorrent (the npm package) as a client: v1, and the v1 part of hybrids."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.e2e.clients.base import Running, free_port, process, wait_until
from tests.programs import require

if TYPE_CHECKING:
    from collections.abc import Iterator

HOME = Path(__file__).parents[2] / "peers" / "webtorrent"


class WebTorrent:
    """One node process per torrent."""

    @contextlib.contextmanager
    def run(self, torrent: Path, folder: Path, scratch: Path) -> Iterator[Running]:
        """See :class:`tests.e2e.clients.base.Client`."""
        node = require("node")
        if not (HOME / "node_modules" / "webtorrent").is_dir():
            pytest.skip("webtorrent is not installed (make peers)")
        port, log = free_port(), scratch / "webtorrent.log"
        with process([node, str(HOME / "client.mjs"), str(torrent), str(folder), str(port)], log) as started:
            told = lambda: '"event"' in log.read_text() or started.poll() is not None  # noqa: E731  # ready or refused
            wait_until(told, "webtorrent is ready", log=log)
            yield Running(port, lambda: '"event":"done"' in log.read_text(), log)
