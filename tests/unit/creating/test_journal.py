# SPDX-License-Identifier: Apache-2.0
"""An interrupted run leaves what it has done; the next one trusts only what has not changed."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING, Self

import pytest

from seedbed.creating.create import Plan, Wish, plan_torrent, wanted_hashes
from seedbed.creating.journal import KEEP_S, FileJournal, open_journal
from seedbed.creating.scan import scan
from seedbed.hashing.job import Threads, hash_dataset
from seedbed.hashing.plain import HashlibEngine
from tests.datasets import make_tree

if TYPE_CHECKING:
    from pathlib import Path

    from seedbed.hashing.batch import Source, Wanted
    from seedbed.hashing.job import Hashes

SIZES = {"a": 9_000_000, "b": 100, "c": 30_000_000, "d/e": 3_000}
PIECE = 262_144


class Counting:
    """A source that counts the bytes that are read from it."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.is_sequential = True
        self.chunk_bytes = 1 << 20
        self.bytes_read = 0

    def reader(self) -> Counting:  # noqa: D102
        self.inner = self.source.reader()
        return self

    def __enter__(self) -> Self:
        self.inner.__enter__()
        return self

    def __exit__(self, *failure: object) -> None:
        self.inner.__exit__(*failure)

    def read_into(self, file_index: int, start: int, view: memoryview) -> int:  # noqa: D102
        self.bytes_read += len(view)
        return self.inner.read_into(file_index, start, view)

    def finish(self) -> None:  # noqa: D102
        self.inner.finish()


def prepared(root: Path, wish: Wish | None = None) -> tuple[Plan, Wanted]:
    """Plan and wanted hashes of a folder."""
    plan = plan_torrent(scan(str(root)), wish or Wish(piece_length=PIECE))
    return plan, wanted_hashes(plan, workers=1)


def run(plan: Plan, wanted: Wanted, journal: FileJournal | None) -> tuple[Hashes, int]:
    """The hashes, and how many bytes were read for them."""
    source = Counting(plan.dataset.source)
    hashes = hash_dataset(wanted, source, Threads(HashlibEngine(), 1), journal=journal)
    return hashes, source.bytes_read


def opened(plan: Plan, wanted: Wanted, folder: Path) -> FileJournal:
    """The journal of a dataset of any size."""
    journal = open_journal(plan.dataset, wanted, folder=folder, at_least=0)
    assert journal
    return journal


def test_second_run_reads_nothing_and_agrees(tmp_path: Path) -> None:
    """All is known: whole-file digests too."""
    plan, wanted = prepared(make_tree(tmp_path / "ds", {**SIZES, "c": 15_000_000}))
    with opened(plan, wanted, tmp_path) as journal:
        first, read = run(plan, wanted, journal)

    with opened(plan, wanted, tmp_path) as journal:
        second, read_again = run(plan, wanted, journal)

    assert second == first
    assert any(first.digests.values())
    assert (read, read_again) == (plan.dataset.size_bytes, 0)


def test_a_changed_file_is_read_again(tmp_path: Path) -> None:
    """Only its batches, although its size is the same."""
    root = make_tree(tmp_path / "ds", {"a": 20_000_000, "c": 30_000_000})
    plan, wanted = prepared(root)
    with opened(plan, wanted, tmp_path) as journal:
        run(plan, wanted, journal)
    data = bytearray((root / "c").read_bytes())
    data[7] ^= 1
    (root / "c").write_bytes(data)

    plan, wanted = prepared(root)
    with opened(plan, wanted, tmp_path) as journal:
        hashes, read = run(plan, wanted, journal)

    assert hashes == run(plan, wanted, None)[0]
    assert read < plan.dataset.size_bytes


def test_a_cut_or_damaged_line_is_passed_over(tmp_path: Path) -> None:
    """A crash in the middle of a line, a flipped bit: those batches are hashed again, the rest is taken."""
    plan, wanted = prepared(make_tree(tmp_path / "ds", SIZES))
    with opened(plan, wanted, tmp_path) as journal:
        first, _ = run(plan, wanted, journal)
    path = next(tmp_path.glob("*.journal"))
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([lines[0], lines[1].replace(b"a", b"b", 1), *lines[2:-1], lines[-1][:50]]))

    with opened(plan, wanted, tmp_path) as again:
        second, read = run(plan, wanted, again)

    assert second == first
    assert 0 < read < plan.dataset.size_bytes


def test_other_wishes_have_another_journal(tmp_path: Path) -> None:
    """Hashes at one piece length say nothing about another."""
    root = make_tree(tmp_path / "ds", SIZES)
    plan, wanted = prepared(root)
    with opened(plan, wanted, tmp_path) as journal:
        run(plan, wanted, journal)

    for wish in (
        Wish(piece_length=PIECE * 2),
        Wish(format="v1", piece_length=PIECE),
        Wish(piece_length=PIECE, md5=True),
    ):
        plan, wanted = prepared(root, wish)
        with opened(plan, wanted, tmp_path) as journal:
            assert not journal.known_batches


def test_parts_of_chained_files_are_not_kept(tmp_path: Path) -> None:
    """A file's MD5 needs all of it in order, so a long file is read again as a whole."""
    plan, wanted = prepared(make_tree(tmp_path / "ds", SIZES), Wish(piece_length=PIECE, md5=True))
    with opened(plan, wanted, tmp_path) as journal:
        first, _ = run(plan, wanted, journal)

    with opened(plan, wanted, tmp_path) as journal:
        second, read = run(plan, wanted, journal)

    assert second == first
    assert SIZES["c"] <= read < plan.dataset.size_bytes  # and what shares a batch with its end


def test_small_datasets_have_none(tmp_path: Path) -> None:
    """Below two GiB hashing again is as quick."""
    plan, wanted = prepared(make_tree(tmp_path / "ds", {"a": 100}))

    assert open_journal(plan.dataset, wanted, folder=tmp_path) is None


def test_a_second_run_at_once_goes_without(tmp_path: Path) -> None:
    """Two writers in one journal would be a mess; the second simply hashes."""
    plan, wanted = prepared(make_tree(tmp_path / "ds", {"a": 100}))

    with opened(plan, wanted, tmp_path):
        assert open_journal(plan.dataset, wanted, folder=tmp_path, at_least=0) is None


def test_a_folder_that_cannot_be_had_is_no_reason_to_stop(tmp_path: Path) -> None:
    """No journal then, but a torrent."""
    plan, wanted = prepared(make_tree(tmp_path / "ds", {"a": 100}))
    (tmp_path / "file").touch()

    assert open_journal(plan.dataset, wanted, folder=tmp_path / "file" / "below", at_least=0) is None


def test_a_full_disk_ends_the_journal_not_the_run(tmp_path: Path) -> None:
    """Hashing goes on."""
    plan, wanted = prepared(make_tree(tmp_path / "ds", SIZES))
    journal = opened(plan, wanted, tmp_path)

    class Full:
        closed = False

        def write(self, _: bytes) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

        def close(self) -> None:
            self.closed = True

    journal._file.close()
    journal._file = Full()  # type: ignore[assignment]  # stands in for a file on a full disk

    assert run(plan, wanted, journal)[0] == run(plan, wanted, None)[0]


def test_old_journals_are_removed(tmp_path: Path) -> None:
    """Nobody comes back after a month."""
    import os  # noqa: PLC0415
    import time  # noqa: PLC0415

    plan, wanted = prepared(make_tree(tmp_path / "ds", {"a": 100}))
    old = tmp_path / "old.journal"
    old.touch()
    os.utime(old, (0, time.time() - KEEP_S - 10))

    with opened(plan, wanted, tmp_path):
        pass

    assert not old.exists()


@pytest.mark.parametrize("ending", ["remove", "close"])
def test_removed_only_when_the_torrent_is_written(tmp_path: Path, ending: str) -> None:
    """Until then it stays, also when nothing else is known to have gone wrong."""
    plan, wanted = prepared(make_tree(tmp_path / "ds", {"a": 100}))
    journal = opened(plan, wanted, tmp_path)
    run(plan, wanted, journal)

    getattr(journal, ending)()

    assert bool(list(tmp_path.glob("*.journal"))) == (ending == "close")
