# SPDX-License-Identifier: Apache-2.0
"""Where a fetch keeps what it has proved, and how it becomes the final files.

Everything lies in a hidden work folder beside the destination, ``.NAME.seedbed/``, until all of it is proved; then
files are flushed (fsync), then folders, then renamed, then the folder above is flushed. A crash at any point leaves
either the work folder or the final files, never half a file under a final name. What lies in the work folder is
proved again before it counts (:func:`seedbed.fetching.disk.existing.good_pieces`).
"""

from __future__ import annotations

import errno
import fcntl
import filecmp
import os
import shutil
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Self

from seedbed.errors import InputError, NoSpaceError, StateError
from seedbed.fetching.disk.flushing import flush_tree

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from seedbed.core.metainfo import Metainfo
    from seedbed.fetching.proving.pieces import PieceMap
    from seedbed.fetching.proving.proof import Held

_NO_SPACE = frozenset((errno.ENOSPC, errno.EDQUOT))
_CREATE = os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
SPARE_BYTES = 16 << 20
"""Kept free when space is judged: folders, other programs' logs."""


class Store:
    """The work folder of one torrent and its way to the final place. Open with ``with``: it holds a lock.

    Args:
        metainfo: What is fetched.
        pieces: What its pieces consist of.
        folder: Where the final file or folder shall be.
        wanted: Indices of the files that are wanted.
    """

    stays_in_place = False
    """Whether files grow under their final names."""

    def __init__(self, metainfo: Metainfo, pieces: PieceMap, folder: Path, *, wanted: frozenset[int]) -> None:
        self.metainfo = metainfo
        self.map = pieces
        self.folder = folder
        self.wanted = wanted
        self.work_folder = folder / f".{metainfo.name}.seedbed"
        self.data_folder = self.work_folder / metainfo.info_hashes.best_hex[:16]
        """By info-hash, so that two torrents of one name never mix."""
        self._data_name = str(self.data_folder)
        self.done: set[int] = set()
        """Files that lie proved in their final place already."""
        self.replaceable: frozenset[int] = frozenset()
        """Files that exist, differ, and may be replaced."""
        self._lock_fd = -1

    def __enter__(self) -> Self:
        try:
            self._make_folder()
            self._lock_fd = self._lock()
        except OSError as error:
            raise state_error(error, self.work_folder) from error
        return self

    def __exit__(self, *_: object) -> None:
        if self.work_folder.exists() and not self._holds_data():
            self.clean_up()
        os.close(self._lock_fd)

    def _holds_data(self) -> bool:
        """Whether there is something that a later fetch can use."""
        files = (entry for entry in self.data_folder.rglob("*") if entry.is_file())
        return any(allocated(path) for path in files)

    def _lock(self) -> int:
        path = self.work_folder / "lock"
        while True:
            fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o644)
            try:
                fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                os.close(fd)
                raise StateError(
                    f"{self.metainfo.name}: another fetch into {self.folder} is running",
                    hint="Wait for it, or give another folder with -o.",
                ) from error
            # Whoever held it before may have finished and removed it between our open and our lock.
            with suppress(FileNotFoundError):
                if path.stat().st_ino == os.fstat(fd).st_ino:
                    return fd
            os.close(fd)
            self._make_folder()

    def _make_folder(self) -> None:
        self.data_folder.mkdir(parents=True, exist_ok=True)

    def work_path(self, file_index: int) -> Path:
        """Where a file grows."""
        return self.data_folder.joinpath(*self._relative(file_index))

    def work_name(self, file_index: int) -> str:
        """As :meth:`work_path`, for the paths that are taken thousands of times a second."""
        return os.sep.join((self._data_name, *self._relative(file_index)))  # noqa: PTH118  # pathlib takes ten times longer

    def final_path(self, file_index: int) -> Path:
        """Where a file will be."""
        return self.folder.joinpath(*self._relative(file_index))

    @property
    def final_root(self) -> Path:
        """What the person looks for: the file, or the torrent's folder."""
        return self.folder / self.metainfo.name

    def _relative(self, file_index: int) -> tuple[str, ...]:
        path = self.metainfo.files[file_index].path
        return path if self.metainfo.is_single_file else (self.metainfo.name, *path)

    @property
    def growing(self) -> list[int]:
        """Wanted files that are not in their final place yet."""
        return [index for index in sorted(self.wanted) if index not in self.done]

    def wanted_pieces(self) -> set[int]:
        """Pieces that hold a byte of a growing file."""
        return self.map.pieces_of(self.growing)

    def size_bytes(self) -> int:
        """Bytes of all that is wanted."""
        return sum(self.metainfo.files[index].length for index in self.wanted)

    def needed_bytes(self, good: set[int]) -> int:  # noqa: ARG002  # pieces may be there that are not proved
        """Bytes that the growing files will take, over what they have."""
        has_begun = self.has_begun
        return sum(
            self.metainfo.files[index].length - (allocated(self.work_path(index)) if has_begun else 0)
            for index in self.growing
        )

    def check_space(self, good: set[int]) -> None:
        """Refuse to begin what cannot end.

        Args:
            good: Pieces that are here and proved.

        Raises:
            NoSpaceError: the disk has less room than the files still need.
        """
        needed = self.needed_bytes(good)
        facts = os.statvfs(self.data_folder)
        free = facts.f_bavail * facts.f_frsize
        spare = min(SPARE_BYTES, needed)
        if needed and needed + spare > free:
            raise NoSpaceError(
                f"{self.folder}: not enough room: expected {needed:,} bytes for the files and {spare:,} to spare, "
                f"got {free:,}",
                hint="Free some space or give another folder with -o; what is there already is kept.",
                needed_bytes=needed,
                free_bytes=free,
            )

    @property
    def has_begun(self) -> bool:
        """Whether an earlier fetch left something."""
        return os.path.lexists(self.data_folder / self.metainfo.name)

    def make_folders(self) -> None:
        """Make the folders that files will grow in."""
        try:
            for parts in {self._relative(index)[:-1] for index in self.growing}:
                self.data_folder.joinpath(*parts).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise state_error(error, self.data_folder) from error

    def stretch(self) -> None:
        """Give growing files their full length, as holes: the engine refuses pieces of files that are too short."""
        try:
            self._complete_sizes()
        except OSError as error:
            raise state_error(error, self.data_folder) from error

    def open_writer(self) -> Writer:
        """A writer for one thread."""
        return Writer(self)

    def finish(self) -> None:
        """All is proved: make it durable and give it its final name.

        Raises:
            StateError: the disk refused; all is kept in the work folder.
            InputError: something appeared at the final place meanwhile.
        """
        try:
            self._complete_sizes()
            flush_tree(self.data_folder, [self.work_path(index) for index in self.growing])
            self._move()
            flush_tree(self.folder, [])
        except OSError as error:
            raise state_error(error, self.folder) from error

    def _complete_sizes(self) -> None:
        """Give empty files a name and cut those that an older torrent of this name left too long."""
        for index in self.growing:
            path, length = self.work_name(index), self.metainfo.files[index].length
            try:
                if os.lstat(path).st_size == length:
                    continue
            except FileNotFoundError:
                pass
            with closing_fd(os.open(path, _CREATE, 0o644)) as fd:
                os.ftruncate(fd, length)

    def _move(self) -> None:
        source = self.data_folder / self.metainfo.name
        if self.growing and not os.path.lexists(self.final_root) and self._holds_only_wanted(source):
            source.rename(self.final_root)
        else:
            self._move_each()
        self.done.update(self.wanted)

    def _holds_only_wanted(self, source: Path) -> bool:
        """Whether the whole folder can be renamed: an earlier fetch may have left files that are not wanted now."""
        if self.metainfo.is_single_file:
            return True
        count = sum(len(files) for _, _, files in os.walk(source))
        return count == len(self.growing)

    def _move_each(self) -> None:
        folders: set[Path] = set()
        appeared = [i for i in self.growing if i not in self.replaceable and self._differs_from_final(i)]
        if appeared:
            raise refuse_different(self, appeared)
        for index in self.growing:
            target = self.final_path(index)
            target.parent.mkdir(parents=True, exist_ok=True)
            self.work_path(index).replace(target)
            folders.add(target.parent)
        for folder in folders:
            flush_tree(folder, [])

    def _differs_from_final(self, index: int) -> bool:
        """Whether something else lies at the final place: it appeared meanwhile, or could not be judged before."""
        target = self.final_path(index)
        return os.path.lexists(target) and not filecmp.cmp(self.work_path(index), target, shallow=False)

    def clean_up(self) -> None:
        """Remove the work folder; another torrent's part in it stays. The lock file goes last."""
        shutil.rmtree(self.data_folder, ignore_errors=True)
        if all(entry.name == "lock" for entry in self.work_folder.iterdir()):
            (self.work_folder / "lock").unlink(missing_ok=True)
            with suppress(OSError):
                self.work_folder.rmdir()


class Writer:
    """Writes proved pieces into growing files; one for each thread, open with ``with``."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._growing = frozenset(store.growing)
        self._fd = -1
        self._index = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._close()

    def write(self, pieces: Sequence[Held], memory: memoryview) -> None:
        """Write proved pieces that lie in ``memory``.

        Raises:
            NoSpaceError: the disk is full.
            StateError: it refuses for another reason.
        """
        try:
            for held in pieces:
                self._write_piece(held, memory)
        except OSError as error:
            raise state_error(error, self._store.work_path(max(self._index, 0))) from error

    def _write_piece(self, held: Held, memory: memoryview) -> None:
        at = held.at
        for index, start, length in held.stretches:
            if index in self._growing:
                self._open(index)
                write_all(self._fd, memory[at : at + length], start)
            at += length

    def _open(self, index: int) -> None:
        if self._index == index:
            return
        self._close()
        self._fd = os.open(self._store.work_name(index), _CREATE, 0o644)
        self._index = index

    def _close(self) -> None:
        if self._fd >= 0:
            os.close(self._fd)
        self._fd, self._index = -1, -1


def write_all(fd: int, data: memoryview, offset: int) -> None:
    """Write all of ``data``: a nearly full disk takes a part and says so only at the next call."""
    while len(data):
        count = os.pwrite(fd, data, offset)
        data, offset = data[count:], offset + count


@contextmanager
def closing_fd(fd: int) -> Iterator[int]:
    """Close a file descriptor at the end."""
    try:
        yield fd
    finally:
        os.close(fd)


def allocated(path: Path) -> int:
    """Bytes that a file takes on disk; 0 when there is none."""
    try:
        facts = path.lstat()
    except FileNotFoundError:
        return 0
    return min(facts.st_blocks * 512, facts.st_size)


def state_error(error: OSError, path: Path) -> StateError:
    """The system's refusal, in our words."""
    if error.errno in _NO_SPACE:
        return NoSpaceError(
            f"{path}: the disk is full",
            hint="Free some space and run the same command again: what was fetched is kept and not fetched again.",
        )
    return StateError(f"{error.filename or path}: {error.strerror or error}")


def refuse_different(store: Store, different: Iterable[int]) -> InputError:
    """The destination holds something else; it is not ours to replace."""
    names = [store.metainfo.files[index].display for index in different]
    shown = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
    return InputError(
        f"{store.final_root}: it exists and differs from the torrent: {shown}",
        hint="Give another folder with -o, or --force to replace it once the new data is verified.",
        files=names,
    )
