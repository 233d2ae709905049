# SPDX-License-Identifier: Apache-2.0
"""What a client in a test is: it fetches into a folder or seeds from one, and listens on a port."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import socket
import subprocess
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

LOOPBACK = "127.0.0.1"
PATIENCE_S = 60.0
"""Longest wait for another program; it is a hang when it takes this long for a few megabytes."""


@dataclass(frozen=True, slots=True)
class Running:
    """A client at work."""

    port: int
    """Where it accepts peers."""
    is_done: Callable[[], bool]
    """Whether it says that it has all it wants."""
    log: Path
    pid: int = 0
    """The process, where a test may kill it."""


class Client(Protocol):
    """A BitTorrent client that a test can start."""

    def run(self, torrent: Path, folder: Path, scratch: Path) -> contextlib.AbstractContextManager[Running]:
        """Start the client on a torrent whose data is, or shall be, in ``folder``.

        Args:
            torrent: The torrent file.
            folder: The parent of the data; what is there already is checked and seeded.
            scratch: An empty folder for the client's own state.
        """
        ...


def free_port() -> int:
    """A port that nobody uses now, of those that the system gives to nobody who does not ask for one by its number."""
    while True:
        port = random.randrange(20_000, 32_000)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("", port))
            return port


def wait_until(question: Callable[[], object], what: str, *, log: Path | None = None) -> None:
    """Wait for something to become true; fails with the client's log when it does not."""
    deadline = time.monotonic() + PATIENCE_S
    while not question():
        if time.monotonic() > deadline:
            tail = log.read_text(errors="replace")[-2000:] if log and log.exists() else ""
            raise AssertionError(f"{what}: not within {PATIENCE_S:.0f} s\n{tail}")
        time.sleep(0.05)


@contextlib.contextmanager
def process(command: list[str], log: Path, **options: object) -> Iterator[subprocess.Popen[bytes]]:
    """A program that is stopped at the end, with all that it started; its output goes to ``log``."""
    with log.open("wb") as sink:
        started = subprocess.Popen(  # type: ignore[call-overload]  # options are Popen's own
            command,
            **{
                "stdout": sink,
                "stderr": subprocess.STDOUT,
                "stdin": subprocess.DEVNULL,
                "start_new_session": True,
                **options,
            },
        )
    try:
        yield started
    finally:
        stop(started)


def stop(started: subprocess.Popen[bytes]) -> None:
    """Ask the program to end, then end it."""
    for how in (signal.SIGTERM, signal.SIGKILL):
        if started.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(started.pid, how)
        with contextlib.suppress(subprocess.TimeoutExpired):
            started.wait(5)
            return


def accepts(port: int) -> bool:
    """Whether somebody listens on a port of loopback."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((LOOPBACK, port)) == 0
