# SPDX-License-Identifier: Apache-2.0
"""Clients of the npm package bittorrent-tracker and what we answer them, over each wire.

The sockets are Node's: what they carry goes to the tracker's pure half as it is. So this shows what the package sends,
and that it understands what it is told; our own sockets have tests of their own.
"""

from __future__ import annotations

import base64
import json
import random
import subprocess
from typing import TYPE_CHECKING, Any, TypeAlias

import pytest

from seedbed.tracker import swarm, ws_swarm
from seedbed.tracker.access import Listed
from seedbed.tracker.tracker import NOT_LISTED, Tracker
from seedbed.tracker.udp_wire import ConnectionIds
from seedbed.tracker.ws_tracker import WebTracker
from tests.e2e.clients.webtorrent import HOME
from tests.programs import require

if TYPE_CHECKING:
    from collections.abc import Iterator

    from seedbed.tracker.ws_swarm import Connection

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(60)]
HASH = bytes.fromhex("a2a15537542b22925ad10486bf7a8b2a9c42f0d1")
OTHER = bytes.fromhex("00ff5c2b2520267f3d23800a0d7b7d2f5b5d225c")
LOOPBACK = bytes((127, 0, 0, 1))
Line: TypeAlias = "dict[str, Any]"


class Bridge:
    """Our tracker behind Node's sockets."""

    def __init__(self) -> None:
        chance = random.Random(1).randrange
        browsers = ws_swarm.WebSwarms(ws_swarm.Limits(), chance)
        listed = Listed({HASH: "lakes@1", OTHER: "rivers@1"})
        numbers = swarm.Swarms(swarm.Limits(), chance)
        self.tracker = Tracker(numbers, listed, ConnectionIds(b"key"), allows_private=True, web=browsers)
        self.web = WebTracker(self.tracker, browsers)
        self.connections: dict[int, Connection] = {}

    def answers(self, line: Line) -> Iterator[Line]:
        """What Node shall send for what came."""
        if line["wire"] == "ws":
            yield from self._web(line)
            return
        if line["wire"] == "http":
            path, _, query = line["url"].partition("?")
            answer = self.tracker.http(path, query.encode("ascii"), LOOPBACK, 0)
        else:
            answer = self.tracker.datagram(base64.b64decode(line["data"]), LOOPBACK, 0)
        yield {"id": line["id"], "data": None if answer is None else base64.b64encode(answer).decode()}

    def _web(self, line: Line) -> Iterator[Line]:
        if line["event"] == "open":
            self.connections[line["id"]] = self.web.connected()
        elif line["event"] == "close":
            self.web.closed(self.connections.pop(line["id"]))
        else:
            ids = {connection: number for number, connection in self.connections.items()}
            for to, text in self.web.message(self.connections[line["id"]], line["text"], 0):
                yield {"id": ids[to], "data": text}


def run(wire: str) -> Line:
    """What the clients saw."""
    node = require("node")
    if not (HOME / "node_modules" / "bittorrent-tracker").is_dir():
        pytest.skip("webtorrent is not installed (make peers)")
    bridge, log = Bridge(), []
    command = [node, str(HOME / "tracker.mjs"), wire]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as clients:
        assert clients.stdin
        assert clients.stdout
        try:
            for text in clients.stdout:
                log.append(text)
                line = json.loads(text)
                if line.get("event") == "end":
                    found: Line = line["seen"]
                    return found
                for answer in bridge.answers(line) if "wire" in line else ():
                    clients.stdin.write(json.dumps(answer) + "\n")
                    clients.stdin.flush()
        finally:
            clients.kill()
    raise AssertionError("".join(log[-20:]))


def test_http() -> None:
    """Announce, complete, scrape, stop; one hash, two, and one that is not listed."""
    assert run("http") == {
        "first": [1, 0, 0], "second": [1, 1, 0], "peers": ["127.0.0.1:6001"], "third": [2, 0, 1],
        "scrape": [2, 0, 1], "fourth": [1, 0, 1], "many": sorted([HASH.hex(), OTHER.hex()]), "refused": NOT_LISTED,
    }  # fmt: skip


def test_udp() -> None:
    """The same, but that nobody is refused in words."""
    assert run("udp") == {
        "first": [1, 0, None], "second": [1, 1, None], "peers": ["127.0.0.1:6001"], "third": [2, 0, None],
        "scrape": [2, 0, 1], "fourth": [1, 0, None], "many": sorted([HASH.hex(), OTHER.hex()]),
    }  # fmt: skip


def test_websocket() -> None:
    """The leecher's offer reaches the seed, and the seed's answer the leecher."""
    assert run("ws") == {
        "first": [1, 0, None], "second": [1, 1, None], "third": [2, 0, None], "scrape": [2, 0, 1],
        "peers": [["seed" + "-" * 16, "answer"], ["leecher" + "-" * 13, "offer"]],
        "fourth": [1, 0, None], "many": sorted([HASH.hex(), OTHER.hex()]), "refused": NOT_LISTED,
    }  # fmt: skip
