# SPDX-License-Identifier: Apache-2.0
"""The trackers that ``tracker.py`` compares, each as one process that serves the same 20,000 info-hashes."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import catalog_data

from seedbed.api.tracked import read
from seedbed.catalog.table.writer import write_catalog

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

HERE = Path(__file__).parent
NPM_TRACKER = HERE.parent / "tests/peers/webtorrent/node_modules/bittorrent-tracker"
LISTED = 20_000


@dataclass(frozen=True, slots=True)
class World:
    """What all serve."""

    folder: Path
    """Scratch. ``catalog.parquet`` is in it."""
    hashes: Path
    """A text: one info-hash in hex a line."""

    @classmethod
    def make(cls, folder: Path) -> World:
        """A catalogue of hybrids, with two hashes each."""
        folder.chmod(0o755)  # opentracker gives up its rights before it reads its list
        write_catalog(folder / "catalog.parquet", catalog_data.releases(LISTED // 2), catalog_data.SITE)
        hashes = folder / "hashes.txt"
        hashes.write_text("".join(f"{one.hex()}\n" for one in read(folder / "catalog.parquet")), encoding="ascii")
        return cls(folder, hashes)


@dataclass(frozen=True, slots=True)
class Server:
    """A tracker at work."""

    name: str
    pid: int
    port: int
    """Of UDP and HTTP."""
    ws_port: int = 0

    def memory_bytes(self) -> int:
        """Resident memory of all its processes."""
        return sum(_memory_bytes(pid) for pid in _family(self.pid))

    def cpu_s(self) -> float:
        """Processor time so far, of all its processes."""
        return sum(_cpu_s(pid) for pid in _family(self.pid))


@contextlib.contextmanager
def seedbed(world: World, *options: str, name: str = "seedbed", package: Path | None = None) -> Iterator[Server]:
    """``seedbed tracker`` of a catalogue.

    Args:
        world: What it serves.
        options: More of the command's options.
        name: In the table.
        package: A folder with another ``seedbed`` in it: the compiled form.
    """
    port, ws_port = _free_port(), _free_port()
    command = [
        sys.executable, "-m", "seedbed", "tracker", "--udp", f"127.0.0.1:{port}", "--http", f"127.0.0.1:{port}",
        "--ws", f"127.0.0.1:{ws_port}", "--lan", "--json",
        *(() if "--open" in options else ("--catalog", f"{world.folder}/")),
        "--record", str(world.folder / f"{port}.sqlite"), *options,
    ]  # fmt: skip
    with _running(command, {"PYTHONPATH": str(package)} if package else {}) as pid:
        _wait(lambda: _answers(port))
        yield Server(name, pid, port, ws_port)


@contextlib.contextmanager
def opentracker(world: World) -> Iterator[Server]:
    """Debian's build, which serves a white list only."""
    port = _free_port()
    command = ["opentracker", "-i", "127.0.0.1", "-p", str(port), "-P", str(port), "-w", str(world.hashes), "-d", "/"]
    with _running(command) as pid:
        _wait(lambda: _answers(port))
        yield Server("opentracker", pid, port)


@contextlib.contextmanager
def bittorrent_tracker(world: World) -> Iterator[Server]:
    """The package of npm, with a filter for the list."""
    port, ws_port = _free_port(), _free_port()
    command = ["node", str(HERE / "tracker_npm.mjs"), str(NPM_TRACKER), str(world.hashes), str(port), str(ws_port)]
    with _running(command) as pid:
        _wait(lambda: _answers(port))
        yield Server("bittorrent-tracker", pid, port, ws_port)


OTHERS = (opentracker, bittorrent_tracker)


def missing() -> list[str]:
    """Programs that are not there."""
    found = [name for name in ("opentracker", "node", "cc") if not shutil.which(name)]
    return found if NPM_TRACKER.is_dir() else [*found, "bittorrent-tracker"]


@contextlib.contextmanager
def _running(command: list[str], environment: Mapping[str, str] | None = None) -> Iterator[int]:
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, env={**os.environ, **(environment or {})})
    try:
        yield process.pid
    finally:
        process.terminate()
        process.wait(30)


def _wait(is_ready: Callable[[], bool], limit_s: float = 30) -> None:
    deadline_s = time.monotonic() + limit_s
    while not is_ready():
        if time.monotonic() > deadline_s:
            sys.exit("a tracker does not start")
        time.sleep(0.05)


def _answers(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
    return port


def _family(pid: int) -> list[int]:
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    children = [one for task in tasks for one in task.read_text(encoding="ascii").split()]
    return [pid, *(one for child in children for one in _family(int(child)))]


def _memory_bytes(pid: int) -> int:
    text = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return int(text.partition("VmRSS:")[2].split()[0]) * 1024


def _cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
