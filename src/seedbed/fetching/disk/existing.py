# SPDX-License-Identifier: Apache-2.0
"""What is there already: hashed again, whoever wrote it, before it counts.

An interrupted fetch, an earlier one with fewer files, or an older version of the data may have left good pieces. Holes
of sparse files are not read: they hold nothing that was written.
"""

from __future__ import annotations

import errno
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

from seedbed.fetching.disk.store import closing_fd, state_error, write_all
from seedbed.hashing.threads import default_workers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from seedbed.fetching.disk.store import Store
    from seedbed.fetching.proving.pieces import Stretch
    from seedbed.fetching.proving.proof import Bench, Prover


_GROUP_PIECES = 256
"""Handed to a thread at once: enough that the handing costs nothing."""


@dataclass(frozen=True, slots=True)
class Found:
    """What lies at the final place."""

    complete: frozenset[int]
    """Files that are right, byte for byte."""
    different: tuple[int, ...]
    """Files that exist and are not right."""
    undecided: frozenset[int]
    """Files of a v1-only torrent that cannot be judged before their neighbours are here: pieces cross file borders."""
    good: frozenset[int]
    """Pieces that are right."""


def look_at_final(store: Store, prover: Prover, *, on_bytes: Callable[[int], object]) -> Found:
    """Prove what lies under the final names."""
    if not os.path.lexists(store.final_root):
        return Found(frozenset(), (), frozenset(), frozenset())
    neighbours = store.wanted if prover.by_v2 else range(len(store.metainfo.files))
    paths = {index: path for index in neighbours if os.path.lexists(path := store.final_path(index))}
    sized = {index: path for index, path in paths.items() if _has_length(path, store.metainfo.files[index].length)}
    file_pieces = store.map.layout.file_pieces
    good = good_pieces(prover, sized, store.map.pieces_of(sized), on_bytes=on_bytes)
    wanted = paths.keys() & store.wanted
    complete = {i for i in sized.keys() & wanted if all(piece in good for piece in file_pieces(i))}
    undecided = {i for i in sized.keys() & wanted - complete if _waits_for_neighbours(store, i, good, sized)}
    different = tuple(sorted(wanted - complete - undecided))
    return Found(frozenset(complete), different, frozenset(undecided), frozenset(good))


def _has_length(path: Path, length: int) -> bool:
    return path.is_file() and not path.is_symlink() and path.stat().st_size == length


def _waits_for_neighbours(store: Store, index: int, good: set[int], present: Mapping[int, Path]) -> bool:
    """Whether each piece of a file that is not proved holds bytes of a file that is not here."""
    return all(
        any(part.file_index >= 0 and part.file_index not in present for part in store.map.stretches(piece))
        for piece in store.map.layout.file_pieces(index)
        if piece not in good
    )


def look_at_work(store: Store, prover: Prover, *, on_bytes: Callable[[int], object]) -> set[int]:
    """Prove what an interrupted fetch left in the work folder."""
    if not store.has_begun:
        return set()
    paths = {index: path for index in store.growing if (path := store.work_path(index)).is_file()}
    if not paths:
        return set()
    paths |= {index: store.final_path(index) for index in store.done}
    return good_pieces(prover, paths, store.wanted_pieces(), on_bytes=on_bytes)


def good_pieces(
    prover: Prover, paths: Mapping[int, Path], pieces: Iterable[int], *, on_bytes: Callable[[int], object]
) -> set[int]:
    """Which of ``pieces`` are on disk with their right bytes.

    Args:
        prover: Proves them.
        paths: Where each file is to be read; files left out count as absent.
        pieces: Those to look at.
        on_bytes: Told how many bytes have been looked at, from several threads; what it raises ends the work.

    Raises:
        StateError: a file cannot be read.
    """
    ordered = sorted(pieces)
    groups = [ordered[at : at + _GROUP_PIECES] for at in range(0, len(ordered), _GROUP_PIECES)]
    benches = threading.local()

    def check(group: list[int]) -> list[int]:
        on_bytes(0)
        if not hasattr(benches, "mine"):
            benches.mine = prover.bench()
        return _check_group(prover, paths, group, benches.mine, on_bytes)

    with ThreadPoolExecutor(default_workers(), "seedbed-check") as pool:
        return {piece for good in pool.map(check, groups) for piece in good}


def _check_group(
    prover: Prover, paths: Mapping[int, Path], group: list[int], bench: Bench, on_bytes: Callable[[int], object]
) -> list[int]:
    good: list[int] = []

    def settle() -> None:
        batch = bench.clear()
        on_bytes(sum(held.data_size for held, _ in batch))
        good.extend(held.piece for held, is_good in batch if is_good)

    with ExitStack() as stack:
        opened: dict[int, int] = {}
        for piece in group:
            stretches = prover.map.stretches(piece)
            for index in {part.file_index for part in stretches if part.file_index in paths} - opened.keys():
                opened[index] = stack.enter_context(closing_fd(_open(paths[index])))
            if (view := bench.room(stretches)) is None:
                settle()
                view = bench.view[: prover.map.size(piece)]
            if _read_piece(stretches, opened, view):
                bench.hold(piece, stretches)
            else:
                on_bytes(prover.map.data_size(piece))
    settle()
    return good


def _open(path: Path) -> int:
    try:
        return os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError as error:
        raise state_error(error, path) from error


def _read_piece(stretches: Sequence[Stretch], opened: Mapping[int, int], view: memoryview) -> bool:
    """Read a piece; False when some of it was never written."""
    at = 0
    for index, start, length in stretches:
        part = view[at : at + length]
        if index < 0:
            part[:] = bytes(length)
        else:
            fd = opened.get(index, -1)
            if fd < 0 or not _is_written(fd, start, start + length) or not _is_read(fd, part, start):
                return False
        at += length
    return True


def _is_read(fd: int, part: memoryview, start: int) -> bool:
    """Read a stretch; a bad sector holds nothing, and its piece is fetched again like any other."""
    try:
        return os.preadv(fd, [part], start) == len(part)
    except OSError as error:
        if error.errno != errno.EIO:
            raise
        return False


def _is_written(fd: int, start: int, stop: int) -> bool:
    try:
        return os.lseek(fd, start, os.SEEK_DATA) < stop
    except OSError as error:
        # ENXIO: only a hole, or the end, comes after. Another error: this file system does not tell holes from data.
        return error.errno != errno.ENXIO


def copy_good(store: Store, good: Iterable[int], files: frozenset[int]) -> None:
    """Take over the good pieces of files that are not complete; the files themselves stay untouched.

    Raises:
        NoSpaceError: the disk is full.
        StateError: reading or writing failed.
    """
    for piece in good:
        for index, start, length in store.map.stretches(piece):
            if index in files:
                _copy(store.final_path(index), store.work_path(index), start, length)


def _copy(source: Path, target: Path, start: int, length: int) -> None:
    try:
        with (
            closing_fd(_open(source)) as old,
            closing_fd(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o644)) as new,
        ):
            write_all(new, memoryview(os.pread(old, length, start)), start)
    except OSError as error:
        raise state_error(error, target) from error
