# SPDX-License-Identifier: Apache-2.0
"""Several processes are one tracker: no swarm is split, scrapes know all, and none goes missing unseen."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import sqlite3
import struct
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

WORKERS = 3
HASHES = [bytes([first]) * 20 for first in range(7)]
pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(60),
    pytest.mark.skipif(sys.platform != "linux", reason="the kernel's steering is Linux's"),
]


class Running:
    """A tracker at work."""

    def __init__(self, process: subprocess.Popen[str], urls: list[str]) -> None:
        self.process = process
        self.udp_port = int(urls[0].rpartition(":")[2].partition("/")[0])
        self.http = urls[1].removesuffix("/announce")

    def page(self, path: str) -> bytes:
        """A page over HTTP."""
        with urllib.request.urlopen(self.http + path, timeout=10) as answer:
            body: bytes = answer.read()
        return body

    def numbers(self) -> dict[str, Any]:
        """What it tells of itself."""
        found: dict[str, Any] = json.loads(self.page("/stats.json"))
        return found

    def workers(self) -> list[int]:
        """The other processes."""
        tasks = Path(f"/proc/{self.process.pid}/task").glob("*/children")  # a thread started them
        return sorted(int(one) for task in tasks for one in task.read_text().split())


@contextlib.contextmanager
def tracking(folder: Path, code: int = 0) -> Iterator[Running]:
    """``seedbed tracker --workers 3``; ended, it has that exit code."""
    command = [sys.executable, "-m", "seedbed", "tracker", "--open", "--lan", "--json", "--workers", str(WORKERS),
               "--udp", "127.0.0.1:0", "--http", "127.0.0.1:0", "--record", str(folder / "tracker.sqlite")]  # fmt: skip
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            line = process.stdout.readline()
            assert line, process.stderr and process.stderr.read()
            yield Running(process, json.loads(line)["urls"])
        finally:
            process.terminate()
            assert process.wait(20) == code


class Client:
    """A peer with a socket of its own."""

    def __init__(self, tracker: Running) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.settimeout(10)
        self._socket.connect(("127.0.0.1", tracker.udp_port))
        self.connection = self.ask(struct.pack(">QII", 0x41727101980, 0, os.getpid() % 251))[8:]

    def ask(self, question: bytes) -> bytes:
        """Its answer."""
        self._socket.send(question)
        return self._socket.recv(4096)

    def announce(self, info_hash: bytes, port: int, *, left: int = 1, event: int = 0) -> tuple[int, int, int]:
        """Leechers, seeds, and how many peers it was told of."""
        head = struct.pack(">8sII20s20s", self.connection, 1, 5, info_hash, b"-XX0001-abcdefghijkl")
        answer = self.ask(head + struct.pack(">QQQIIIiH", 5, left, 6, event, 0, 1234, -1, port))
        action, _, _, leechers, seeds = struct.unpack_from(">IIIII", answer)
        assert action == 1
        return leechers, seeds, len(answer[20:]) // 6

    def scrape(self, *hashes: bytes) -> list[tuple[int, int, int]]:
        """Seeds, completed, leechers of each."""
        answer = self.ask(struct.pack(">8sII", self.connection, 2, 5) + b"".join(hashes))
        assert answer[:8] == struct.pack(">II", 2, 5)
        return list(struct.iter_unpack(">III", answer[8:]))

    def close(self) -> None:
        """Its socket."""
        self._socket.close()


def wait_until(is_so: Callable[[], bool]) -> None:
    """The first worker hears from the others each second."""
    deadline_s = time.monotonic() + 20
    while not is_so():
        assert time.monotonic() < deadline_s
        time.sleep(0.1)


def test_no_swarm_is_split_and_scrapes_know_all(tmp_path: Path) -> None:
    """Peers of many sockets, over UDP and HTTP, whichever process has their swarm; counts outlive the tracker."""
    with tracking(tmp_path) as tracker:
        clients = [Client(tracker) for _ in range(12)]
        for number, client in enumerate(clients):
            for info_hash in HASHES:
                told = client.announce(info_hash, 2000 + number)
                assert told == (number + 1, 0, number)
        for info_hash in HASHES:
            query = urllib.parse.urlencode(
                {"info_hash": info_hash, "port": 5000, "left": 0, "compact": 1, "numwant": 50}
            )
            answer = tracker.page(f"/announce?{query}")
            assert b"8:completei1e" in answer
            assert b"10:incompletei12e" in answer
            assert b"5:peers72:" in answer
            clients[0].announce(info_hash, 2000, left=0, event=1)
        expected = [(2, 1, 11)] * len(HASHES)
        wait_until(lambda: clients[3].scrape(*HASHES) == expected)
        scraped = tracker.page("/scrape?" + "&".join(urllib.parse.urlencode({"info_hash": one}) for one in HASHES))
        numbers = tracker.numbers()
        for client in clients:
            client.close()

    assert scraped.count(b"d8:completei2e10:downloadedi1e10:incompletei11ee") == len(HASHES)
    assert (numbers["swarms"], numbers["peers"]) == (len(HASHES), 13 * len(HASHES))
    assert numbers["announces"] == 14 * len(HASHES)
    assert len(numbers["datasets"]) == len(HASHES)
    with tracking(tmp_path) as tracker:
        client = Client(tracker)
        assert client.scrape(*HASHES) == [(0, 1, 0)] * len(HASHES)
        client.close()


def test_a_worker_that_dies_ends_the_service(tmp_path: Path) -> None:
    """With a word for people: half a tracker would be told from a whole one by nobody. systemd starts it again."""
    with tracking(tmp_path, code=1) as tracker:
        os.kill(tracker.workers()[1], signal.SIGKILL)
        assert tracker.process.wait(20) == 1
        assert tracker.process.stderr is not None
        assert "worker 2 of 3 ended by itself, with code -9" in tracker.process.stderr.read()


def test_workers_end_with_the_first(tmp_path: Path) -> None:
    """However it ends; counts up to the last minute are in the record."""
    with tracking(tmp_path, code=-9) as tracker:
        others = tracker.workers()
        assert len(others) == WORKERS - 1
        tracker.process.kill()
        tracker.process.wait(10)
        wait_until(lambda: not any(Path(f"/proc/{one}").exists() for one in others))
    with contextlib.closing(sqlite3.connect(tmp_path / "tracker.sqlite")) as record:
        assert record.execute("PRAGMA integrity_check").fetchone() == ("ok",)
