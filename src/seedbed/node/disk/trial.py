# SPDX-License-Identifier: Apache-2.0
"""What a folder's file system can do, found out by doing it when the folder is given (N25).

Without flushing, renaming and locks nothing that a node promises can be kept: such a folder is refused. Without hard
links or holes it works, and takes more space; that is said. Files that are too large for it are refused one by one.
"""

from __future__ import annotations

import errno
import fcntl
import os
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from seedbed.errors import StateError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_SIZES = (1 << 44) - (1 << 12), 1 << 43, 1 << 40, 1 << 36, (1 << 32) - 1, (1 << 31) - 1
"""Tried from the largest: ext4 ends at the first, FAT at the fifth, very old systems at the last."""
_HOLE_BYTES = 8 << 20
_TOO_LARGE = frozenset((errno.EFBIG, errno.EINVAL))


@dataclass(frozen=True, slots=True)
class System:
    """What is asked of the system; tests put others in."""

    link: Callable[[Path, Path], object] = os.link
    symlink: Callable[[Path, Path], object] = os.symlink
    replace: Callable[[Path, Path], object] = os.replace
    fsync: Callable[[int], object] = os.fsync
    truncate: Callable[[int, int], object] = os.ftruncate
    flock: Callable[[int, int], object] = fcntl.flock


@dataclass(frozen=True, slots=True)
class Trial:
    """What was found."""

    lacks: tuple[str, ...]
    """Of ``hard-links``, ``holes``, ``case``, ``symlinks``: without them it works, not as well."""
    fails: tuple[tuple[str, str], ...]
    """Of ``flush``, ``rename``, ``lock``, ``write``, and what the system said: without them it does not."""
    largest_file_bytes: int
    """That it can hold; 0 for as large as anybody wants."""

    def require(self, folder: Path) -> None:
        """Refuse what cannot work.

        Raises:
            StateError: something that a node needs fails there.
        """
        if self.fails:
            told = "; ".join(f"{name}: {why}" for name, why in self.fails)
            raise StateError(
                f"{folder}: this file system cannot keep what a node promises: {told}",
                hint="Give a folder on a local disk, with ext4, XFS, Btrfs, ZFS, APFS or NTFS, say.",
                fails=[name for name, _ in self.fails],
            )


def examine(folder: Path, system: System | None = None) -> Trial:
    """Try a folder; what was made for it is removed again.

    Args:
        folder: Is there.
        system: What is asked.

    Raises:
        StateError: nothing can be written there.
    """
    system = system or System()
    try:
        with tempfile.TemporaryDirectory(prefix=".seedbed-trial-", dir=folder) as made:
            place = Path(made)
            fails = tuple(_failing(place, system))
            lacks = tuple(_lacking(place, system))
            return Trial(lacks, fails, _largest(place, system))
    except OSError as error:
        raise StateError(f"{folder}: nothing can be written there: {error.strerror}") from error


def _failing(place: Path, system: System) -> Iterator[tuple[str, str]]:
    """In the order in which a node does it: write, flush, flush the folder, rename over another file, lock."""
    one, other = place / "one", place / "other"
    other.write_bytes(b"old")
    with one.open("wb") as file:
        file.write(b"new")
        file.flush()
        yield from _tried("flush", lambda: system.fsync(file.fileno()))
        yield from _tried("lock", lambda: system.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB))
    yield from _tried("flush", lambda: _flush_folder(place, system))
    yield from _tried("rename", lambda: system.replace(one, other))
    if other.read_bytes() != b"new" and one.exists() is False:
        yield "rename", "the old content came back"


def _tried(name: str, act: Callable[[], object]) -> Iterator[tuple[str, str]]:
    try:
        act()
    except OSError as error:
        yield name, error.strerror or str(error)


def _flush_folder(place: Path, system: System) -> None:
    fd = os.open(place, os.O_RDONLY | os.O_DIRECTORY)
    try:
        system.fsync(fd)
    finally:
        os.close(fd)


def _lacking(place: Path, system: System) -> Iterator[str]:
    first = place / "Case"
    first.write_bytes(b"x")
    try:
        system.link(first, place / "linked")
        is_linked = (place / "linked").stat().st_ino == first.stat().st_ino
    except OSError:
        is_linked = False
    if not is_linked:
        yield "hard-links"
    if (place / "cASE").exists():
        yield "case"
    try:
        system.symlink(first, place / "symbolic")
    except OSError:
        yield "symlinks"
    if not _makes_holes(place / "hole", system):
        yield "holes"


def _makes_holes(path: Path, system: System) -> bool:
    with path.open("wb") as file, suppress(OSError):
        system.truncate(file.fileno(), _HOLE_BYTES)
        return os.fstat(file.fileno()).st_blocks * 512 < _HOLE_BYTES
    return False


def _largest(place: Path, system: System) -> int:
    """A disk that is too small says another thing than a file system that cannot: then nothing is known."""
    with (place / "large").open("wb") as file:
        for number, size_bytes in enumerate(_SIZES):
            try:
                system.truncate(file.fileno(), size_bytes)
            except OSError as error:
                if error.errno not in _TOO_LARGE:
                    return 0
            else:
                return size_bytes if number else 0
            finally:
                with suppress(OSError):
                    os.ftruncate(file.fileno(), 0)
    return _SIZES[-1]
