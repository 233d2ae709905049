# SPDX-License-Identifier: Apache-2.0
"""The catalogue at 100,000 and a million rows: write, append, open, ask; against rustac and stac-geoparquet.

    python benchmarks/catalog.py [--quick] [--rounds N] [--rows 100000,1000000] [--writers seedbed,rustac]

Writes ``benchmarks/results/catalog.md``.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import append
import bench_data
import follow
import paired

HERE = Path(__file__).parent
APPEND_ROWS = 50_000
TRIES = 4
WRITERS = ("seedbed", "rustac", "stac-geoparquet")
NOTE = """Every writer makes its own releases or items in its own process, so the rows "only made" are the floor of the
others: subtract them for the writing alone. `seedbed` starts from releases, the libraries from STAC items.
"""


def main() -> None:
    """Run all sizes and write the report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="10,000 rows; noisy")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--rows", default="100000,1000000")
    parser.add_argument("--writers", default=",".join(WRITERS), help="rustac and stac-geoparquet take long")
    options = parser.parse_args()
    sizes = [10_000] if options.quick else [int(one) for one in options.rows.split(",")]
    libraries = ", ".join(f"{name} {version(name)}" for name in ("pyarrow", "duckdb", "rustac", "stac-geoparquet"))
    report = ["# The catalogue\n", f"{paired.machine()}, {options.rounds} round(s). {libraries}.\n", NOTE]
    report += [*_append(), *_append_signed(1_000 if options.quick else APPEND_ROWS)]
    for count in sizes:
        report += [*_write(count, options.rounds, options.writers.split(",")), *_rest(count)]
        report += follow.pulls(count, _file(f"seedbed-{count}.parquet"))
        print("\n".join(report[-6:]), flush=True)
    name = "catalog-quick.md" if options.quick else "catalog.md"
    (HERE / "results" / name).write_text("\n".join(report) + "\n")


def _file(name: str) -> Path:
    folder = bench_data.folder() / "catalog"
    folder.mkdir(exist_ok=True)
    return folder / name


def _step(name: str, count: int, path: Path) -> paired.Contender:
    command = (sys.executable, str(HERE / "catalog_step.py"), name, str(count), str(path))
    return paired.Contender(name, command, timeout_s=3_600)


def _measured(contenders: list[paired.Contender], rounds: int) -> dict[str, list[paired.Run]]:
    """In rotation; without repeating what others disturbed, because one run of a million takes minutes."""
    runs: dict[str, list[paired.Run]] = {one.name: [] for one in contenders}
    for _ in range(rounds):
        for one in contenders:
            runs[one.name].append(_patiently(one))
            last = runs[one.name][-1]
            print(f"{one.name}: {last.wall_s:.1f} s, {last.rss_bytes / 1e6:.0f} MB", file=sys.stderr, flush=True)
    return runs


def _patiently(contender: paired.Contender) -> paired.Run:
    """Again where a program crashed: rustac 0.9.18 sometimes does, at random."""
    for _ in range(TRIES - 1):
        try:
            return paired.measure(contender)
        except SystemExit as error:
            print(f"again: {error}", file=sys.stderr, flush=True)
    return paired.measure(contender)


def _write(count: int, rounds: int, writers: list[str]) -> list[str]:
    places = {name: _file(f"{name}-{count}.parquet") for name in writers}
    contenders = [_step(name, count, place) for name, place in places.items()]
    contenders += [_step(name, count, places["seedbed"]) for name in ("releases", "items")]
    runs = _measured(contenders, rounds)
    sizes = ", ".join(f"{name} {place.stat().st_size / 1e6:.1f} MB" for name, place in places.items())
    named = {{"releases": "releases only made", "items": "items only made"}.get(k, k): v for k, v in runs.items()}
    again = _file("again.parquet")
    paired.measure(_step("seedbed", count, again)) if count <= 100_000 else None
    same = [_sha256(path) for path in (places["seedbed"], again) if path.exists()]
    again.unlink(missing_ok=True)
    bytes_ = " Two runs gave the same bytes." if len(same) == 2 and same[0] == same[1] else ""
    return [f"\n## {count:,} rows: write\n", paired.table(named, ours="seedbed"), f"\nFiles: {sizes}.{bytes_}\n"]


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _append() -> list[str]:
    path = _file(f"seedbed-{APPEND_ROWS}.parquet")
    paired.measure(_step("seedbed", APPEND_ROWS, path))
    runs = _measured([_step("append", APPEND_ROWS, path), _step("append-100", APPEND_ROWS, path)], 3)
    return [f"\n## Append to {APPEND_ROWS:,} rows (the table only; start of Python and imports included)\n",
            paired.table(runs, ours="append")]  # fmt: skip


def _append_signed(count: int) -> list[str]:
    """What a keeper waits for: open, prove the folder, look up, merge, sign, put in place, all of it on the disk."""
    measured = append.measure(count)
    each = ", ".join(f"{seconds:.2f}" for seconds in measured.appends_s)
    return [f"\n## One more version in a catalogue of {count:,}: the whole release, signed\n", f"{each} s.\n"]


def _rest(count: int) -> list[str]:
    path = _file(f"seedbed-{count}.parquet")
    contenders = [_step("append", count, path), _step("append-100", count, path), _step("examine", count, path)]
    contenders += [_step("files", count, _file(f"files-{count}.parquet"))]
    runs = _measured(contenders, 1)
    command = _step("queries", count, path).command
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    rows = [f"| {name} | {times['first_ms']:.1f} | {times['median_ms'] or times['first_ms']:.1f} |"
            for name, times in json.loads(done.stdout).items()]  # fmt: skip
    return [f"\n## {count:,} rows: append, examine (in its child), list three files each\n",
            paired.table(runs, ours="append"),
            f"\n## {count:,} rows: questions, one open catalogue, in one process\n",
            "| question | first ms | median ms |\n|---|---|---|", *rows, ""]  # fmt: skip


if __name__ == "__main__":
    main()
