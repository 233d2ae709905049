# SPDX-License-Identifier: Apache-2.0
"""How long until many torrents are served, and what they cost: ``benchmarks/seed.py [--torrents N] [--pieces P]``.

Small hybrid torrents of one file each are made by ``core``; their data was "verified" (``have_pieces``). Measured, each
in a process of its own: from .torrent files (read and judged by ``core``, then by libtorrent) and from resume records,
until every torrent has said ``Finished``; resident memory for each torrent; CPU while idle; the time to stop.

Goals: 20,000 torrents of one piece ready in 5 s; at most 10 KB + 170 B a piece for each.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import paired

from seedbed.core import bencode, merkle
from seedbed.engine.base import Addition, Finished, Resume
from seedbed.engine.libtorrent_engine import LibtorrentEngine
from seedbed.engine.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from seedbed.core.bencode import Value

PIECE_LENGTH = 16_384
RESULTS = Path(__file__).parent / "results" / "seed.md"
READY_GOAL_S = 5.0
BASE_GOAL_BYTES, PIECE_GOAL_BYTES = 10_000, 170
IDLE_S = 3.0


def main() -> None:
    """Make the torrents, run both ways, print the results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--torrents", type=int, default=20_000)
    parser.add_argument("--pieces", type=int, default=1, help="pieces in each torrent")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--run", nargs=2, metavar=("KIND", "DIR"), help=argparse.SUPPRESS)
    parser.add_argument("--quick", action="store_true", help="2,000 torrents, one round; results are only printed")
    options = parser.parse_args()
    if options.quick:
        options.torrents, options.rounds = 2_000, 1
    if options.run:
        print(json.dumps(asyncio.run(measure(options.run[0], Path(options.run[1]), options.pieces))))
        return
    with tempfile.TemporaryDirectory() as folder:
        make(Path(folder), options.torrents, options.pieces)
        show(Path(folder), options)


def make(folder: Path, torrents: int, pieces: int) -> None:
    """The torrent files and their data."""
    for name in ("torrents", "resume", "data"):
        (folder / name).mkdir()
    for number in range(torrents):
        body = hashlib.sha256(str(number).encode()).digest() * (PIECE_LENGTH // 32) * pieces
        body = body[: max(32, len(body) - PIECE_LENGTH + 32)]  # the last piece is short, as last pieces are
        (folder / "data" / f"f{number}").write_bytes(body)
        (folder / "torrents" / f"{number}").write_bytes(torrent(f"f{number}", body))


def torrent(name: str, body: bytes) -> bytes:
    """A hybrid torrent of one file."""
    blocks = [body[at : at + PIECE_LENGTH] for at in range(0, len(body), PIECE_LENGTH)]
    leaves = merkle.leaves_of(body)
    root = merkle.root_of(leaves)
    file: dict[bytes, Value] = {b"length": len(body), b"pieces root": root}
    info: dict[bytes, Value] = {
        b"name": name.encode(),
        b"piece length": PIECE_LENGTH,
        b"length": len(body),
        b"pieces": b"".join(hashlib.sha1(block, usedforsecurity=False).digest() for block in blocks),
        b"meta version": 2,
        b"file tree": {name.encode(): {b"": file}},
    }
    return bencode.encode({b"info": info, b"piece layers": {root: leaves} if len(blocks) > 1 else {}})


async def measure(kind: str, folder: Path, pieces: int) -> dict[str, float]:
    """One run: until all are ready, then idle, then stop."""
    names = sorted(path.name for path in (folder / "torrents").iterdir())
    before_bytes = resident_bytes()
    begin_s = time.perf_counter()
    async with LibtorrentEngine(Settings.loopback(report_pieces=False, tick_ms=2000)) as engine:
        with engine.events() as events:
            async for outcome in engine.add_many(additions(kind, folder, names, pieces)):
                if not isinstance(outcome, str):
                    raise outcome
            waiting = len(names)
            async for event in events:
                waiting -= isinstance(event, Finished)
                if not waiting:
                    break
        ready_s = time.perf_counter() - begin_s
        await engine.refresh()
        each_bytes = (resident_bytes() - before_bytes) / len(names)
        cpu_s = time.process_time()
        await asyncio.sleep(IDLE_S)
        idle = (time.process_time() - cpu_s) / IDLE_S
        if kind == "torrents":
            await keep_resume(engine, folder)
        stop_s = time.perf_counter()
    return {
        "ready_s": ready_s, "each_bytes": each_bytes, "idle_cores": idle, "stop_s": time.perf_counter() - stop_s,
    }  # fmt: skip


def additions(kind: str, folder: Path, names: list[str], pieces: int) -> Iterator[Addition]:
    """What is added, read from disk as it goes."""
    for name in names:
        data = (folder / kind / name).read_bytes()
        if kind == "resume":
            yield Addition(Resume(data), folder / "data")
        else:
            yield Addition(data, folder / "data", have_pieces=[True] * pieces)


async def keep_resume(engine: LibtorrentEngine, folder: Path) -> None:
    """Leave resume records for the next run."""
    if any((folder / "resume").iterdir()):
        return
    for number, status in enumerate(engine.statuses()):
        resume = await engine.save_resume(status.torrent)
        (folder / "resume" / f"{number}").write_bytes(resume.data)


def resident_bytes() -> int:
    """Resident memory of this process."""
    pages = Path("/proc/self/statm").read_text(encoding="ascii").split()[1]
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


def show(folder: Path, options: argparse.Namespace) -> None:
    """Run every round, print a line each, then keep the results."""
    runs: dict[str, list[dict[str, Any]]] = {"torrents": [], "resume": []}
    for _ in range(options.rounds):
        for kind, results in runs.items():
            results.append(run(kind, folder, options))
            line = "  ".join(f"{name} {value:.3f}" for name, value in results[-1].items())
            print(f"{kind:9} {line}", flush=True)
    text = report(runs, options)
    print(text)
    if not options.quick:
        RESULTS.write_text(
            f"# Seeding many torrents\n\n{paired.machine()}, {options.rounds} rounds.\n\n{text}", encoding="utf-8"
        )


def report(runs: dict[str, list[dict[str, Any]]], options: argparse.Namespace) -> str:
    """Medians beside the goals, as a table."""
    goal_bytes = BASE_GOAL_BYTES + PIECE_GOAL_BYTES * options.pieces
    rows = [
        f"{options.torrents:,} hybrid torrents of {options.pieces:,} pieces each, one session, nothing announced.\n"
    ]
    names = list(runs["torrents"][0])
    rows += [f"| from | {' | '.join(names)} |", "|---" * (len(names) + 1) + "|"]
    for kind, results in runs.items():
        medians = [statistics.median(result[name] for result in results) for name in names]
        rows.append(f"| {kind} | {' | '.join(f'{value:,.3f}' for value in medians)} |")
    rows.append(f"\nGoals: ready in {READY_GOAL_S:g} s, {goal_bytes:,} bytes each.\n")
    return "\n".join(rows)


def run(kind: str, folder: Path, options: argparse.Namespace) -> dict[str, Any]:
    """One run in a process of its own, so that memory is its own."""
    command = [sys.executable, __file__, "--run", kind, str(folder), "--pieces", str(options.pieces)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    result: dict[str, Any] = json.loads(done.stdout)
    return result


if __name__ == "__main__":
    main()
