# SPDX-License-Identifier: Apache-2.0
"""What one more version costs: a whole release, signed and on the disk, into a catalogue of many rows."""

from __future__ import annotations

import datetime as dt
import hashlib
import shutil
import sys
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from seedbed.catalog import versions
from seedbed.catalog.model import Change, FileRow, Release, Site, TorrentFacts
from seedbed.catalog.releasing.founding import found
from seedbed.catalog.releasing.publisher import open_publisher
from seedbed.catalog.signing import keys, roles
from seedbed.catalog.signing.key_ring import KeyRing
from seedbed.catalog.signing.roles import RoleKeys

if TYPE_CHECKING:
    from collections.abc import Iterator

NOW = dt.datetime(2026, 11, 21, 10, tzinfo=dt.UTC)
VERSIONS_EACH = 5
FILES_EACH = 3


@dataclass(frozen=True, slots=True)
class Appended:
    """One measurement."""

    rows: int
    """Versions that were there before."""
    first_s: float
    """The first release, of all of them at once."""
    appends_s: tuple[float, ...]
    """Each further version: open, look up, release, close."""
    catalog_bytes: int


def measure(rows: int, *, appends: int = 5, folder: Path | None = None) -> Appended:
    """Fill a catalogue, then add versions one by one.

    Args:
        rows: Versions to begin with.
        appends: How many to add.
        folder: Where to work; removed afterwards.
    """
    place = Path(tempfile.mkdtemp(dir=folder))
    try:
        site, ring = _found(place)
        begin = time.perf_counter()
        with open_publisher(site, ring, wait_s=0, now=lambda: NOW) as publisher:
            publisher.release(_many(rows))
        first_s = time.perf_counter() - begin
        each = tuple(_append(site, ring, rows, number) for number in range(appends))
        return Appended(rows, first_s, each, (site / "catalog.parquet").stat().st_size)
    finally:
        shutil.rmtree(place)


def _append(site: Path, ring: Path, rows: int, number: int) -> float:
    dataset = _dataset((rows // VERSIONS_EACH) * number // 7)
    begin = time.perf_counter()
    with open_publisher(site, ring, wait_s=0, now=lambda: NOW) as publisher:
        new, files, torrent = _release(dataset, f"new-{number}")
        placed = versions.add(publisher.versions(dataset), new)
        publisher.release(Change(placed, files, {new.torrent.best_hex: torrent}))
    return time.perf_counter() - begin


def _found(place: Path) -> tuple[Path, Path]:
    folder = place / "keys"
    made = {name: keys.create(folder, name) for name in ("root", "targets", "online")}
    holders = {role: RoleKeys((made[role],)) for role in roles.PEOPLE}
    holders |= {role: RoleKeys((made["online"],)) for role in roles.ONLINE}
    found(place / "site", Site("bench", url="https://data.example/c/"), holders, KeyRing([folder]), now=lambda: NOW)
    return place / "site", folder


def _many(rows: int) -> Change:
    releases: list[Release] = []
    files: list[FileRow] = []
    torrents = {}
    for dataset, count in _chains(rows):
        for seq in range(1, count + 1):
            new, its_files, torrent = _release(dataset, str(seq))
            before, after = (str(seq - 1) if seq > 1 else ""), (str(seq + 1) if seq < count else "")
            releases.append(replace(new, version_seq=seq, latest=seq == count, predecessor=before, successor=after))
            files += its_files
            torrents[new.torrent.best_hex] = torrent
    return Change(tuple(releases), tuple(files), torrents)


def _chains(rows: int) -> Iterator[tuple[str, int]]:
    number = 0
    while rows > 0:
        yield _dataset(number), min(rows, VERSIONS_EACH)
        rows -= VERSIONS_EACH
        number += 1


def _dataset(number: int) -> str:
    return f"agency-{number % 97:02}-dataset-{number:06}"


def _release(dataset: str, version: str) -> tuple[Release, tuple[FileRow, ...], bytes]:
    torrent = f"{dataset}@{version}".encode() * 8
    digest = hashlib.sha256(torrent).hexdigest()
    facts = TorrentFacts(
        f"{dataset}-{version}", 1 << 20, digest[:40], digest, digest, len(torrent),
        web_seeds=(f"https://data.example/files/{dataset}/{version}/",), magnet=f"magnet:?xt=urn:btih:{digest[:40]}",
    )  # fmt: skip
    west = int(digest[:4], 16) % 300 - 150
    south = int(digest[4:8], 16) % 140 - 70
    release = Release(
        dataset, version, f"Measurements of {dataset}", f"What was measured, and how: {digest}. " * 3, "CC-BY-4.0",
        facts, 10_000_000, FILES_EACH, NOW, NOW, NOW, NOW, bbox=(west, south, west + 2.5, south + 1.5),
        keywords=("water", "soil", digest[:3]),
    )  # fmt: skip
    rows = tuple(
        FileRow(release.id, f"part-{n}.csv", 3_333_333, pieces_root=hashlib.sha256(f"{digest}{n}".encode()).hexdigest())
        for n in range(FILES_EACH)
    )
    return release, rows, torrent


if __name__ == "__main__":
    for count in map(int, sys.argv[1:] or ["50000"]):
        result = measure(count)
        best, worst = min(result.appends_s), max(result.appends_s)
        print(f"{count:,} rows ({result.catalog_bytes / 1e6:.1f} MB), first release {result.first_s:.1f} s, ")
        print(f"  one more version: {best:.2f} to {worst:.2f} s")
