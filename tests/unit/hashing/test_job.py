# SPDX-License-Identifier: Apache-2.0
"""Batches cover every byte once, memory stays bounded, and failures stop everybody."""

from __future__ import annotations

import hashlib
import threading
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seedbed.core.layout import Layout
from seedbed.creating.create import Wish
from seedbed.errors import FileChangedError, UnsuitableFileError
from seedbed.hashing.batch import BatchResult, Wanted
from seedbed.hashing.files import LocalFiles
from seedbed.hashing.job import Progress, Threads, hash_dataset, window_for
from seedbed.hashing.plain import HashlibEngine
from seedbed.hashing.plan import Batch, Shape
from tests.datasets import BORDERS, PIECE, make_tree, torrent_of

TINY = 128
LENGTHS = st.lists(st.sampled_from([0, 1, 127, 128, 129, 300, 1280]), max_size=12)
THREADS = Threads(HashlibEngine(), 3)


def row(lengths: list[int], *, aligned: bool) -> Layout:
    """A layout of tiny pieces."""
    if aligned:
        return Layout.aligned(lengths, TINY)
    starts = [sum(lengths[:n]) for n in range(len(lengths))]
    return Layout(TINY, tuple(starts), tuple(lengths), sum(lengths))


@given(lengths=LENGTHS, aligned=st.booleans(), packed=st.booleans(), pieces=st.integers(1, 5))
def test_batches_cover_all_bytes_once(lengths: list[int], aligned: bool, packed: bool, pieces: int) -> None:  # noqa: FBT001
    """Every byte of every file is in one batch, every piece too, and none is longer than its memory."""
    packed = packed and aligned
    layout = row(lengths, aligned=aligned)
    window = pieces * TINY

    batches = list(Shape(layout, aligned=aligned, packed=packed, window=window).batches())

    covered = [(p.file_index, p.start + n) for batch in batches for p in batch.segments for n in range(p.length)]
    assert covered == [(index, at) for index, length in enumerate(lengths) for at in range(length)]
    numbers = [batch.first_piece + n for batch in batches for n in range(batch.piece_count)]
    assert numbers == list(range(layout.piece_count))
    assert all(batch.length <= window for batch in batches)
    for batch in batches:
        _check_places(batch, layout, packed=packed)


def _check_places(batch: Batch, layout: Layout, *, packed: bool) -> None:
    for part in batch.segments:
        at = layout.starts[part.file_index] + part.start
        assert batch.first_piece + part.piece == at // TINY
        if not packed:
            assert part.at == at - batch.first_piece * TINY


@pytest.mark.parametrize("workers", [1, 2, 16, 64])
@pytest.mark.parametrize("piece_length", [16_384, 1 << 20, 1 << 24])
def test_memory_is_bounded(workers: int, piece_length: int) -> None:
    """All workers together stay near 128 MiB, but each holds at least one piece."""
    for v1 in (True, False):
        window = window_for(piece_length, workers=workers, v1=v1, at_least=16 << 20)

        assert window % piece_length == 0
        assert window * workers <= max(128 << 20, workers * max(piece_length, 8 << 20))


@pytest.mark.parametrize("workers", [1, 2, 5])
def test_whole_file_digests_of_any_length(tmp_path: Path, workers: int) -> None:
    """Files inside one batch and files over many have the SHA-256 and MD5 that hashlib gives."""
    root = make_tree(tmp_path / "ds", {**BORDERS, "long": 700 * PIECE + 3, "long2": 300 * PIECE})

    created = torrent_of(root, Wish(piece_length=PIECE, md5=True, sha256_up_to=1 << 30), workers=workers)

    for one in created.files:
        data = root.joinpath(*one.path).read_bytes()
        assert one.sha256 == (hashlib.sha256(data).hexdigest() if data else "")
        assert one.md5 == (hashlib.md5(data).hexdigest() if data else "")


def test_whole_file_digests_can_be_left_out(tmp_path: Path) -> None:
    """Above the limit, or with a limit of 0, there is none."""
    root = make_tree(tmp_path / "ds", {"a": 100, "b": 200})

    some = torrent_of(root, Wish(piece_length=PIECE, sha256_up_to=100))
    none = torrent_of(root, Wish(piece_length=PIECE, sha256_up_to=0))

    assert [bool(one.sha256) for one in some.files] == [True, False]
    assert not any(one.sha256 or one.md5 for one in none.files)


def test_progress_is_told_to_the_end(tmp_path: Path) -> None:
    """Bytes and files only grow, and end at the whole."""
    root = make_tree(tmp_path / "ds", {"a": 9_000_000, "b": 5, "c": 30_000_000})
    paths = sorted(str(path) for path in root.iterdir())
    seen: list[Progress] = []

    hash_dataset(_wanted(paths), _files(paths), THREADS, progress=seen.append)

    assert [one.bytes_done for one in seen] == sorted(one.bytes_done for one in seen)
    assert (seen[-1].bytes_done, seen[-1].files_done) == (39_000_005, 3)


def test_a_failure_stops_all_threads(tmp_path: Path) -> None:
    """One unreadable file among many: its error is raised, and no thread goes on."""
    root = make_tree(tmp_path / "ds", {f"{n:02}": 6_000_000 for n in range(10)})
    paths = sorted(str(path) for path in root.iterdir())
    source, wanted = _files(paths), _wanted(paths, sha256_up_to=1 << 30)
    (root / "03").unlink()

    with pytest.raises(FileChangedError, match=r"03: it is gone"):
        hash_dataset(wanted, source, THREADS)

    assert not [thread for thread in threading.enumerate() if thread.name.startswith("hash-")]


def test_an_interruption_stops_all_threads(tmp_path: Path) -> None:
    """Ctrl-C while results are gathered ends the workers before it is passed on."""
    root = make_tree(tmp_path / "ds", {f"{n:02}": 6_000_000 for n in range(10)})
    paths = sorted(str(path) for path in root.iterdir())

    def interrupt(_: Progress) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        hash_dataset(_wanted(paths, sha256_up_to=1 << 30), _files(paths), THREADS, progress=interrupt)

    assert not [thread for thread in threading.enumerate() if thread.name.startswith("hash-")]


@pytest.mark.parametrize("change", ["longer", "shorter", "touched", "replaced", "gone", "denied"])
def test_a_changed_file_is_refused_by_name(tmp_path: Path, change: str) -> None:
    """Whatever happens to a file between listing and reading is noticed."""
    root = make_tree(tmp_path / "ds", {"a": 100_000, "b": 5_000_000, "c": 10})
    paths = sorted(str(path) for path in root.iterdir())
    source, wanted = _files(paths), _wanted(paths)
    _change(root / "b", change)

    with pytest.raises((FileChangedError, UnsuitableFileError), match=r"b: it "):
        hash_dataset(wanted, source, THREADS)


def _change(target: Path, change: str) -> None:
    data = target.read_bytes()
    if change == "longer":
        target.write_bytes(data + b"x")
    elif change == "shorter":
        target.write_bytes(data[:-1])
    elif change == "touched":
        target.write_bytes(data)
    elif change == "replaced":
        other = target.with_name("other")
        other.write_bytes(data)
        other.replace(target)
    elif change == "gone":
        target.unlink()
    else:
        target.unlink()
        target.mkdir()  # opens, but cannot be read: as a disk error would show


def test_a_file_changed_while_it_is_read(tmp_path: Path) -> None:
    """A writer at work during a long read is noticed although the size stays."""
    target = make_tree(tmp_path, {"a": 60_000_000}) / "a"
    source = _files([str(target)])

    def write(progress: Progress) -> None:
        if progress.bytes_done < progress.bytes_total:
            time.sleep(0.02)
            with target.open("r+b") as file:
                file.write(b"changed")

    with pytest.raises(FileChangedError):
        hash_dataset(_wanted([str(target)]), source, Threads(HashlibEngine(), 1), progress=write)


def test_known_batches_are_not_hashed_again(tmp_path: Path) -> None:
    """What the journal knows is taken, the rest is hashed, and the whole is the same."""
    root = make_tree(tmp_path / "ds", {"a": 9_000_000, "b": 5, "c": 30_000_000})
    paths = sorted(str(path) for path in root.iterdir())

    class Half:
        def __init__(self) -> None:
            self.kept: dict[int, BatchResult] = {}
            self.recorded = 0

        def known(self, batch: Batch) -> BatchResult | None:
            return self.kept.get(batch.first_piece)

        def record(self, batch: Batch, result: BatchResult) -> None:
            self.recorded += 1
            if self.recorded % 2:
                self.kept[batch.first_piece] = result

    journal = Half()
    first = hash_dataset(_wanted(paths), _files(paths), THREADS, journal=journal)
    made = journal.recorded

    second = hash_dataset(_wanted(paths), _files(paths), THREADS, journal=journal)

    assert second == first
    assert journal.recorded - made == made // 2


def _files(paths: list[str]) -> LocalFiles:
    return LocalFiles(paths, [Path(path).stat() for path in paths])


def _wanted(paths: list[str], *, sha256_up_to: int = 0) -> Wanted:
    layout = Layout.aligned([Path(path).stat().st_size for path in paths], PIECE)
    shape = Shape(layout, aligned=True, packed=False, window=64 * PIECE)
    return Wanted(shape, v1=True, v2=True, sha256_up_to=sha256_up_to)
