# SPDX-License-Identifier: Apache-2.0
"""Real nodes, a real tracker with its registry, and liars: what nobody can give is fetched all the same."""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import re
import threading
import time
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pytest

from seedbed.catalog import paths
from seedbed.catalog.table.reader import read_catalog
from seedbed.core.hosts import literal_address
from seedbed.health.leases.lease import Lease
from seedbed.health.leases.over_http import RULES, OverHttp
from seedbed.health.leases.report import Answer
from seedbed.health.probes import announce_wire, wire
from seedbed.node.choosing.units import Unit
from seedbed.node.trusting.identity import Identity
from tests.e2e.clients.base import wait_until
from tests.e2e.clients.seedbed import seedbed
from tests.e2e.node_world import joined, published, running

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from seedbed.catalog.model import Release
    from seedbed.health.leases.report import Report
    from tests.e2e.node_world import NodeWorld

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(120)]
COUNT, LIARS = 3, 4


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Three datasets, and a tracker that is a registry."""
    with published(tmp_path_factory.mktemp("site"), count=COUNT, size=300_000, rate="20m", scheme="http") as folder:
        log = folder / "tracker.log"
        wait_until(lambda: "ready" in log.read_text(), "the tracker is ready", log=log)
        yield folder


def releases(site: Path) -> list[Release]:
    """What is published."""
    return list(read_catalog(site / "catalog" / paths.CATALOG))


def base(found: list[Release]) -> str:
    """Of the registry."""
    return found[0].torrent.trackers[0].removesuffix("announce")


def test_liars_are_not_counted(site: Path, tmp_path: Path) -> None:
    """Four peers announce that they seed all, and post leases of it; three nodes bring all to three true copies.

    A node that stops says so, and counts no more.
    """
    found = releases(site)
    keys = sorted(Unit.whole(one).key for one in found)
    with contextlib.ExitStack() as stack:
        for number in range(LIARS):
            stack.enter_context(lying(f"127.0.7.{number + 1}", found))
        wait_until(lambda: counted(found) == {(LIARS, 0)}, "liars have leases")
        nodes = []
        for number in range(3):
            patch = stack.enter_context(pytest.MonkeyPatch.context())
            world = joined(site, tmp_path / f"node-{number}", patch, host=f"127.0.0.{number + 2}")
            nodes.append((world, stack.enter_context(running(world, every_s=1.0))))
        for world, run in nodes:
            wait_until(partial(_holds_all, world), "a node holds all", log=run.log)
            assert all(world.is_right(item) for item in world.claimed)
        wait_until(lambda: counted(found) == {(LIARS + 3, 3)}, "three nodes are proved, and no liar")
        for row in seedbed("health", "--catalog", site / "catalog", "--lan")["datasets"]:
            assert (row["peers"], row["peers_are_proved"]) == (3, True)
            assert 0 < row["unproved"] <= LIARS  # a tracker hears of a new seed somewhat later than a registry
        one = seedbed("health", found[0].id, "--catalog", site / "catalog", "--lan")
        assert (one["state"], one["mirrors_unknown"], one["history"][-1]["peers"]) == ("thin", 1, 3)
        assert nodes[0][1].terminate() == 0
        wait_until(lambda: counted(found) == {(LIARS + 2, 2)}, "a node has left")
        report = health(found)
        assert report.units.tolist() == keys
        assert report.nodes == LIARS + 2
        assert "127.0" not in (site / "tracker.log").read_text().replace("127.0.0.1:", "")


def test_what_the_registry_refuses(site: Path) -> None:
    """Over real connections: bodies that are none, too long, or at another place; and it goes on."""
    found = releases(site)
    host = re.match(r"http://([^/]+)/", base(found))
    assert host
    tried = {}
    for path, body, fields in (
        ("/lease", b"hello", {}), ("/announce", b"hello", {}), ("/lease", b"", {"Content-Length": str(10**9)}),
        ("/lease", b"x" * 300_000, {}),
    ):  # fmt: skip
        connection = http.client.HTTPConnection(host[1], timeout=10)
        connection.request("POST", path, body, fields)
        tried[path, len(body)] = connection.getresponse().status
        connection.close()
    assert tried == {("/lease", 5): 400, ("/announce", 5): 405, ("/lease", 0): 413, ("/lease", 300_000): 400}
    assert health(found).since_s <= time.time()


def health(found: list[Release]) -> Report:
    """What the registry tells."""
    return OverHttp(replace(RULES, allows_private=True)).health(base(found))


def counted(found: list[Release]) -> set[tuple[int, int]]:
    """Holders and independent proved ones, of each unit."""
    report = health(found)
    return set(zip(report.holders.tolist(), report.independent.tolist(), strict=True))


def _holds_all(world: NodeWorld) -> bool:
    return len(world.claimed) == COUNT


@dataclass(slots=True)
class Liar:
    """Says that it has everything, and gives nothing: it shakes hands, and leaves whoever asks waiting."""

    host: str
    found: list[Release]
    port: int = 0

    async def serve(self, ready: threading.Event, stop: asyncio.Event) -> None:
        """Until stopped."""
        server = await asyncio.start_server(self._talk, self.host, 0)
        self.port = server.sockets[0].getsockname()[1]
        async with server:
            await asyncio.to_thread(self._lie)
            ready.set()
            await stop.wait()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            hello = await reader.readexactly(68)
            writer.write(wire.handshake(hello[28:48], b"-LI0001-000000000000") + b"\0\0\0\x01\x01")
            await reader.read()
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.transport.abort()

    def _lie(self) -> None:
        rules = replace(RULES, allows_private=True, source=self.host)
        for release in self.found:
            for info_hash in (release.torrent.info_hash_v1, release.torrent.info_hash_v2):
                who = announce_wire.Who(bytes.fromhex(info_hash)[:20], b"-LI0001-000000000000", self.port)
                url = announce_wire.url(release.torrent.trackers[0], who, "started").replace("left=1", "left=0")
                _get(url, self.host)
        identity = Identity.new()
        keys = np.array(sorted(Unit.whole(one).key for one in self.found), np.uint64)
        lease = Lease(identity.public, 1, int(time.time()) + 900, keys, keys[:0], 10**15, 1.0, self.port)
        answer = OverHttp(rules).post(base(self.found), lease.sealed(identity))
        assert not Answer.unsealed(answer, len(keys)).is_proved


def _get(url: str, source: str) -> None:
    assert literal_address(source)
    _, _, rest = url.partition("://")
    host, _, target = rest.partition("/")
    connection = http.client.HTTPConnection(host, timeout=10, source_address=(source, 0))
    connection.request("GET", f"/{target}")
    assert connection.getresponse().status == 200
    connection.close()


@contextlib.contextmanager
def lying(host: str, found: list[Release]) -> Iterator[None]:
    """A liar at work, in a thread."""
    liar, ready, loops = Liar(host, found), threading.Event(), []

    async def main() -> None:
        stop = asyncio.Event()
        loops.append((asyncio.get_running_loop(), stop))
        await liar.serve(ready, stop)

    thread = threading.Thread(target=lambda: asyncio.run(main()), daemon=True)
    thread.start()
    assert ready.wait(20)
    try:
        yield
    finally:
        loop, stop = loops[0]
        loop.call_soon_threadsafe(stop.set)
        thread.join(10)
