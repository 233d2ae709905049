# SPDX-License-Identifier: Apache-2.0
"""Our own program, as a person would start it."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

from tests.e2e.clients.base import LOOPBACK, Running, process, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PROGRAM = [sys.executable, "-m", "seedbed"]
TIMEOUT_S = 90


def seedbed(*arguments: object, expected: int = 0) -> dict[str, Any]:
    """Run a command with ``--json`` to its end; returns its result."""
    done = subprocess.run(
        [*PROGRAM, *map(str, arguments), "--json"], capture_output=True, text=True, timeout=TIMEOUT_S, check=False
    )
    assert done.returncode == expected, f"exit code {done.returncode}\n{done.stdout}\n{done.stderr}"
    assert "Traceback" not in done.stderr
    result: dict[str, Any] = json.loads(done.stdout) if done.stdout.strip() else {}
    return result


@contextlib.contextmanager
def seeding(torrent: Path, folder: Path, log: Path, *options: str) -> Iterator[Running]:
    """``seedbed seed`` at work, once it says that it is ready."""
    command = [
        *PROGRAM,
        "seed",
        str(torrent),
        "--data",
        str(folder),
        "--listen",
        f"{LOOPBACK}:0",
        "--lan",
        "--json",
        *options,
    ]
    with process(command, log) as started:
        wait_until(lambda: bool(_events(log, "ready")) or started.poll() is not None, "seedbed is ready", log=log)
        ready = _events(log, "ready")
        assert ready, log.read_text()
        yield Running(ready[0]["listen"][0]["port"], lambda: started.poll() is not None, log, started.pid)


def _events(log: Path, kind: str) -> list[dict[str, Any]]:
    lines = [line for line in log.read_text().splitlines() if line.startswith("{") and line.endswith("}")]
    return [event for event in map(json.loads, lines) if event.get("event") == kind]
