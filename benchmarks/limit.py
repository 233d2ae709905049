# SPDX-License-Identifier: Apache-2.0
"""What this machine can do at best: the fastest kernels on data in the cache, and reading from the page cache.

One core, best of several short runs: no creator can be faster than reading once and hashing once. The limit for
several cores assumes that they do not disturb each other, which is kind to the machine and hard on us.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from seedbed.hashing.choice import choose_engine
from seedbed.hashing.memory import Memory

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from seedbed.hashing.base import Algorithm

RUNS = 7
BLOCK = 16_384
BLOCKS = 64
CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Limit:
    """Seconds of one core a GB."""

    engine: str
    read_s: float
    sha1_s: float
    sha256_s: float

    def core_s(self, *, data: int, sha1: int = 0, sha256: int = 0) -> float:
        """Core seconds for reading ``data`` bytes and hashing so many."""
        return (data * self.read_s + sha1 * self.sha1_s + sha256 * self.sha256_s) / 1e9

    def __str__(self) -> str:
        rates = f"SHA-1 {1 / self.sha1_s:.2f}, SHA-256 {1 / self.sha256_s:.2f} GB/s ({self.engine}, one core)"
        return f"read {1 / self.read_s:.2f}, {rates}"


def measure(path: Path, *, engine: str = "") -> Limit:
    """Measure now; ``path`` is a file in the page cache, as long as what is measured against."""
    chosen = choose_engine(engine)
    hasher, memory = chosen.hasher(), Memory(BLOCK * BLOCKS)
    memory.view[:] = os.urandom(memory.length)
    starts, lengths = range(0, memory.length, BLOCK), [BLOCK] * BLOCKS

    def hashing(algorithm: Algorithm) -> Callable[[], int]:
        def work() -> int:
            for _ in range(32):
                hasher.digests(algorithm, memory, starts, lengths)
            return 32 * memory.length

        return work

    return Limit(chosen.name, _best(lambda: _read(path), runs=3), _best(hashing("sha1")), _best(hashing("sha256")))


def _read(path: Path) -> int:
    """All of it: a part would stay in the processor's cache, which in servers is huge."""
    memory, done = Memory(CHUNK), 0
    with path.open("rb", buffering=0) as file:
        while got := os.preadv(file.fileno(), [memory.view], done):
            done += got
    return done


def _best(work: Callable[[], int], *, runs: int = RUNS) -> float:
    """Seconds a GB of the quickest of several runs."""
    best_s = float("inf")
    for _ in range(runs):
        start_s = time.perf_counter()
        size = work()
        best_s = min(best_s, (time.perf_counter() - start_s) / size * 1e9)
    return best_s
