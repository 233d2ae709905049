# SPDX-License-Identifier: Apache-2.0
"""rtorrent as a client: v1, and the v1 part of hybrids. It wants a terminal, so it gets a pseudo one."""

from __future__ import annotations

import contextlib
import os
import pty
import threading
from typing import TYPE_CHECKING

from tests.e2e.clients.base import LOOPBACK, Running, accepts, free_port, process, wait_until
from tests.programs import require

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_CONFIG = """
directory.default.set = {folder}
session.path.set = {scratch}/session
network.bind_address.set = {host}
network.local_address.set = {host}
network.port_range.set = {port}-{port}
network.port_random.set = no
dht.mode.set = disable
protocol.pex.set = no
trackers.use_udp.set = no
method.set_key = event.download.finished, mark, "execute.nothrow={{touch,{scratch}/done}}"
"""


class RTorrent:
    """One process per torrent, told what to do by its configuration."""

    @contextlib.contextmanager
    def run(self, torrent: Path, folder: Path, scratch: Path) -> Iterator[Running]:
        """See :class:`tests.e2e.clients.base.Client`."""
        port, log = free_port(), scratch / "screen.log"
        (scratch / "session").mkdir()
        config = scratch / "rtorrent.rc"
        config.write_text(_CONFIG.format(folder=folder, scratch=scratch, host=LOOPBACK, port=port))
        command = [require("rtorrent"), "-n", "-o", f"import={config}", str(torrent)]
        with (
            _terminal(log) as terminal,
            process(
                command,
                scratch / "rtorrent.log",
                stdin=terminal,
                stdout=terminal,
                stderr=terminal,
                env={**os.environ, "TERM": "xterm"},
            ) as started,
        ):
            wait_until(lambda: accepts(port) or started.poll() is not None, "rtorrent listens", log=log)
            yield Running(port, lambda: (scratch / "done").exists(), log)


@contextlib.contextmanager
def _terminal(log: Path) -> Iterator[int]:
    ours, theirs = pty.openpty()
    reader = threading.Thread(target=_drain, args=(ours, log), daemon=True)
    reader.start()
    try:
        yield theirs
    finally:
        os.close(theirs)
        reader.join(5)
        os.close(ours)


def _drain(terminal: int, log: Path) -> None:
    with contextlib.suppress(OSError), log.open("wb", buffering=0) as sink:
        while chunk := os.read(terminal, 65_536):
            sink.write(chunk)
