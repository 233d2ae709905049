# SPDX-License-Identifier: Apache-2.0
"""Checking existing data, paired against other programs on the same data and torrent.

    python benchmarks/verify.py [--quick] [--rounds N] [--formats hybrid,v2,v1]

Writes ``benchmarks/results/verify.md``.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import bench_data
import limit
import paired

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Path(__file__).parent
SEEDBED = str(Path(sys.executable).parent / "seedbed")
CORES = len(os.sched_getaffinity(0))
PIECE_LENGTH = 1 << 20


def main() -> None:
    """Run all formats and write the report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="an eighth of the data; noisy")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--formats", default="hybrid,v2,v1")
    options = parser.parse_args()
    path = bench_data.big((4 << 30) // (8 if options.quick else 1))
    report = ["# Checking existing data\n", f"{paired.machine()}, {options.rounds} rounds.\n", paired.METHOD]
    for format_ in options.formats.split(","):
        report += _run(path, format_, options.rounds)
        print("\n".join(report[-3:]))
    name = "verify-quick.md" if options.quick else "verify.md"
    (HERE / "results" / name).write_text("\n".join(report) + "\n")


def _run(path: Path, format_: str, rounds: int) -> list[str]:
    torrent = bench_data.folder() / f"{path.name}-{format_}.torrent"
    command = [SEEDBED, "torrent", "create", str(path), "--format", format_, "--piece-length", str(PIECE_LENGTH)]
    subprocess.run([*command, "-o", str(torrent), "--force", "--quiet"], check=True, stdout=subprocess.DEVNULL)
    contenders = list(_contenders(torrent, path, format_))
    runs = paired.rotate(contenders, rounds=rounds, warm=[path])
    size = path.stat().st_size
    found = limit.measure(path)
    core_s = found.core_s(data=size, sha1=size if format_ == "v1" else 0, sha256=0 if format_ == "v1" else size)
    ours, wall_s = runs["seedbed"], core_s / CORES
    ratios = ", ".join(
        f"{name} {paired.ratio(ours, own):.1f} x" for name, own in runs.items() if not name.startswith("seedbed")
    )
    summary = (
        f"In wall time we are faster than {ratios}. Limit of the machine: {found}: {wall_s:.2f} s wall on "
        f"{CORES} cores; we reach {wall_s / paired.median(ours, 'wall_s'):.0%} of it. Our memory: "
        f"{paired.median(ours, 'rss_bytes') / 1e6:.0f} MB.\n"
    )
    return [f"\n## {format_}, one file of {size / 1e9:.2f} GB, pieces of 1 MiB\n",
            paired.table(runs, ours="seedbed", size_bytes=size), "\n" + summary]  # fmt: skip


def _contenders(torrent: Path, path: Path, format_: str) -> Iterator[paired.Contender]:
    ours = (SEEDBED, "torrent", "verify", str(torrent), str(path), "--quiet")
    yield paired.Contender("seedbed", ours)
    yield paired.Contender("seedbed, one core", (*ours, "--workers", "1"))
    yield paired.Contender("seedbed, hashlib", ours, env={"SEEDBED_HASH_ENGINE": "hashlib"})
    script = (sys.executable, str(HERE / "checkers.py"))
    place = (str(torrent), str(path.parent))
    yield paired.Contender("libtorrent, as it comes", (*script, "libtorrent", *place))
    yield paired.Contender("libtorrent, 2 hashing threads", (*script, "libtorrent-2", *place))
    if format_ == "hybrid":
        yield paired.Contender("libtorrent, 2 threads, v1 hashes off", (*script, "libtorrent-2-v2", *place))
    if format_ == "v1":
        yield paired.Contender("torf", (*script, "torf", *place))
        yield from _programs(torrent, path, script, place)
    if format_ != "v2":  # its recheck of a v2 torrent ends at once, having read nothing
        recheck = (sys.executable, "-m", "torrentfile", "-q", "recheck", str(torrent), str(path))
        yield paired.Contender("torrentfile", recheck)


def _programs(torrent: Path, path: Path, script: tuple[str, ...], place: tuple[str, ...]) -> Iterator[paired.Contender]:
    if aria2 := shutil.which("aria2c"):
        options = ("--hash-check-only=true", "--check-integrity=true", "--enable-dht=false", f"--dir={path.parent}")
        yield paired.Contender("aria2", (aria2, *options, "--bt-enable-lpd=false", str(torrent)))
    if shutil.which("transmission-daemon"):
        yield paired.Contender("transmission", (*script, "transmission", *place))


if __name__ == "__main__":
    main()
