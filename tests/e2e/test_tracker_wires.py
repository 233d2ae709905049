# SPDX-License-Identifier: Apache-2.0
"""Clients of the npm package bittorrent-tracker and what we answer them, over each wire.

First the sockets are Node's: what they carry goes to the tracker's pure half as it is. So this shows what the package
sends, and that it understands what it is told. Then the same with `seedbed tracker` and its own sockets.
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
from tests.e2e.test_tracker import tracking
from tests.programs import require

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

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
                yield {"id": ids[to], "data": text.decode()}


def run(where: str) -> Line:
    """What the clients saw, at the bridge or a URL."""
    node = require("node")
    if not (HOME / "node_modules" / "bittorrent-tracker").is_dir():
        pytest.skip("webtorrent is not installed (make peers)")
    bridge, log = Bridge(), []
    command = [node, str(HOME / "tracker.mjs"), where]
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


SEEN: dict[str, Line] = {
    "http": {
        "first": [1, 0, 0], "second": [1, 1, 0], "peers": ["127.0.0.1:6001"], "third": [2, 0, 1],
        "scrape": [2, 0, 1], "fourth": [1, 0, 1], "many": sorted([HASH.hex(), OTHER.hex()]), "refused": NOT_LISTED,
    },
    "udp": {
        "first": [1, 0, None], "second": [1, 1, None], "peers": ["127.0.0.1:6001"], "third": [2, 0, None],
        "scrape": [2, 0, 1], "fourth": [1, 0, None], "many": sorted([HASH.hex(), OTHER.hex()]),
    },
    "ws": {
        "first": [1, 0, None], "second": [1, 1, None], "third": [2, 0, None], "scrape": [2, 0, 1],
        "peers": [["seed" + "-" * 16, "answer"], ["leecher" + "-" * 13, "offer"]],
        "fourth": [1, 0, None], "many": sorted([HASH.hex(), OTHER.hex()]), "refused": NOT_LISTED,
    },
}  # fmt: skip
"""Seeds, leechers and completions as they are told, step by step; who met whom; over UDP nobody is refused in words."""


@pytest.mark.parametrize("wire", ["http", "udp", "ws"])
def test_the_package_understands_what_it_is_told(wire: str) -> None:
    """Announce, complete, scrape, stop; one hash, two, and one that is not listed; offers and answers of browsers."""
    assert run(wire) == SEEN[wire]


@pytest.mark.parametrize("wire", ["http", "udp", "ws"])
def test_our_own_sockets(wire: str, tmp_path: Path) -> None:
    """The same, at an open tracker, where nobody is refused."""
    with tracking(tmp_path, "--open") as tracker:
        url = {"http": tracker.http, "udp": tracker.udp.removesuffix("/announce"), "ws": tracker.ws}[wire]

        seen = run(url)

    assert seen == {name: value for name, value in SEEN[wire].items() if name != "refused"}
