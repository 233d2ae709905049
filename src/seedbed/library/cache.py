# SPDX-License-Identifier: Apache-2.0
"""The cache: every content once, every version as a folder of its own.

```
blobs/<ab>/<hash>                     a file's bytes, named by its pieces root (or SHA-256), read only
snapshots/<dataset>/<version>/data/…  the version as it was published: hard links to blobs
snapshots/<dataset>/<version>/kept    which files are there, and of which torrent
torrents/<info-hash>.torrent          or .info, when peers gave no more than that
```

A file that did not change from one version to the next takes its space once and is never fetched twice. A blob that no
snapshot links to any more is garbage: its own link count says so.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import stat
import threading
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from seedbed.catalog.ids import Ref, check_dataset, check_version
from seedbed.errors import InputError, StateError
from seedbed.fetching.disk.flushing import write_durably
from seedbed.fetching.disk.links import link_or_copy
from seedbed.fetching.disk.store import state_error

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_READ_ONLY = 0o444


@dataclass(frozen=True, slots=True)
class Kept:
    """What a snapshot holds."""

    info_hash: str
    root: str
    """Name of the file or folder below ``data``."""
    sizes: dict[str, int]
    """Path below ``data`` -> bytes."""
    is_whole: bool
    """Whether these are all files of the version."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One version in the cache."""

    ref: Ref
    kept: Kept
    folder: Path
    """Holds :attr:`Kept.root`."""
    own_bytes: int
    """What its removal would free: bytes that no other version shares."""

    @property
    def size_bytes(self) -> int:
        """Bytes of its files."""
        return sum(self.kept.sizes.values())


@dataclass(frozen=True, slots=True)
class Cache:
    """The cache's folder; made when first written to."""

    folder: Path

    def data(self, ref: Ref) -> Path:
        """Where a version's file or folder stands."""
        return self._snapshot(ref) / "data"

    def torrent(self, info_hash: str) -> Path:
        """Where a torrent file stands."""
        return self.folder / "torrents" / f"{info_hash}.torrent"

    def info(self, info_hash: str) -> Path:
        """Where a torrent's info dictionary stands that came from peers, without the rest of the torrent (BEP 9)."""
        return self.folder / "torrents" / f"{info_hash}.info"

    def blob(self, key: str) -> Path:
        """Where a content stands; ``key`` is 64 hex digits."""
        return self.folder / "blobs" / key[:2] / key

    def kept(self, ref: Ref) -> Kept | None:
        """What is there of a version; None when nothing is, or its files are not what they were."""
        try:
            kept = Kept(**json.loads((self._snapshot(ref) / "kept").read_text("utf-8")))
            is_there = all(_is_file(self.data(ref) / path, size) for path, size in kept.sizes.items())
        except (OSError, ValueError, TypeError):
            return None
        return kept if is_there else None

    def forget(self, ref: Ref) -> None:
        """What is there of a version counts as nothing until it is proved again; its files stay.

        Raises:
            StateError: the disk refuses.
        """
        try:
            (self._snapshot(ref) / "kept").unlink(missing_ok=True)
        except OSError as error:
            raise state_error(error, self.folder) from error

    def keep(self, ref: Ref, kept: Kept, blobs: dict[str, str]) -> None:
        """Remember a version whose verified files are in place, and share their contents.

        Args:
            ref: Dataset and version.
            kept: What is there.
            blobs: Path below ``data`` -> content key.

        Raises:
            StateError: or NoSpaceError: the disk refuses.
        """
        try:
            for path, key in blobs.items():
                self._share(self.data(ref) / path, self.blob(key))
            note = self._snapshot(ref) / "kept"
            write_durably(note, json.dumps(asdict(kept)).encode())
        except OSError as error:
            raise state_error(error, self.folder) from error

    def lay_out(self, ref: Ref, blobs: dict[str, str]) -> None:
        """Put contents that are here already into a version's place; they are still to be verified there.

        Raises:
            StateError: or NoSpaceError: the disk refuses.
        """
        try:
            for path, key in blobs.items():
                target = self.data(ref) / path
                if self.blob(key).is_file() and not target.exists():
                    target.parent.mkdir(parents=True, exist_ok=True)
                    link_or_copy(self.blob(key), target)
        except OSError as error:
            raise state_error(error, self.folder) from error

    def put_torrent(self, info_hash: str, data: bytes) -> Path:
        """Keep a verified torrent file.

        Raises:
            StateError: or NoSpaceError: the disk refuses.
        """
        return _put(self.torrent(info_hash), data)

    def put_info(self, info_hash: str, data: bytes) -> Path:
        """Keep an info dictionary that has this hash.

        Raises:
            StateError: or NoSpaceError: the disk refuses.
        """
        return _put(self.info(info_hash), data)

    def snapshots(self) -> list[Snapshot]:
        """All versions in the cache, by dataset and version."""
        return sorted(self._snapshots(), key=lambda one: (one.ref.dataset, one.ref.version))

    def refs(self) -> list[Ref]:
        """Versions that have a folder, whatever is in it; sorted."""
        found = []
        for folder in sorted((self.folder / "snapshots").glob("*/*/")):
            with contextlib.suppress(InputError):  # a folder that somebody else put there
                found.append(Ref(check_dataset(folder.parent.name), check_version(folder.name)))
        return found

    def begun_bytes(self, ref: Ref) -> int:
        """What a version takes on the disk of which a fetch was begun and not finished."""
        files = (path for path in self._snapshot(ref).rglob("*") if path.is_file())
        return sum(path.lstat().st_blocks * 512 for path in files)

    def begun(self) -> dict[Ref, int]:
        """Versions of which a fetch was begun and not finished -> the bytes that they take."""
        found = {ref: self.begun_bytes(ref) for ref in self.refs() if self.kept(ref) is None}
        return {ref: size for ref, size in found.items() if size}

    def remove(self, ref: Ref) -> int:
        """Remove a version, and contents that no other has; returns the bytes freed.

        Raises:
            StateError: the disk refuses.
        """
        shutil.rmtree(self._snapshot(ref), ignore_errors=True)
        if (self._snapshot(ref) / "kept").exists():
            raise StateError(f"{self._snapshot(ref)}: it cannot be removed")
        with contextlib.suppress(OSError):
            self._snapshot(ref).parent.rmdir()
        return self.collect()

    def collect(self) -> int:
        """Remove contents that no version links to; returns the bytes freed."""
        freed = 0
        for blob in (self.folder / "blobs").glob("*/*"):
            with contextlib.suppress(FileNotFoundError):  # another program collects, too
                facts = blob.stat()
                if facts.st_nlink == 1:
                    blob.unlink()
                    freed += facts.st_size
        return freed

    def _snapshot(self, ref: Ref) -> Path:
        return self.folder / "snapshots" / check_dataset(ref.dataset) / check_version(ref.version)

    def _snapshots(self) -> Iterator[Snapshot]:
        for note in (self.folder / "snapshots").glob("*/*/kept"):
            with contextlib.suppress(InputError):  # a folder that somebody else put there
                ref = Ref(check_dataset(note.parent.parent.name), check_version(note.parent.name))
                if kept := self.kept(ref):
                    yield Snapshot(ref, kept, self.data(ref), _own_bytes(self.data(ref), kept))

    @staticmethod
    def _share(file: Path, blob: Path) -> None:
        """Make a verified file the content of its key; one that is there and is another file is replaced."""
        if blob.exists() and blob.samefile(file):
            return
        blob.parent.mkdir(parents=True, exist_ok=True)
        part = blob.with_name(f"{blob.name}.{os.getpid()}.{threading.get_ident()}.part")
        part.unlink(missing_ok=True)
        with contextlib.suppress(OSError):  # a file system without hard links keeps the snapshot only
            os.link(file, part)
            part.replace(blob)
            if file.stat().st_nlink <= 2:  # else it is somebody's own file too, who may want to write it
                file.chmod(_READ_ONLY)
        part.unlink(missing_ok=True)  # renaming one name of a file to another of its names leaves both: we were second


def is_own(blob: Path) -> bool:
    """Whether a content is here that nobody but the cache writes into: a person's file that was linked keeps its mode.

    Files of parts grow in place, and must not share theirs.
    """
    try:
        facts = blob.lstat()
    except OSError:
        return False
    return stat.S_ISREG(facts.st_mode) and not facts.st_mode & 0o222


def _is_file(path: Path, size: int) -> bool:
    """Whether a file of that size is there; a link that somebody put in its place is none."""
    facts = path.lstat()
    return stat.S_ISREG(facts.st_mode) and facts.st_size == size


def _put(path: Path, data: bytes) -> Path:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_durably(path, data)
    except OSError as error:
        raise state_error(error, path) from error
    return path


def _own_bytes(folder: Path, kept: Kept) -> int:
    """Bytes whose only names are this snapshot's and the blob's."""
    facts = [(folder / path).stat() for path in kept.sizes]
    return sum(one.st_size for one in facts if one.st_nlink <= 2)
