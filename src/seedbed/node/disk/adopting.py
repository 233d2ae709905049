# SPDX-License-Identifier: Apache-2.0
"""Taking over files that a person has on disk already: found by size and name, proved by hash, linked, never copied.

The person's files stay where and what they are: they are read, and get one more name in the node's folder (or a clone
that shares its blocks, where the file system makes such). A node never writes into a file under its final name, so a
hard link is safe from it. It is not safe from its owner: who edits such a file edits the node's, too; the seal shows
that within a round, and it is proved and mended, with a file of its own, before it is served again.
"""

from __future__ import annotations

import errno
import fcntl
import os
from collections import Counter, defaultdict
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

from seedbed.errors import StateError
from seedbed.hashing.roots import file_has_root
from seedbed.library import contents
from seedbed.library.cache import Kept

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from seedbed.catalog.ids import Ref
    from seedbed.core.metainfo import File, Metainfo
    from seedbed.node.disk.store import Place

Outcome: TypeAlias = Literal["adopted", "begun", "wrong", "far", "forbidden", "no-links", "incomplete"]
_FICLONE = 0x40049409
"""ioctl_ficlone(2): a second file with the same blocks, until one of both is written to."""
_REFUSALS: dict[int, Outcome] = {errno.EXDEV: "far", errno.EPERM: "forbidden", errno.EACCES: "forbidden"}


class Offer(NamedTuple):
    """A file of the person's."""

    path: Path
    size_bytes: int


class Adopted(NamedTuple):
    """What became of one version."""

    outcome: Outcome
    files: int
    """Proved and linked."""
    of_files: int
    bytes: int
    """Of them."""
    why: str = ""


@dataclass(slots=True)
class Scan:
    """The person's files, by size and name."""

    offers: dict[tuple[int, str], list[Path]] = field(default_factory=lambda: defaultdict(list))

    def matching(self, name: str, size_bytes: int) -> Sequence[Path]:
        """Those that may be a file of this name."""
        return self.offers.get((size_bytes, name), ())

    def best_first(self, file: File, root: str) -> list[Path]:
        """The same of a file in a torrent; those whose folders are called alike come first.

        Args:
            file: Of the torrent.
            root: The torrent's name.
        """
        wanted = (root, *file.path)
        found = self.matching(file.path[-1], file.length)
        return sorted(found, key=lambda path: -_common_tail(path.parts, wanted))


def scan(paths: Iterable[Path], own: Iterable[Path]) -> Scan:
    """Look through folders, and take files as they are.

    Args:
        paths: What the person named.
        own: The node's own folders: what lies there is not looked at.

    Raises:
        StateError: one of them cannot be read.
    """
    found, left_out = Scan(), {os.path.realpath(one) for one in own}
    for path in paths:
        try:
            for offer in _files(path, left_out):
                found.offers[offer.size_bytes, offer.path.name].append(offer.path)
        except OSError as error:
            raise StateError(f"{error.filename or path}: it cannot be read: {error.strerror}") from error
    return found


def _files(path: Path, left_out: set[str]) -> Iterator[Offer]:
    path.stat()
    if path.is_file():
        yield Offer(path.absolute(), path.stat().st_size)
        return
    for root, folders, names in os.walk(path, onerror=None):
        folders[:] = sorted(one for one in folders if os.path.realpath(os.path.join(root, one)) not in left_out)  # noqa: PTH118
        for name in sorted(names):
            file = Path(root, name).absolute()
            with suppress(OSError):  # gone, or not ours to see
                if file.is_file() and not file.is_symlink():
                    yield Offer(file, file.lstat().st_size)


def _common_tail(one: Sequence[str], other: Sequence[str]) -> int:
    pairs = zip(reversed(one), reversed(other), strict=False)
    return next((at for at, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))


def candidates(files: Iterable[tuple[str, str, int]], found: Scan) -> list[str]:
    """Versions of which something may be there, those with the most bytes first.

    Args:
        files: Version, path and bytes of each file that a catalogue lists.
        found: The person's.
    """
    hits: Counter[str] = Counter()
    for item, path, size_bytes in files:
        if size_bytes and found.matching(path.rpartition("/")[2], size_bytes):
            hits[item] += size_bytes
    return [item for item, _ in hits.most_common()]


def adopt(metainfo: Metainfo, ref: Ref, place: Place, found: Scan, on_file: Callable[[str], object]) -> Adopted:
    """Prove what is there of a version, and link it into a folder. Blocks.

    A torrent without pieces roots (v1) is proved as a whole, later, by whoever claims it: all its files must be there.

    Args:
        metainfo: Its torrent.
        ref: The version.
        place: Where it is to lie.
        found: The person's files.
        on_file: Told of each file that is read.

    Raises:
        StateError: the node's disk refuses.
    """
    chosen, is_wrong = _chosen(metainfo, found, on_file)
    full = [index for index, file in enumerate(metainfo.files) if file.length]
    by_root = all(metainfo.files[index].pieces_root for index in full)
    if not chosen or (not by_root and len(chosen) < len(full)):
        return Adopted("wrong" if is_wrong else "incomplete", 0, len(metainfo.files), 0)
    folder = place.cache.data(ref)
    names = contents.paths(metainfo)
    for index, source in chosen.items():
        if refused := _give_name(source, folder / names[index]):
            return Adopted(refused[0], 0, len(metainfo.files), 0, f"{source}: {refused[1]}")
    size_bytes = sum(metainfo.files[index].length for index in chosen)
    if len(chosen) < len(full):
        return Adopted("begun", len(chosen), len(metainfo.files), size_bytes)
    _keep(metainfo, ref, place)
    return Adopted("adopted", len(metainfo.files), len(metainfo.files), size_bytes)


def _chosen(metainfo: Metainfo, found: Scan, on_file: Callable[[str], object]) -> tuple[dict[int, Path], bool]:
    """File index -> the person's file; and whether one had the right size and name, and other bytes."""
    chosen: dict[int, Path] = {}
    is_wrong = False
    for index, file in enumerate(metainfo.files):
        for path in found.best_first(file, metainfo.name) if file.length else ():
            on_file(str(path))
            if not file.pieces_root or _has_root(path, file.pieces_root):
                chosen[index] = path
                break
            is_wrong = True
    return chosen, is_wrong


def _has_root(path: Path, root: bytes) -> bool:
    try:
        return file_has_root(path, root)
    except OSError:  # gone, or not ours to read
        return False


def _give_name(source: Path, target: Path) -> tuple[Outcome, str] | None:
    """One more name, or a clone; what is there under it already is left, and proved by others. None when it is done."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.exists() or _clone(source, target):
            return None
        os.link(source, target)
    except OSError as error:
        if error.errno in _REFUSALS:
            return _REFUSALS[error.errno], str(error.strerror)
        if error.errno in {errno.EOPNOTSUPP, errno.EMLINK, errno.ENOSYS}:
            return "no-links", str(error.strerror)
        raise StateError(f"{target}: {error.strerror}") from error
    return None


def _clone(source: Path, target: Path) -> bool:
    """A file of the node's own that shares the blocks; False where the file system makes none."""
    part = target.with_name(f".{target.name}.clone")
    try:
        with source.open("rb") as old, part.open("xb") as new:
            fcntl.ioctl(new.fileno(), _FICLONE, old.fileno())
        part.replace(target)
    except OSError:
        part.unlink(missing_ok=True)
        return False
    return True


def _keep(metainfo: Metainfo, ref: Ref, place: Place) -> None:
    folder = place.cache.data(ref)
    sizes = {path: file.length for path, file in zip(contents.paths(metainfo), metainfo.files, strict=True)}
    try:
        for path, length in sizes.items():
            if not length:
                (folder / path).parent.mkdir(parents=True, exist_ok=True)
                (folder / path).touch()
            with (folder / path).open("rb") as stream:
                os.fsync(stream.fileno())
    except OSError as error:
        raise StateError(f"{folder}: {error.strerror}") from error
    root = metainfo.files[0].path[-1] if metainfo.is_single_file else metainfo.name
    kept = Kept(metainfo.info_hashes.best_hex, root, sizes, is_whole=True)
    place.cache.keep(ref, kept, contents.keys(metainfo))
