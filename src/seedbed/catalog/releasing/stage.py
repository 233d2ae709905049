# SPDX-License-Identifier: Apache-2.0
"""A release on its way: ``.pending/`` in the catalogue's folder.

``tree/`` mirrors the catalogue. One marker beside it says what a crash, or a missing signature, left::

    no marker       half-made: thrown away
    waiting.json    whole, but not signed by enough people: kept until it is signed or discarded
    ready.json      whole and signed: whoever opens the catalogue next puts it in place

A marker is renamed into place when everything below ``tree/`` is on the disk for good.

Putting it in place moves files in an order in which every moment is valid, for whoever reads by plain names and for
whoever verifies (TUF, *consistent snapshots*). Each step can be repeated: what is not in ``tree/`` any more is done.

1. unchanging names: ``<sha256>.catalog.parquet``, ``metadata/<n>.targets.json``, torrents; a root that widens trust
2. plain names: ``catalog.parquet``, items …: each is whole at any moment, the old or the new one
3. ``metadata/timestamp.json``: this rename is the release
4. a root that narrows trust (``signing.draft`` says why it comes last)
"""

from __future__ import annotations

import json
import re
import shutil
from typing import TYPE_CHECKING, Any

from seedbed.catalog import paths
from seedbed.errors import StateError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from seedbed.catalog.releasing.disk import Disk

PENDING = ".pending"
WAITING = "waiting.json"
READY = "ready.json"
_ROOT = re.compile(r"metadata/([1-9][0-9]*)\.root\.json", re.ASCII)
_TARGETS = re.compile(r"metadata/([1-9][0-9]*)\.targets\.json", re.ASCII)
_UNCHANGING = re.compile(r"metadata/[1-9][0-9]*\.(targets|snapshot)\.json|torrents/.*\.torrent", re.ASCII)


class Stage:
    """What is on its way into one catalogue."""

    def __init__(self, folder: Path, disk: Disk) -> None:
        self._folder = folder
        self._disk = disk
        self._pending = folder / PENDING
        self.tree = self._pending / "tree"
        """Mirrors the catalogue."""

    @property
    def is_waiting(self) -> bool:
        """Whether a release waits for signatures."""
        return (self._pending / WAITING).is_file()

    def note(self) -> dict[str, Any]:
        """What was written beside the waiting release.

        Raises:
            StateError: it cannot be read.
        """
        try:
            note = json.loads((self._pending / WAITING).read_bytes())
        except (OSError, ValueError) as error:
            raise StateError(f"{self._pending / WAITING}: cannot be read: {error}") from error
        return note if isinstance(note, dict) else {}

    def recover(self) -> None:
        """Finish, keep or throw away what is there, as the marker says."""
        if (self._pending / READY).is_file():
            self.apply()
        self.drop_half_made()

    def begin(self) -> None:
        """Start with nothing."""
        self.discard()
        self._disk.step("mkdir", self.tree)
        self.tree.mkdir(parents=True)

    def path(self, path: str) -> Path:
        """Where somebody may write a file of the release."""
        target = self.tree / path
        target.parent.mkdir(parents=True, exist_ok=True)
        self._disk.step("create", target)
        return target

    def put(self, files: Mapping[str, bytes]) -> None:
        """Write files of the release."""
        for path, data in files.items():
            self._disk.write(self.tree / path, data)

    def replace(self, files: Mapping[str, bytes]) -> None:
        """Write files of a release that waits, each whole at any moment."""
        spare = self._pending / "spare"
        for path, data in files.items():
            self._disk.write(spare, data)
            self._disk.flush([spare])
            self._disk.rename(spare, self.tree / path)

    def keep_waiting(self, note: Mapping[str, Any]) -> None:
        """Keep it until it is signed."""
        self._mark(WAITING, note)

    def make_ready(self) -> None:
        """From here on the release will be put in place, whatever happens."""
        if self.is_waiting:
            self._flush()
            self._disk.rename(self._pending / WAITING, self._pending / READY)
            self._disk.flush([self._pending])
        else:
            self._mark(READY, {})

    def apply(self) -> None:
        """Put a ready release in place."""
        staged = self.staged()
        roots = sorted((path for path in staged if _ROOT.fullmatch(path)), key=_number)
        narrow = roots[-1:]
        self._link_targets(staged)
        self._move([path for path in staged if _UNCHANGING.fullmatch(path)] + roots[:-1])
        last = {*roots, paths.TIMESTAMP}
        self._move([path for path in self.staged() if path not in last])
        self._move([path for path in [paths.TIMESTAMP] if (self.tree / path).is_file()])
        self._move(narrow)
        self.discard()

    def discard(self) -> None:
        """Throw away what is there."""
        if not self._pending.exists():
            return
        for marker in (WAITING, READY):
            if (self._pending / marker).exists():
                self._disk.unlink(self._pending / marker)
        self._disk.step("rmtree", self._pending)
        shutil.rmtree(self._pending)

    def drop_half_made(self) -> None:
        """Throw away what is neither ready nor waiting: whoever made it gave up."""
        if self._pending.exists() and not self.is_waiting and not (self._pending / READY).is_file():
            self.discard()

    def forget(self, names: Iterable[str]) -> None:
        """Take files out of what waits."""
        for path in names:
            self._disk.unlink(self.tree / path)

    def staged(self) -> list[str]:
        """Paths of the files that are on their way."""
        return sorted(path.relative_to(self.tree).as_posix() for path in self.tree.rglob("*") if path.is_file())

    def _link_targets(self, staged: Iterable[str]) -> None:
        for path in staged:
            if not _TARGETS.fullmatch(path):
                continue
            signed = json.loads((self.tree / path).read_bytes())["signed"]["targets"]
            linked = []
            for target, facts in signed.items():
                if (self.tree / target).is_file():
                    linked.append(self._folder / paths.hashed(target, facts["hashes"]["sha256"]))
                    self._disk.link(self.tree / target, linked[-1], spare=self._pending / "spare")
            self._disk.flush_folders(name.parent for name in linked)

    def _move(self, moved: Iterable[str]) -> None:
        folders = set()
        for path in moved:
            target = self._folder / path
            new = [parent for parent in target.parents if not parent.exists()]
            self._disk.rename(self.tree / path, target)
            folders |= {target.parent, *(parent.parent for parent in new)}
        self._disk.flush_folders(folders)

    def _mark(self, name: str, note: Mapping[str, Any]) -> None:
        self._flush()
        new = self._pending / "spare"
        self._disk.write(new, json.dumps(note, indent=1, sort_keys=True).encode() + b"\n")
        self._disk.flush([new])
        self._disk.rename(new, self._pending / name)
        self._disk.flush([self._pending])

    def _flush(self) -> None:
        self._disk.flush(self.tree / path for path in self.staged())
        self._disk.flush_folders([self.tree, *(path for path in self.tree.rglob("*") if path.is_dir())])
        self._disk.flush_folders([self._pending, self._folder])


def _number(path: str) -> int:
    found = _ROOT.fullmatch(path)
    return int(found[1]) if found else 0
