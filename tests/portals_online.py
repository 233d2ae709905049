# SPDX-License-Identifier: Apache-2.0
"""A portal that real programs reach: uvicorn on a free port of this machine, in a thread."""

from __future__ import annotations

import socket
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import uvicorn

from seedbed.portal.app import build
from seedbed.portal.opening import opened
from seedbed.portal.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from seedbed.portal.portal import Portal

START_S = 20.0


@dataclass(frozen=True, slots=True)
class Online:
    """One that runs."""

    url: str
    """Without a slash at the end."""
    portal: Portal


@contextmanager
def online(folder: Path, **settings: Any) -> Iterator[Online]:
    """Over the catalogue in a server's folder, until the end of the block.

    Args:
        folder: With ``catalog/`` in it.
        **settings: More of the portal's.
    """
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(64)
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        with opened(Settings(folder, url, title="Town data", **settings)) as portal:
            config = uvicorn.Config(build(portal), log_config=None, access_log=False, ws="none", lifespan="on")
            server = uvicorn.Server(config)
            thread = threading.Thread(target=server.run, args=([listening],), name="portal")
            thread.start()
            try:
                _wait(server, thread)
                yield Online(url, portal)
            finally:
                server.should_exit = True
                thread.join(START_S)
                assert not thread.is_alive()


def _wait(server: uvicorn.Server, thread: threading.Thread) -> None:
    """Until it answers: uvicorn tells nobody, so its mark is looked at."""
    end = threading.Event()
    for _ in range(int(START_S / 0.01)):
        if server.started or not thread.is_alive():
            break
        end.wait(0.01)
    assert server.started
