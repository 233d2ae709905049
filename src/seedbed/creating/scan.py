# SPDX-License-Identifier: Apache-2.0
"""Listing a file or folder that shall become a torrent.

Rules: names that are not good on every system are refused (``core.names``), links and special files too; hidden
files are skipped and named; empty folders vanish, because a torrent cannot hold them. All problems are reported
at once, so that one round of tidying is enough.
"""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from operator import itemgetter
from typing import TYPE_CHECKING, TypeAlias

from seedbed.core import names
from seedbed.creating.dataset import Dataset, Item
from seedbed.errors import InputError, NameRefusedError, NotFoundError, UnsuitableFileError
from seedbed.hashing.files import LocalFiles

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_SHOWN = 10
"""Problems and skipped files named in a message; all are in its data."""
_SHORT_PATH = 120
"""Bytes below which a path cannot break the limits of ``core.names`` on whole paths."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong with one file."""

    path: str
    rule: str
    """``link``, ``special``, ``unreadable``, ``loop``, ``name:<rule>`` …"""
    what: str

    def __str__(self) -> str:
        return f"{_plain(self.path)}: {self.what}"


_Found: TypeAlias = "tuple[tuple[str, ...], str, os.stat_result]"
"""Path in the dataset, location here, status: a plain tuple, because it sorts by path and there are many."""


def scan(path: str, *, follow_symlinks: bool = False) -> Dataset:
    """List what stands at ``path``.

    Args:
        path: A file or a folder.
        follow_symlinks: Take links for what they point to, as long as that is inside the folder.

    Raises:
        NotFoundError: nothing is there.
        NameRefusedError: names are refused, and nothing else is wrong.
        UnsuitableFileError: links, special or unreadable files; ``data['findings']`` lists all.
        InputError: there is not a byte to share.
    """
    location = os.path.abspath(path)
    try:
        status = os.stat(location)
    except OSError as error:
        raise NotFoundError(f"{path}: {error.strerror}") from error
    name = os.path.basename(location)
    walk = _Walk(location, follow_symlinks=follow_symlinks)
    if stat.S_ISDIR(status.st_mode):
        names.check_component(name)
        walk.folder(location, ())
    else:
        walk.file(location, (name,), status)
    walk.raise_findings(path)
    return _dataset(name, walk, is_single_file=not stat.S_ISDIR(status.st_mode))


def _dataset(name: str, walk: _Walk, *, is_single_file: bool) -> Dataset:
    found = sorted(walk.found, key=itemgetter(0))
    items = tuple(Item(path, status.st_size) for path, _, status in found)
    if not sum(item.length for item in items):
        raise InputError(f"{name}: there is nothing to share: expected at least one byte", hint=_why_nothing(walk))
    source = LocalFiles([location for _, location, _ in found], [status for _, _, status in found])
    return Dataset(name, is_single_file, items, source, remarks=tuple(walk.remarks()))


def _why_nothing(walk: _Walk) -> str:
    return "Hidden files are skipped; rename them if they are data." if walk.hidden else ""


class _Walk:
    """One walk through a folder; collects files and what is wrong."""

    def __init__(self, root: str, *, follow_symlinks: bool) -> None:
        self.found: list[_Found] = []
        self.hidden: list[str] = []
        self._findings: list[Finding] = []
        self._empty: list[str] = []
        self._root = os.path.realpath(root)
        self._follow = follow_symlinks
        self._above: list[tuple[int, int]] = []
        """(device, inode) of the folders that the walk is inside of."""

    def folder(self, location: str, path: tuple[str, ...]) -> None:
        """List a folder and all below it."""
        try:
            status = os.stat(location)
            with os.scandir(location) as listing:
                entries = list(listing)
        except OSError as error:
            self._refuse(path, "unreadable", f"the folder cannot be read: {error.strerror}")
            return
        key = (status.st_dev, status.st_ino)
        if key in self._above:
            self._refuse(path, "loop", "the link leads back to a folder above it")
            return
        if not entries:
            self._empty.append("/".join(path))
        self._above.append(key)
        for entry in entries:
            self._entry(entry, (*path, entry.name))
        self._above.pop()

    def file(self, location: str, path: tuple[str, ...], status: os.stat_result) -> None:
        """Take one file, if it is one."""
        if not self._name_is_good(path):
            return
        if not stat.S_ISREG(status.st_mode):
            self._refuse(path, "special", f"it is {_kind(status.st_mode)}, expected a file")
        elif not os.access(location, os.R_OK):
            self._refuse(path, "unreadable", "it cannot be read: permission denied")
        else:
            self.found.append((path, location, status))

    def raise_findings(self, path: str) -> None:
        """Raise all that is wrong as one error."""
        self._check_twins()
        if not self._findings:
            return
        only_names = all(finding.rule.startswith("name:") for finding in self._findings)
        kind = NameRefusedError if only_names else UnsuitableFileError
        links = any(finding.rule == "link" for finding in self._findings)
        hint = "--follow-symlinks takes links for what they point to, inside the folder." if links else ""
        raise kind(
            f"{path}: {_count(len(self._findings), 'file')} cannot be published:\n  {_some(self._findings)}",
            hint=hint or "Mend these where the data is made; seedbed never renames or leaves out on its own.",
            findings=[{"path": f.path, "rule": f.rule, "what": f.what} for f in self._findings],
        )

    def remarks(self) -> Iterator[str]:
        """What was left out."""
        if self.hidden:
            yield f"Skipped {_count(len(self.hidden), 'hidden file')}: {_some(self.hidden, ', ')}"
        if self._empty:
            yield f"Left out {_count(len(self._empty), 'empty folder')}: {_some(self._empty, ', ')}"

    def _entry(self, entry: os.DirEntry[str], path: tuple[str, ...]) -> None:
        if entry.name.startswith("."):
            self.hidden.append("/".join(path))
            return
        try:
            if entry.is_symlink() and not self._link_is_good(entry, path):
                return
            if not entry.is_dir():
                self.file(entry.path, path, entry.stat())
            elif self._name_is_good(path):
                self.folder(entry.path, path)
        except OSError as error:
            self._refuse(path, "unreadable", f"it cannot be read: {error.strerror}")

    def _link_is_good(self, entry: os.DirEntry[str], path: tuple[str, ...]) -> bool:
        if not self._follow:
            self._refuse(path, "link", "it is a symbolic link")
            return False
        target = os.path.realpath(entry.path)
        if os.path.commonpath([target, self._root]) != self._root:
            self._refuse(path, "link", "the link leads out of the folder")
            return False
        return True

    def _name_is_good(self, path: tuple[str, ...]) -> bool:
        try:
            names.check_component(path[-1])
            if len(path) > names.MAX_DEPTH or sum(map(len, path)) > _SHORT_PATH:
                names.check_path(path)
        except NameRefusedError as error:
            self._refuse(path, f"name:{error.data['rule']}", error.message.partition(": ")[2])
            return False
        return True

    def _check_twins(self) -> None:
        try:
            names.check_unique(path for path, _, _ in self.found)
        except NameRefusedError as error:
            self._findings.append(Finding(str(error.data["name"]), "name:twin", error.message.partition(": ")[2]))

    def _refuse(self, path: tuple[str, ...], rule: str, what: str) -> None:
        self._findings.append(Finding("/".join(path), rule, what))


def _kind(mode: int) -> str:
    kinds = {stat.S_IFIFO: "a pipe", stat.S_IFSOCK: "a socket", stat.S_IFCHR: "a device", stat.S_IFBLK: "a device"}
    return kinds.get(stat.S_IFMT(mode), "something else")


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _plain(path: str) -> str:
    """A name that cannot break or paint over the line it is shown in."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape", "surrogatepass").decode() for c in path)


def _some(things: Sequence[object], separator: str = "\n  ") -> str:
    """The first few, and how many more there are."""
    more = [f"… and {len(things) - _SHOWN:,} more"] if len(things) > _SHOWN else []
    return separator.join([*map(str, things[:_SHOWN]), *more])
