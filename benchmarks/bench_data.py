# SPDX-License-Identifier: Apache-2.0
"""The data that the benchmarks run on, made once: random, so that nothing can be compressed or guessed."""

from __future__ import annotations

import os
import random
import tempfile
from pathlib import Path

BLOCK = 1 << 24


def folder() -> Path:
    """Where benchmark data lives: ``SEEDBED_BENCH`` or the system's folder for temporary files."""
    path = Path(os.environ.get("SEEDBED_BENCH", Path(tempfile.gettempdir()) / "seedbed-bench"))
    path.mkdir(parents=True, exist_ok=True)
    return path


def big(size_bytes: int) -> Path:
    """One file."""
    path = folder() / f"big-{size_bytes}.bin"
    if not path.exists() or path.stat().st_size != size_bytes:
        with path.open("wb") as file:
            for at in range(0, size_bytes, BLOCK):
                file.write(os.urandom(min(BLOCK, size_bytes - at)))
    return path


def tree(count: int) -> Path:
    """Small files of 4 to 200 KB, 200 to a folder."""
    return _files(f"tree-{count}", [random.Random(n).randint(4_000, 200_000) for n in range(count)])


def mix(divisor: int = 1) -> Path:
    """One long file, 20 of 8 to 16 MiB, 2,000 small ones; ``divisor`` makes all of it less."""
    middle = [random.Random(n).randint(8 << 20, 16 << 20) for n in range(max(20 // divisor, 2))]
    small = [random.Random(n).randint(4_000, 200_000) for n in range(2_000 // divisor)]
    return _files(f"mix-{divisor}", [(512 << 20) // divisor, *middle, *small])


def size_of(path: Path) -> int:
    """Bytes of a file or of all files in a folder."""
    return path.stat().st_size if path.is_file() else sum(p.stat().st_size for p in path.rglob("*") if p.is_file())


def _files(name: str, sizes: list[int]) -> Path:
    root = folder() / name
    done = root.with_suffix(".done")
    if done.exists():
        return root
    for number, size in enumerate(sizes):
        path = root / f"{number // 200:03}" / f"{number:06}.bin"
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            for at in range(0, size, BLOCK):
                file.write(os.urandom(min(BLOCK, size - at)))
    done.touch()
    return root
