# SPDX-License-Identifier: Apache-2.0
"""How fast are the portal's pages over 50,000 versions, one after the other, and with 200 people at once?

Run: python benchmarks/portal.py [--quick]. The portal is the real process (uvicorn), asked over loopback by clients of
another process, which share the machine's cores with it. Server time is what the server says (``Server-Timing``).
"""

from __future__ import annotations

import asyncio
import os
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import catalog_data
from paired import machine

from seedbed.catalog.model import FileRow
from seedbed.catalog.table import writer

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from seedbed.catalog.model import Release

RESULT = Path(__file__).parent / "results" / "portal.md"
VERSIONS, PEOPLE = 50_000, 200
THINK_S = (2.0, 8.0)
"""A person looks at a page for so long."""
WORDS = (
    "agua",
    "ríos",
    "water",
    "census",
    "forest",
    "calidad aire",
    "población",
    "maíz",
    "land cover",
    "tem",
    "c",
    "zzz",
)


@dataclass(slots=True)
class Times:
    """Of one kind of page, in milliseconds."""

    server: list[float] = field(default_factory=list)
    client: list[float] = field(default_factory=list)

    def row(self, name: str) -> str:
        """For a table."""
        numbers = (quantile(self.server, 0.5), quantile(self.server, 0.95), quantile(self.client, 0.95))
        return f"| {name} | {len(self.server):,} | {' | '.join(f'{one:.1f}' for one in numbers)} |"


def quantile(values: Sequence[float], share: float) -> float:
    """The value below which a share of them lies."""
    return statistics.quantiles(values, n=100)[round(share * 100) - 1] if len(values) > 1 else sum(values)


def files_of(release: Release) -> Iterator[FileRow]:
    """Three files of a version."""
    for at in range(3):
        hashes = (f"{at:064x}", "", f"{at + 9:064x}")
        size_bytes, offset_bytes = 1_000_000 + at, at << 20
        path, best = f"tables/part-{at}.csv", release.torrent.best_hex
        yield FileRow(release.id, path, size_bytes, *hashes, "text/csv", best, offset_bytes)


def make(folder: Path, versions: int) -> None:
    """The catalogue's two tables."""
    (folder / "catalog").mkdir(parents=True)
    writer.write_catalog(folder / "catalog" / "catalog.parquet", catalog_data.releases(versions), catalog_data.SITE)
    rows = (row for one in catalog_data.releases(versions) for row in files_of(one))
    writer.write_files(folder / "catalog" / "files.parquet", rows)


class Line:
    """One kept connection, as a browser has."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def get(self, path: str, times: Times) -> None:
        """Ask for a page, and note how long it took."""
        if self._streams is None:
            self._streams = await asyncio.open_connection("127.0.0.1", self._port)
        reader, writer_ = self._streams
        began_s = time.perf_counter()
        writer_.write(f"GET {path} HTTP/1.1\r\nHost: x\r\nAccept: text/html\r\n\r\n".encode())
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
        fields = dict(line.split(": ", 1) for line in head.split("\r\n")[1:] if ": " in line)
        await reader.readexactly(int(fields["content-length"]))
        times.client.append((time.perf_counter() - began_s) * 1e3)
        times.server.append(float(fields["server-timing"].rpartition("dur=")[2]))
        if " 200 " not in head.split("\r\n")[0]:
            raise SystemExit(f"{path}: {head[:100]}")

    def close(self) -> None:
        """Hang up."""
        if self._streams:
            self._streams[1].close()


def pages(rng: random.Random, versions: int) -> tuple[str, str]:
    """A page that somebody asks for: its kind, and its path."""
    kind = rng.choices(("search", "type", "dataset", "start", "facet"), (20, 30, 35, 5, 10))[0]
    dataset = f"dataset-{rng.randrange(versions // catalog_data.VERSIONS):07}"
    word = rng.choice(WORDS).replace(" ", "+")
    return kind, {
        "search": f"/datasets?q={word}",
        "type": f"/datasets?q={word[: rng.randint(1, len(word))]}&part=hits",
        "dataset": f"/datasets/{dataset}",
        "start": "/",
        "facet": f"/datasets?license=CC-BY-4.0&bbox={rng.randint(-117, -100)},15,-90,{rng.randint(20, 30)}",
    }[kind].replace("í", "%C3%AD").replace("ó", "%C3%B3")


async def one_by_one(port: int, versions: int, count: int) -> Mapping[str, Times]:
    """Each page alone."""
    rng, found, line = random.Random(1), dict[str, Times](), Line(port)
    for _ in range(count):
        kind, path = pages(rng, versions)
        await line.get(path, found.setdefault(kind, Times()))
    line.close()
    return found


async def many(port: int, versions: int, people: int, seconds: float) -> Mapping[str, Times]:
    """People at once, each with a connection, who look at what they got before they go on."""
    found: dict[str, Times] = {}
    end_s = time.monotonic() + seconds

    async def person(number: int) -> None:
        rng, line = random.Random(number), Line(port)
        await asyncio.sleep(rng.uniform(0, THINK_S[1]))
        while time.monotonic() < end_s:
            kind, path = pages(rng, versions)
            await line.get(path, found.setdefault(kind, Times()))
            await asyncio.sleep(rng.uniform(*THINK_S))
        line.close()

    async with asyncio.TaskGroup() as group:
        for number in range(people):
            group.create_task(person(number))
    return found


def until_read(port: int) -> None:
    """Wait until the catalogue is in the index: pages say 503 before."""
    while True:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz"):
                return
        except urllib.error.HTTPError:
            time.sleep(0.2)


def memory_mb(pid: int) -> float:
    """Resident bytes of a process, in MB."""
    pages_used = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages_used * resource.getpagesize() / 1e6


def main() -> None:
    """Measure, and write the result."""
    quick = "--quick" in sys.argv
    versions, seconds = (4_000, 10.0) if quick else (VERSIONS, 60.0)
    with tempfile.TemporaryDirectory() as text:
        folder = Path(text)
        make(folder, versions)
        command = [sys.executable, "-m", "seedbed", "serve", "--data", str(folder), "--only", "portal", "--json"]
        port = 18_765
        environment = {**os.environ, "SEEDBED_HOME": str(folder / "home")}
        began_s = time.perf_counter()
        process = subprocess.Popen([*command, "--listen", f"127.0.0.1:{port}"], stdout=subprocess.PIPE, env=environment)
        try:
            if process.stdout:
                process.stdout.readline()
            until_read(port)
            built_s = time.perf_counter() - began_s
            alone = asyncio.run(one_by_one(port, versions, 200 if quick else 1_000))
            before_mb = memory_mb(process.pid)
            together = asyncio.run(many(port, versions, PEOPLE, seconds))
            after_mb = memory_mb(process.pid)
        finally:
            process.terminate()
            process.wait()
    write(versions, built_s, alone, together, (before_mb, after_mb))


def write(
    versions: int,
    built_s: float,
    alone: Mapping[str, Times],
    together: Mapping[str, Times],
    memory: tuple[float, float],
) -> None:
    """The tables."""
    head = "| page | requests | server p50 ms | server p95 ms | client p95 ms |\n|---|---|---|---|---|"
    lines = [
        "# The portal's pages", "", machine(), "",
        f"{versions:,} versions, four of each dataset, three files each. Index made from nothing in {built_s:.1f} s.",
        f"Memory before and after {PEOPLE} people: {memory[0]:.0f} and {memory[1]:.0f} MB.", "",
        "## One page after the other", "", head, *(times.row(kind) for kind, times in sorted(alone.items())), "",
        f"## {PEOPLE} people at once, each looking {THINK_S[0]:.0f} to {THINK_S[1]:.0f} s at a page", "", head,
        *(times.row(kind) for kind, times in sorted(together.items())), "",
    ]  # fmt: skip
    text = "\n".join(lines)
    print(text)
    if "--quick" not in sys.argv:
        RESULT.write_text(text, "utf-8")


if __name__ == "__main__":
    main()
