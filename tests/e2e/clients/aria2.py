# SPDX-License-Identifier: Apache-2.0
# ruff: noqa: E501  # command lines read best in few rows
"""aria2c as a client. It knows v1 only."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from tests.e2e.clients.base import LOOPBACK, Running, accepts, free_port, process, wait_until
from tests.programs import require

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Aria2:
    """One aria2c process per torrent."""

    @contextlib.contextmanager
    def run(self, torrent: Path, folder: Path, scratch: Path) -> Iterator[Running]:
        """See :class:`tests.e2e.clients.base.Client`."""
        port, log = free_port(), scratch / "aria2.log"
        command = [
            require("aria2c"), f"--dir={folder}", f"--listen-port={port}", "--seed-ratio=0.0", "--check-integrity=true",
            "--enable-dht=false", "--enable-dht6=false", "--bt-enable-lpd=false", "--enable-peer-exchange=false",
            "--disable-ipv6=true", f"--interface={LOOPBACK}", "--summary-interval=0", "--no-conf=true", "--allow-overwrite=true",
            "--file-allocation=none", f"--on-bt-download-complete={_touch(scratch)}", str(torrent),
        ]  # fmt: skip
        with process(command, log) as started:
            wait_until(lambda: accepts(port) or started.poll() is not None, "aria2 listens", log=log)
            yield Running(port, lambda: (scratch / "done").exists(), log)


def _touch(scratch: Path) -> Path:
    hook = scratch / "hook.sh"
    hook.write_text(f'#!/bin/sh\ntouch "{scratch}/done"\n')
    hook.chmod(0o755)
    return hook
