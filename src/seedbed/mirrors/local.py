# SPDX-License-Identifier: Apache-2.0
"""A folder as a mirror (``file:``): a disk, a network share, or what a web server of yours serves.

A file is written beside the others under a name of our own, flushed, and linked to its key, which fails when the key is
taken: there is never half a file, and of two pushes of one key one wins. What a push that was killed left behind is
taken away by the next one; a lock tells it from a push that is still at work.
"""

from __future__ import annotations

import contextlib
import errno
import os
import uuid
from typing import IO, TYPE_CHECKING
from urllib.parse import quote

from seedbed.errors import NoSpaceError, NotFoundError, SeedbedError
from seedbed.mirrors.base import Stored, Traits, check_key, failure, taken

try:
    import fcntl
except ImportError:  # Windows: there, an open file cannot be deleted, which says the same
    fcntl = None  # type: ignore[assignment]

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from seedbed.mirrors.content import Stream

INCOMING = ".seedbed-incoming"
"""Where files are until they are whole; no key leads here."""


class LocalMirror:
    """See :class:`seedbed.mirrors.base.Mirror`.

    Args:
        root: The folder; made when first written to.
        public: URL under which a web server serves it; empty if none does.
    """

    traits = Traits(is_writable=True)

    def __init__(self, root: Path, *, public: str = "") -> None:
        self._root = root
        self._public = public.rstrip("/")
        self.name = root.absolute().as_uri()

    def find(self, key: str) -> Stored | None:
        """What is kept under a key."""
        path = self._path(key)
        try:
            return Stored(key, path.stat().st_size) if path.is_file() else None
        except FileNotFoundError:
            return None
        except OSError as error:
            raise self._failure(key, error) from error

    def read(self, key: str, *, start: int, stop: int) -> bytes:
        """A part of a file."""
        try:
            with self._path(key).open("rb") as file:
                file.seek(start)
                data = file.read(stop - start)
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError) as error:
            raise NotFoundError(f"{self.name}: {key}: there is no such file") from error
        except OSError as error:
            raise self._failure(key, error) from error
        if len(data) != stop - start:
            raise failure(self.name, key, f"it is short: expected {stop - start:,} bytes, got {len(data):,}")
        return data

    def list(self, *, prefix: str = "") -> Iterator[Stored]:
        """All files, by key."""
        found: list[Stored] = []
        try:
            for path in (self._root / prefix.rpartition("/")[0]).rglob("*"):  # not all that others published
                key = path.relative_to(self._root).as_posix()
                if key.startswith(prefix) and not key.startswith(INCOMING) and path.is_file():
                    found.append(Stored(key, path.stat().st_size))
        except OSError as error:
            raise self._failure("", error) from error
        return iter(sorted(found, key=lambda stored: stored.key))

    def put(self, key: str, stream: Stream) -> Stored:
        """Keep a file: whole, flushed, and only where nothing is."""
        path = self._path(key)
        try:
            with self._incoming() as (file, temporary):
                for part in stream:
                    file.write(part)
                file.flush()
                os.fsync(file.fileno())
                self._make_folder(key, path.parent)
                _link(temporary, path)
                _flush_folder(path.parent)
        except FileExistsError as error:
            raise taken(self.name, key) from error
        except OSError as error:
            raise self._failure(key, error) from error
        return Stored(key, stream.size_bytes)

    def remove(self, key: str) -> None:
        """Delete a file."""
        try:
            self._path(key).unlink(missing_ok=True)
        except OSError as error:
            raise self._failure(key, error) from error

    def public_url(self, key: str) -> str:
        """Where the folder's web server serves it."""
        return f"{self._public}/{quote(key)}" if self._public else ""

    def close(self) -> None:
        """Nothing is held open."""

    def _path(self, key: str) -> Path:
        check_key(key)
        if key.partition("/")[0].lower() == INCOMING:
            raise failure(self.name, key, "the name is taken by seedbed itself")
        return self._root / key

    def _make_folder(self, key: str, folder: Path) -> None:
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except (FileExistsError, NotADirectoryError) as error:
            raise failure(self.name, key, "a file is where a folder of its path would have to be") from error

    @contextlib.contextmanager
    def _incoming(self) -> Iterator[tuple[IO[bytes], Path]]:
        folder = self._root / INCOMING
        folder.mkdir(parents=True, exist_ok=True)
        _clean(folder)
        file, path = _open_new(folder)
        try:
            with file:
                yield file, path
        finally:
            path.unlink(missing_ok=True)

    def _failure(self, key: str, error: OSError) -> SeedbedError:
        what = error.strerror or str(error)
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            return NoSpaceError(f"{self.name}: {key}: {what}", hint="Free some space; what is there already stays.")
        return failure(self.name, key, what)


def _link(temporary: Path, path: Path) -> None:
    """Give a file its name, unless the name is taken."""
    try:
        os.link(temporary, path)
    except FileExistsError:
        raise
    except OSError:  # a file system without hard links (FAT, some shares)
        if path.exists():
            raise FileExistsError(path) from None
        temporary.replace(path)


def _flush_folder(folder: Path) -> None:
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _open_new(folder: Path) -> tuple[IO[bytes], Path]:
    """A new file, locked; another push that cleans up may take it away between the two, so look again."""
    while True:
        path = folder / uuid.uuid4().hex
        file = path.open("xb")
        if fcntl is not None:
            fcntl.flock(file.fileno(), fcntl.LOCK_EX)
        if path.exists():
            return file, path
        file.close()


def _clean(folder: Path) -> None:
    """Take away what killed pushes left: whoever still writes holds a lock."""
    for path in folder.iterdir():
        with contextlib.suppress(OSError), path.open("rb") as file:
            if fcntl is not None:
                fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
            path.unlink(missing_ok=True)
