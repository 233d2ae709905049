# SPDX-License-Identifier: Apache-2.0
"""Small disks: of memory, and in a file whose copy is what a power cut would leave."""

from __future__ import annotations

import contextlib
import os
import subprocess
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small file system needs root")


@contextlib.contextmanager
def small_disk(folder: Path, size_mib: int) -> Iterator[Path]:
    """A file system of a few MiB, in memory."""
    with _mounted(folder, "-t", "tmpfs", "-o", f"size={size_mib}m", "tmpfs"):
        yield folder


@contextlib.contextmanager
def image_disk(image: Path, folder: Path, size_mib: int = 0) -> Iterator[Path]:
    """An ext4 in a file; made anew when a size is given.

    What was written and not flushed is in the system's memory and not in the file: a copy of the file has what a disk
    has after a power cut.
    """
    if size_mib:
        with image.open("wb") as file:
            file.truncate(size_mib << 20)
        subprocess.run(["mkfs.ext4", "-q", "-F", str(image)], check=True)
    with _mounted(folder, "-o", "loop", str(image)):
        yield folder


@contextlib.contextmanager
def _mounted(folder: Path, *what: str) -> Iterator[None]:
    folder.mkdir(exist_ok=True)
    if subprocess.run(["mount", *what, str(folder)], check=False, capture_output=True).returncode:
        pytest.skip("no right to mount here")
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def cut_power(image: Path, copy: Path) -> None:
    """Keep what the disk has now."""
    subprocess.run(["cp", "--sparse=always", str(image), str(copy)], check=True)


def fill(ballast: Path) -> None:
    """Write until there is no space."""
    with ballast.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(bytes(64 * 1024))
