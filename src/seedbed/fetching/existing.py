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

from seedbed.fetching.proof import Held
from seedbed.fetching.store import closing_fd, state_error, write_all
from seedbed.hashing.threads import default_workers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from seedbed.core.layout import Span
    from seedbed.fetching.proof import Bench, Prover
    from seedbed.fetching.store import Store


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
    neighbours = range(len(store.metainfo.files)) if prover.needs_padding else store.wanted
    paths = {index: path for index in neighbours if os.path.lexists(path := store.final_path(index))}
    sized = {index: path for index, path in paths.items() if _has_length(path, store.metainfo.files[index].length)}
    pieces = {piece for index in sized for piece in store.layout.file_pieces(index)}
    good = good_pieces(store, prover, sized, pieces, on_bytes=on_bytes)
    wanted = paths.keys() & store.wanted
    complete = {i for i in sized.keys() & wanted if all(piece in good for piece in store.layout.file_pieces(i))}
    undecided = {i for i in sized.keys() & wanted - complete if _waits_for_neighbours(store, i, good, sized)}
    different = tuple(sorted(wanted - complete - undecided))
    return Found(frozenset(complete), different, frozenset(undecided), frozenset(good))


def _has_length(path: Path, length: int) -> bool:
    return path.is_file() and not path.is_symlink() and path.stat().st_size == length


def _waits_for_neighbours(store: Store, index: int, good: set[int], present: Mapping[int, Path]) -> bool:
    """Whether each piece of a file that is not proved holds bytes of a file that is not here."""
    return all(
        any(span.file_index is not None and span.file_index not in present for span in store.layout.piece_spans(piece))
        for piece in store.layout.file_pieces(index)
        if piece not in good
    )


def look_at_work(store: Store, prover: Prover, *, on_bytes: Callable[[int], object]) -> set[int]:
    """Prove what an interrupted fetch left in the work folder."""
    if not (store.data_folder / store.metainfo.name).exists():
        return set()
    paths = {index: path for index in store.growing if (path := store.work_path(index)).is_file()}
    if not paths:
        return set()
    paths |= {index: store.final_path(index) for index in store.done}
    return good_pieces(store, prover, paths, store.wanted_pieces(), on_bytes=on_bytes)


def good_pieces(
    store: Store,
    prover: Prover,
    paths: Mapping[int, Path],
    pieces: Iterable[int],
    *,
    on_bytes: Callable[[int], object],
) -> set[int]:
    """Which of ``pieces`` are on disk with their right bytes.

    Args:
        store: Whose torrent.
        prover: Proves it.
        paths: Where each file is to be read; files left out count as absent.
        pieces: Those to look at.
        on_bytes: Told how many bytes have been looked at, from several threads.

    Raises:
        StateError: a file cannot be read.
    """
    ordered = sorted(pieces)
    batches = [ordered[at : at + prover.pieces_at_once] for at in range(0, len(ordered), prover.pieces_at_once)]
    benches = threading.local()

    def check(batch: list[int]) -> list[int]:
        if not hasattr(benches, "mine"):
            benches.mine = prover.bench()
        on_bytes(0)  # raises when nobody waits any more
        good = _check_batch(store, prover, paths, batch, benches.mine)
        on_bytes(sum(prover.size(piece) for piece in batch))
        return good

    with ThreadPoolExecutor(default_workers(), "seedbed-check") as pool:
        return {piece for good in pool.map(check, batches) for piece in good}


def _check_batch(store: Store, prover: Prover, paths: Mapping[int, Path], batch: list[int], bench: Bench) -> list[int]:
    found: list[Held] = []
    at = 0
    with ExitStack() as stack:
        opened: dict[int, int] = {}
        for piece in batch:
            spans = store.layout.piece_spans(piece)
            spans = tuple(span for span in spans if span.file_index is not None or prover.needs_padding)
            for span in spans:
                if span.file_index is not None and span.file_index in paths and span.file_index not in opened:
                    opened[span.file_index] = stack.enter_context(closing_fd(_open(paths[span.file_index])))
            if length := _read_piece(spans, opened, bench.view[at:]):
                found.append(Held(piece, at, length))
                at += length
    return [held.piece for held, is_good in zip(found, bench.proved(found), strict=True) if is_good]


def _open(path: Path) -> int:
    try:
        return os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError as error:
        raise state_error(error, path) from error


def _read_piece(spans: Sequence[Span], opened: Mapping[int, int], view: memoryview) -> int:
    """Read a piece to the beginning of ``view``; returns its bytes, or 0 when some of them were never written."""
    at = 0
    for span in spans:
        part = view[at : at + span.length]
        if span.file_index is None:
            part[:] = bytes(span.length)
        else:
            fd = opened.get(span.file_index, -1)
            if fd < 0 or not _is_written(fd, span) or os.preadv(fd, [part], span.start) != span.length:
                return 0
        at += span.length
    return at


def _is_written(fd: int, span: Span) -> bool:
    try:
        return os.lseek(fd, span.start, os.SEEK_DATA) < span.stop
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
        for span in store.layout.piece_spans(piece):
            if span.file_index in files and span.file_index is not None:
                _copy(store.final_path(span.file_index), store.work_path(span.file_index), span)


def _copy(source: Path, target: Path, span: Span) -> None:
    try:
        with (
            closing_fd(_open(source)) as old,
            closing_fd(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o644)) as new,
        ):
            write_all(new, memoryview(os.pread(old, span.length, span.start)), span.start)
    except OSError as error:
        raise state_error(error, target) from error
