# SPDX-License-Identifier: Apache-2.0
"""What 10,000 held datasets cost a smartnode: its start, its memory, and what it does while nothing happens.

    python benchmarks/node_held.py [--datasets N] [--quick]

A folder with so many small datasets is made as a node leaves it; then a real node starts on it, with real libtorrent
and a real tracker in another process, until the tracker names all of them. Writes ``benchmarks/results/node_held.md``.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import datetime as dt
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.request import urlopen

import numpy as np
import paired

from seedbed.catalog.ids import Ref
from seedbed.engine.libtorrent_engine import LibtorrentEngine
from seedbed.engine.settings import Settings
from seedbed.health.scrape.record import ScrapeRecord
from seedbed.health.scrape.scraper import OverTheNet, Scraper
from seedbed.library.cache import Kept
from seedbed.node.disk.store import Place
from seedbed.node.giving.gift import Gift
from seedbed.node.node import Node
from seedbed.node.parts import Listed, Parts
from seedbed.node.state import State
from seedbed.testing.datasets import make_dataset
from seedbed.testing.releases import release_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from seedbed.catalog.model import Release

HERE = Path(__file__).parent
TRACKER_PORT, PAGES_PORT = 26_969, 26_970
SETTLE_S, IDLE_S = 45.0, 60.0
BARS = {"started_s": 60.0, "idle_percent": 3.0, "rss_mb": 400.0}


def main() -> None:
    """Make the folder, run the node, write the report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--datasets", type=int, default=10_000)
    parser.add_argument("--quick", action="store_true", help="500 datasets; results are only printed")
    parser.add_argument("--run", metavar="DIR", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.run:
        asyncio.run(_run(Path(options.run)))
        return
    count = 500 if options.quick else options.datasets
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _make(folder, count)
        found = _measure(folder, count)
    text = _report(count, found)
    print(text)
    if not options.quick:
        (HERE / "results" / "node_held.md").write_text(text)


def _make(folder: Path, count: int) -> None:
    """A node's folder and record: every dataset held, proved, sealed."""
    place = Place(folder / "given")
    with State(folder / "state.sqlite") as state:
        state.set("mark", place.make())
        state.set("is_clean", "yes")
        for number in range(count):
            release = _add(place, folder, number)
            state.move(
                release.id, "held", release.size_bytes, int(time.time()), what="held", facts={},
                seal=place.shelf.copy(release.id).seal(),
            )  # fmt: skip


def _add(place: Place, folder: Path, number: int) -> Release:
    name = f"set-{number}"
    tracker = f"udp://127.0.0.1:{TRACKER_PORT}/announce"
    data = make_dataset(
        place.cache.data(Ref(name, "1")), {"a.bin": 12_000, "b.csv": 300}, name=name, trackers=((tracker,),)
    )
    hashes = data.metainfo.info_hashes
    place.cache.put_torrent(hashes.best_hex, data.torrent)
    sizes = {path: len(body) for path, body in data.contents.items()}
    place.cache.keep(Ref(name, "1"), Kept(hashes.best_hex, name, sizes, is_whole=True), {})
    release = release_of(name, data)
    release = replace(release, torrent=replace(release.torrent, trackers=(tracker,)))
    with (folder / "releases").open("a") as file:
        file.write(json.dumps([name, hashes.v1_hex, hashes.v2_hex, release.size_bytes]) + "\n")
    return release


def _listed(folder: Path) -> Listed:
    """The catalogue, from what :func:`_make` noted."""
    like = release_of("x", make_dataset(folder / "like", {"a.bin": 1}))
    tracker = f"udp://127.0.0.1:{TRACKER_PORT}/announce"
    releases = []
    for line in (folder / "releases").read_text().splitlines():
        name, v1, v2, size_bytes = json.loads(line)
        torrent = replace(like.torrent, name=name, info_hash_v1=v1, info_hash_v2=v2, trackers=(tracker,))
        releases.append(replace(like, dataset=name, title=name, size_bytes=size_bytes, torrent=torrent))
    return Listed(tuple(releases), ())


async def _run(folder: Path) -> None:
    """The node, in a process of its own, until it is killed."""
    listed = await asyncio.to_thread(_listed, folder)
    gift = Gift("bench", str(folder / "given"), 100_000_000_000)
    scraper = Scraper(ScrapeRecord(folder / "scrapes.sqlite"), OverTheNet(allows_private=True), _now)
    parts = Parts(
        gift=lambda: gift, place=Place(folder / "given"), state=State(folder / "state.sqlite"),
        catalog=lambda: listed, scraper=scraper, asks_again=scraper,
        open_engine=lambda: LibtorrentEngine(Settings.loopback()), key=1, now_s=lambda: int(time.time()),
        chance=np.random.default_rng(1),
    )  # fmt: skip
    began_s = time.monotonic()

    def tell(what: str, facts: dict[str, Any]) -> None:
        print(json.dumps({"what": what, "s": time.monotonic() - began_s, **facts}), flush=True)

    tell("begun", {})
    await Node(parts).run(asyncio.Event(), tell)


def _measure(folder: Path, count: int) -> dict[str, float]:
    tracker = ["-m", "seedbed", "tracker", "--open", "--lan", "--udp", f"127.0.0.1:{TRACKER_PORT}"]
    with (
        _process([*tracker, "--http", f"127.0.0.1:{PAGES_PORT}"], folder / "tracker.log"),
        _process([__file__, "--run", str(folder)], folder / "node.log") as node,
    ):
        began_s = time.monotonic()
        ready_s = _wait(lambda: '"ready"' in (folder / "node.log").read_text(), node) - began_s
        started_s = _wait(lambda: _seeds() >= count, node) - began_s
        _wait(lambda: '"round"' in (folder / "node.log").read_text(), node)
        round_s = time.monotonic() - began_s
        time.sleep(SETTLE_S)
        before_s = _cpu_s(node.pid)
        time.sleep(IDLE_S)
        idle_percent = 100 * (_cpu_s(node.pid) - before_s) / IDLE_S
        return {
            "ready_s": ready_s, "started_s": started_s, "round_s": round_s, "idle_percent": idle_percent,
            "rss_mb": _rss_mb(node.pid), "cpu_s": before_s,
        }  # fmt: skip


@contextlib.contextmanager
def _process(command: list[str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("wb") as sink:
        started = subprocess.Popen([sys.executable, *command], stdout=sink, stderr=subprocess.STDOUT)
    try:
        yield started
    finally:
        started.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            started.wait(30)
        started.kill()


def _wait(is_so: Any, node: subprocess.Popen[bytes]) -> float:
    """The moment when something is true."""
    for _ in range(3_000):
        if node.poll() is not None:
            raise SystemExit("the node has ended")
        if is_so():
            return time.monotonic()
        time.sleep(0.2)
    raise SystemExit("it takes too long")


def _seeds() -> int:
    with contextlib.suppress(OSError, ValueError), urlopen(f"http://127.0.0.1:{PAGES_PORT}/stats.json") as answer:
        return int(json.load(answer)["seeds"])
    return 0


def _cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _rss_mb(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) * 1024 / 1e6


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def _report(count: int, found: dict[str, float]) -> str:
    rows = [
        ("start until every dataset is announced to the tracker, s", "started_s"), ("resident memory, MB", "rss_mb"),
        (f"processor while idle for {IDLE_S:.0f} s, %", "idle_percent"), ("start until it serves, s", "ready_s"),
        ("start until its first round is over, s", "round_s"), ("processor time until then, s", "cpu_s"),
    ]  # fmt: skip
    table = [f"| {text} | {BARS.get(name, '')} | {found[name]:.2f} |" for text, name in rows]
    lines = [
        "# A smartnode that holds many\n", f"{paired.machine()}.\n",
        f"{count:,} datasets of 12 kB in two files, one tracker, libtorrent's own pace of announcing in the time.\n",
        "| | bar | |", "|---|---|---|", *table,
    ]  # fmt: skip
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
