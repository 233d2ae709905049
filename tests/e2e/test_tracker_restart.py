# SPDX-License-Identifier: Apache-2.0
"""A restart under load: swarms are whole again within one interval, ids and completions stay, no address is kept."""

from __future__ import annotations

import socket
import struct
import threading
import time
from typing import TYPE_CHECKING

import pytest

from tests.e2e.clients.base import wait_until
from tests.e2e.test_tracker import tracking

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(60)]
PEERS, SWARMS, INTERVAL_S = 200, 10, 0.5
HASHES = [bytes([65 + number]) * 20 for number in range(SWARMS)]


class Load(threading.Thread):
    """Peers of one machine: each announces itself every half second, whether or not it is answered.

    They share a socket, and a connection id, which they ask for once only.
    """

    def __init__(self, port: int) -> None:
        super().__init__()
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.connect(("127.0.0.1", port))
        self.sock.settimeout(5)
        self.sock.send(struct.pack(">QII", 0x417_2710_1980, 0, 7))
        self.id = self.sock.recv(100)[8:16]
        self.sock.settimeout(0)
        self.over = threading.Event()

    def run(self) -> None:
        """Until it is over."""
        while not self.over.is_set():
            self._drain()
            for number in range(PEERS):
                self.announce(number, event=0)
            self.over.wait(INTERVAL_S)
        self.sock.close()

    def announce(self, number: int, *, event: int, left: int = 1) -> None:
        """One peer; nobody listening is no error to it."""
        info_hash = HASHES[number % SWARMS]
        data = self.id + struct.pack(
            ">II20s20sQQQIIIiH", 1, number, info_hash, b"p" * 20, 0, left, 0, event, 0, 0, 0, 20_000 + number
        )
        try:
            self.sock.send(data)
        except OSError:
            pass

    def _drain(self) -> None:
        while True:
            try:
                self.sock.recv(4096)
            except BlockingIOError:
                return
            except OSError:  # nobody listened when an earlier one was sent
                continue


def test_a_restart_under_load(tmp_path: Path) -> None:
    """Two hundred peers in ten swarms go on announcing with the id that they have, and are all back in one round."""
    with tracking(tmp_path, "--open") as tracker:
        ports = tracker.udp.split("/")[2], tracker.http.split("/")[2]
        load = Load(int(ports[0].rpartition(":")[2]))
        load.start()
        try:
            wait_until(lambda: tracker.numbers()["peers"] == PEERS, "all peers are there")
            load.announce(0, event=1, left=0)
            wait_until(lambda: tracker.numbers()["datasets"][HASHES[0].hex()]["completed"] == 1, "one is done")
        except BaseException:
            load.over.set()
            raise
    try:
        with tracking(tmp_path, "--open", ports=ports) as tracker:
            began_s = time.monotonic()
            wait_until(lambda: tracker.numbers()["peers"] == PEERS, "all peers are back")
            took_s, numbers = time.monotonic() - began_s, tracker.numbers()
    finally:
        load.over.set()
        load.join()

    assert took_s < 4 * INTERVAL_S  # one, and what a busy machine takes to start a program and ask it
    assert len(numbers["datasets"]) == SWARMS
    assert numbers["datasets"][HASHES[0].hex()]["completed"] == 1
    assert numbers["connects"] == 0
    kept = b"".join(path.read_bytes() for path in tmp_path.glob("tracker.sqlite*"))
    assert b"127.0.0.1" not in kept
    assert bytes((127, 0, 0, 1)) not in kept
