# SPDX-License-Identifier: Apache-2.0
"""Making torrents, paired against other creators on the same data, and against what the machine can do.

    python benchmarks/create.py [--quick] [--rounds N] [--only big|tree|mix] [--formats hybrid,v2,v1]

Writes ``benchmarks/results/create.md``. Every torrent's hashes are compared before any time is believed.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

import bench_data
import limit
import paired

from seedbed.core import metainfo_reader
from seedbed.core.layout import Layout
from seedbed.errors import FormatError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from seedbed.core.metainfo import Metainfo

HERE = Path(__file__).parent
PROGRAMS = Path(sys.executable).parent
CORES = len(os.sched_getaffinity(0))
TARGETS = bench_data.folder() / "out"
SLOW_ON_MANY_FILES = {"torf"}
"""Needs minutes for 20,000 files: run once, on a tenth of them, by --quick only."""


@dataclass(frozen=True, slots=True)
class Case:
    """Data, a format, a piece length."""

    data: str
    format: str
    path: Path
    piece_length: int

    @property
    def title(self) -> str:
        """For the report."""
        return f"{self.data}, {self.format}, pieces of {self.piece_length >> 10} KiB"


def main() -> None:
    """Run all cases and write the report."""
    options = _options()
    TARGETS.mkdir(exist_ok=True)
    report = ["# Making torrents\n", f"{paired.machine()}, {options.rounds} rounds.\n", _versions(), paired.METHOD]
    for case in _cases(options):
        report += _run(case, options.rounds)
        print("\n".join(report[-3:]))
    name = "create-quick.md" if options.quick else "create.md"
    (HERE / "results" / name).write_text("\n".join(report) + "\n")


def _run(case: Case, rounds: int) -> list[str]:
    contenders = list(_contenders(case))
    runs = paired.rotate(contenders, rounds=rounds, warm=[case.path])
    _compare([_target(case, contender.name) for contender in contenders])
    size = bench_data.size_of(case.path)
    found = limit.measure(bench_data.big(1 << 30))
    ours = runs["seedbed"]
    core_s = _limit_core_s(case, found)
    wall_s = core_s / CORES
    peers = {name: own for name, own in runs.items() if not name.startswith("seedbed")}
    fastest = min(peers, key=lambda name: paired.median(peers[name], "wall_s"))
    like_for_like = paired.ratio(runs["seedbed, no SHA-256 of files"], peers["libtorrent"], "cpu_s")
    leanest = min(peers, key=lambda name: paired.median(peers[name], "cpu_s"))
    summary = (
        f"Like for like (no peer makes the SHA-256 of files) in CPU against libtorrent: {like_for_like:.2f} x. "
        f"Against the fastest peer ({fastest}): {paired.ratio(ours, peers[fastest]):.2f} x in wall time; against the "
        f"leanest ({leanest}): {paired.ratio(ours, peers[leanest], 'cpu_s'):.2f} x in CPU; libtorrent "
        f"{paired.ratio(ours, peers['libtorrent']):.2f} x wall, {paired.ratio(ours, peers['libtorrent'], 'cpu_s'):.2f} "
        f"x CPU. Limit of the machine: {found}: {core_s:.2f} core-s, {wall_s:.2f} s wall on {CORES} cores: we reach "
        f"{wall_s / paired.median(ours, 'wall_s'):.0%} of it in wall time, "
        f"{core_s / paired.median(ours, 'cpu_s'):.0%} in CPU.\n"
    )
    return [
        f"\n## {case.title} ({size / 1e9:.2f} GB)\n",
        paired.table(runs, ours="seedbed", size_bytes=size),
        "\n" + summary,
    ]


def _contenders(case: Case) -> Iterator[paired.Contender]:
    """Us in three ways, and every peer that can make this format."""
    bits, path = case.piece_length.bit_length() - 1, str(case.path)
    ours = [str(PROGRAMS / "seedbed"), "torrent", "create", path, "--format", case.format, "--force", "--quiet"]
    ours += ["--piece-length", str(case.piece_length)]
    yield _contender(case, "seedbed", [*ours, "-o"])
    yield _contender(case, "seedbed, no SHA-256 of files", [*ours, "--sha256-up-to", "0", "-o"])
    yield _contender(case, "seedbed, one core", [*ours, "--workers", "1", "-o"])
    yield _contender(case, "seedbed, hashlib", [*ours, "-o"], SEEDBED_HASH_ENGINE="hashlib")
    script = [sys.executable, str(HERE / "peers.py")]
    yield _contender(case, "libtorrent", [*script, "libtorrent", case.format, str(case.piece_length), path])
    meta_version = {"v1": "1", "v2": "2", "hybrid": "3"}[case.format]
    yield _contender(
        case,
        "torrentfile",
        [sys.executable, "-m", "torrentfile", "-q", "create", "--meta-version", meta_version, "--prog", "0",
         "--piece-length", str(bits), path, "-o"],
    )  # fmt: skip
    if case.format == "v1":
        yield from _v1_peers(case, bits, path, script)


def _v1_peers(case: Case, bits: int, path: str, script: list[str]) -> Iterator[paired.Contender]:
    if case.data not in SLOW_ON_MANY_FILES and case.data != "tree":
        yield _contender(case, "torf", [*script, "torf", "v1", str(case.piece_length), path])
    kib = str(case.piece_length >> 10)
    yield _contender(
        case, "py3createtorrent", [sys.executable, "-m", "py3createtorrent", "-q", "-f", "-p", kib, path, "-o"]
    )
    if shutil.which("mktorrent"):
        yield _contender(case, "mktorrent", ["mktorrent", "-t", str(CORES), "-l", str(bits), path, "-o"])
    if shutil.which("transmission-create"):
        yield _contender(case, "transmission-create", ["transmission-create", "-s", kib, path, "-o"])


def _contender(case: Case, name: str, command: list[str], **env: str) -> paired.Contender:
    target = _target(case, name)
    return paired.Contender(name, (*command, str(target)), env=env, before=lambda: target.unlink(missing_ok=True))


def _target(case: Case, name: str) -> Path:
    return TARGETS / f"{case.data}-{case.format}-{name.replace(' ', '-').replace(',', '')}.torrent"


def _compare(targets: list[Path]) -> None:
    """All torrents must describe the same bytes the same way.

    Raises:
        SystemExit: one does not.
    """
    first = metainfo_reader.parse(targets[0].read_bytes())
    for target in targets[1:]:
        try:
            other = metainfo_reader.parse(target.read_bytes())
        except FormatError as error:
            print(f"{target.name}: not compared, it is no sound torrent: {error.message}", file=sys.stderr)
            continue
        if not _agree(first, other):
            sys.exit(f"{target.name}: its hashes are not those of {targets[0].name}")


def _agree(ours: Metainfo, theirs: Metainfo) -> bool:
    if ours.format != "v1":
        return ours.piece_layers == theirs.piece_layers and {f.pieces_root for f in ours.files} == {
            f.pieces_root for f in theirs.files
        }
    same_order = [f.path for f in ours.files] == [f.path for f in theirs.files]
    return ours.pieces == theirs.pieces or not same_order  # v1 pieces depend on the order of the files


def _limit_core_s(case: Case, found: limit.Limit) -> float:
    metainfo = metainfo_reader.parse(_target(case, "seedbed").read_bytes())
    size, layout = metainfo.size_bytes, Layout.of(metainfo)
    return found.core_s(
        data=size, sha1=0 if case.format == "v2" else layout.total, sha256=0 if case.format == "v1" else size
    )


def _cases(options: argparse.Namespace) -> Iterator[Case]:
    divisor = 10 if options.quick else 1
    makers: dict[str, tuple[Callable[[], Path], int]] = {
        "big": (lambda: bench_data.big((4 << 30) // (8 if options.quick else 1)), 1 << 20),
        "tree": (lambda: bench_data.tree(20_000 // divisor), 256 << 10),
        "mix": (lambda: bench_data.mix(divisor), 1 << 20),
    }
    for name in options.only or makers:
        make, piece_length = makers[name]
        for format_ in options.formats.split(","):
            yield Case(name, format_, make(), piece_length)


def _versions() -> str:
    packages = [
        f"{name} {metadata.version(name)}" for name in ("libtorrent", "torrentfile", "torf", "py3createtorrent")
    ]
    programs = [paired.version("mktorrent", "-v"), paired.version("transmission-create", "--version")]
    return f"Peers: {', '.join([*packages, *programs])}.\n"


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="an eighth of the data; noisy")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", action="append", choices=["big", "tree", "mix"])
    parser.add_argument("--formats", default="hybrid,v2,v1")
    return parser.parse_args()


if __name__ == "__main__":
    main()
