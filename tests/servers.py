# SPDX-License-Identifier: Apache-2.0
"""A whole server by ``seedbed serve``, on free ports of this machine."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

START_S = 45


def free_ports(count: int) -> list[int]:
    """Ports that nobody uses now."""
    held = [socket.socket() for _ in range(count)]
    try:
        for one in held:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in held]
    finally:
        for one in held:
            one.close()


@dataclass(slots=True)
class Server:
    """One that runs, or will again: its ports stay the same."""

    folder: Path
    options: tuple[str, ...] = ()
    ports: list[int] = field(default_factory=lambda: free_ports(5))
    process: subprocess.Popen[str] | None = None
    facts: dict[str, Any] = field(default_factory=dict)
    """Of the event ``ready``."""
    log: Path | None = None

    @property
    def url(self) -> str:
        """Of the portal, without a slash at the end."""
        return f"http://127.0.0.1:{self.ports[0]}"

    @property
    def files(self) -> str:
        """Of the gateway."""
        return f"http://127.0.0.1:{self.ports[1]}"

    @property
    def tracker(self) -> str:
        """Over HTTP."""
        return f"http://127.0.0.1:{self.ports[2]}"

    @property
    def environment(self) -> dict[str, str]:
        """For commands that look into the server's own things."""
        return {**os.environ, "SEEDBED_HOME": str(self.folder / "home")}

    def start(self) -> None:
        """Run it, and wait until it is ready."""
        at = [f"127.0.0.1:{port}" for port in self.ports]
        names = ("--listen", "--gateway", "--tracker", "--tracker-ws", "--node")
        words = [word for pair in zip(names, at, strict=True) for word in pair]
        self.log = self.folder.with_suffix(".log")
        with self.log.open("a") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "seedbed", "serve", "--data", str(self.folder), *words,
                 "--title", "Town data", "--lan", "--no-dht", "--json", *self.options],
                stdout=subprocess.PIPE, stderr=log, text=True, stdin=subprocess.DEVNULL,
            )  # fmt: skip
        assert self.process.stdout is not None
        self.facts = _ready(self.process.stdout)
        assert self.facts, self.log.read_text()

    def until(self, path: str, seconds: float = 20) -> None:
        """Wait until the portal has followed its catalogue to a version."""
        end_s = time.monotonic() + seconds
        while time.monotonic() < end_s:
            with contextlib.suppress(OSError), urllib.request.urlopen(f"{self.url}/datasets/{path}", timeout=5):
                return
            time.sleep(0.1)
        pytest.fail(f"{path} did not appear in {seconds} s")

    def stop(self, number: int = signal.SIGTERM) -> int:
        """End it, and give its exit code."""
        assert self.process is not None
        self.process.send_signal(number)
        try:
            return self.process.wait(60)
        finally:
            if self.process.stdout:
                self.process.stdout.close()

    def run(self, *arguments: str) -> dict[str, Any]:
        """What one of the server's own commands says."""
        words = [sys.executable, "-m", "seedbed", *arguments, "--json"]
        done = subprocess.run(words, env=self.environment, capture_output=True, text=True, check=False, timeout=60)
        assert done.returncode == 0, done.stderr
        found: dict[str, Any] = json.loads(done.stdout)
        return found


def _ready(stream: IO[str]) -> dict[str, Any]:
    for line in stream:
        told = json.loads(line)
        if told.get("event") == "ready":
            return dict(told)
    return {}


@contextmanager
def serving(folder: Path, *options: str) -> Iterator[Server]:
    """A server in a new folder, until the end of the block."""
    made = Server(folder, options)
    made.start()
    try:
        yield made
    finally:
        if made.process and made.process.poll() is None:
            made.stop()
