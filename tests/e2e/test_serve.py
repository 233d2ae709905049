# SPDX-License-Identifier: Apache-2.0
"""``seedbed serve``: one command is a whole server; what dies comes back, what is ended leaves nobody behind."""

from __future__ import annotations

import os
import signal
import socket
import time
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.servers import Server, serving

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(180)]


def get(url: str) -> bytes:
    """What is there."""
    with urllib.request.urlopen(url, timeout=10) as answer:
        body: bytes = answer.read()
        return body


def children(of: int) -> list[int]:
    """Processes of a process."""
    tasks = Path(f"/proc/{of}/task").glob("*/children")
    return [int(pid) for one in tasks for pid in one.read_text().split()]


def until(condition: Callable[[], object], seconds: float = 30) -> None:
    """Wait for what other processes do."""
    end_s = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end_s
        time.sleep(0.05)


def command(pid: int) -> str:
    """A process's command line; empty when it has gone."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:
        return ""


def answers(url: str) -> bool:
    """Whether anybody does."""
    try:
        return bool(get(url))
    except OSError:
        return False


def test_one_command_is_a_server_that_survives_its_parts(tmp_path: Path) -> None:
    """All answer; a killed part comes back; the end leaves nobody; the next start goes on."""
    with serving(tmp_path / "server") as server:
        assert b"Open data that stays" in get(f"{server.url}/")
        assert b'"town-data"' in get(f"{server.files}/catalog/catalog.json")
        assert get(f"{server.tracker}/stats.json")
        assert server.process
        parts = children(server.process.pid)
        gateway = next(one for one in parts if " gateway " in command(one))

        os.kill(gateway, signal.SIGKILL)
        until(lambda: not command(gateway) and answers(f"{server.files}/"))

        parts = children(server.process.pid)
        assert server.stop() == 0
        until(lambda: not any(map(command, parts)))
        identity = server.run("catalog", "status", str(server.folder / "catalog"))["join_link"]
        server.start()
        assert server.run("catalog", "status", str(server.folder / "catalog"))["join_link"] == identity


def test_parts_do_not_outlive_a_killed_supervisor(tmp_path: Path) -> None:
    """Ports are free for the next start."""
    with serving(tmp_path / "server", "--only", "portal,gateway") as server:
        assert server.process
        parts = children(server.process.pid)
        assert len(parts) == 2
        server.stop(signal.SIGKILL)
        until(lambda: not any(map(command, parts)))


def test_a_taken_port_is_told_and_nothing_is_left_running(tmp_path: Path) -> None:
    """With the option that names another."""
    with socket.socket() as taken:
        server = Server(tmp_path / "server", ("--only", "portal,gateway"))
        taken.bind(("127.0.0.1", server.ports[0]))
        taken.listen()
        with pytest.raises(AssertionError, match="it cannot be listened on"):
            server.start()
        assert server.process
        assert server.process.wait(30) == 1
        if server.process.stdout:
            server.process.stdout.close()
