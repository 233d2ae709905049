# SPDX-License-Identifier: Apache-2.0
"""Parts of versions that are too large for one disk: ranges of pieces, in files with holes.

```
snapshots/<dataset>/<version>/parts/…     the torrent's file or folder; what is not here is a hole
snapshots/<dataset>/<version>/part-3      which pieces part 3 is, and which files they are in
snapshots/<dataset>/<version>/part-3.begun  the same of a part that is not all here, or in doubt
snapshots/.off/<dataset>@<version>#3      the same of a part that was given up; its bytes may be freed (``given_up``)
```

A part is here when its note is. To give one up its note goes elsewhere, and can come back; only :meth:`PartShelf.purge`
frees bytes: whole files are removed, of others a hole is made.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from seedbed.core.layout import Layout
from seedbed.fetching.disk.existing import good_pieces
from seedbed.fetching.disk.flushing import write_durably
from seedbed.fetching.disk.links import link_or_copy
from seedbed.fetching.disk.part_store import files_of
from seedbed.fetching.disk.store import closing_fd, state_error
from seedbed.fetching.proving.proof import Prover
from seedbed.library import contents, given_up

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from seedbed.catalog.ids import Ref
    from seedbed.core.metainfo import Metainfo
    from seedbed.library.cache import Cache

HERE, BEGUN, OFF = "", ".begun", ".off"
"""Ends of notes' names; those of parts that were given up lie elsewhere."""
_WRITE = os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW
_KEEP_SIZE, _PUNCH_HOLE = 1, 2


@dataclass(frozen=True, slots=True)
class KeptPart:
    """What a part's note says."""

    info_hash: str
    first: int
    stop: int
    """Its pieces: from the first to the one before this."""
    size_bytes: int
    spans: dict[str, tuple[int, int, int]]
    """Path below the folder -> first byte of the file that is in the part, the byte after the last one, and the file's
    length."""

    @property
    def pieces(self) -> range:
        """Numbers of its pieces."""
        return range(self.first, self.stop)


@dataclass(frozen=True, slots=True)
class PartShelf:
    """The parts of one version that are here."""

    cache: Cache
    ref: Ref

    @property
    def folder(self) -> Path:
        """Holds the torrent's file or folder."""
        return self._snapshot / "parts"

    @property
    def _snapshot(self) -> Path:
        return self.cache.data(self.ref).parent

    def numbers(self, end: str = HERE) -> list[int]:
        """Numbers of the parts that are here; or of those whose notes end otherwise."""
        if end == OFF:
            return [number for ref, number in given_up.parts(self.cache) if ref == self.ref]
        names = (path.name.removeprefix("part-") for path in self._snapshot.glob(f"part-*{end}"))
        return sorted(int(name) for name in (name.removesuffix(end) for name in names) if name.isdecimal())

    def kept(self, number: int) -> KeptPart | None:
        """A part; None when it is not here, or its files are not what they were."""
        kept = self._read(self._note(number))
        if kept is None:
            return None
        try:
            facts = {path: (self.folder / path).lstat() for path in kept.spans}
        except OSError:
            return None
        return kept if all(facts[path].st_size == kept.spans[path][2] for path in facts) else None

    def begin(self, number: int, metainfo: Metainfo, pieces: range) -> None:
        """A part is about to come, or to be proved anew: it counts as nothing, and what is there of it stays.

        Raises:
            StateError: or NoSpaceError: the disk refuses.
        """
        self._write(self._note(number, BEGUN), metainfo, pieces)
        with self._as_ours():
            self._note(number).unlink(missing_ok=True)
            self._note(number, OFF).unlink(missing_ok=True)

    def keep(self, number: int, metainfo: Metainfo, pieces: range) -> KeptPart:
        """Remember a part whose bytes are in place, proved and flushed.

        Raises:
            StateError: or NoSpaceError: the disk refuses.
        """
        kept = self._write(self._note(number), metainfo, pieces)
        with self._as_ours():
            self._note(number, BEGUN).unlink(missing_ok=True)
        return kept

    def doubt(self, number: int) -> None:
        """A part counts as nothing until it is proved again; its bytes stay.

        Raises:
            StateError: the disk refuses.
        """
        with self._as_ours():
            for end in (OFF, HERE):
                with contextlib.suppress(FileNotFoundError):
                    self._note(number, end).replace(self._note(number, BEGUN))

    def noted_bytes(self, number: int, end: str = HERE) -> int:
        """Bytes of a part by its note; 0 when there is none."""
        noted = self._read(self._note(number, end))
        return noted.size_bytes if noted else 0

    def give_up(self, number: int) -> None:
        """A part's bytes may be freed from now on; nothing happens when there is nothing of it.

        Raises:
            StateError: the disk refuses.
        """
        with self._as_ours():
            for end in (BEGUN, HERE):
                with contextlib.suppress(FileNotFoundError):
                    self._note(number, end).replace(self._note(number, OFF))

    def give_back(self, number: int) -> bool:
        """Undo it, as long as nothing was freed; whether there was something to undo.

        Raises:
            StateError: the disk refuses.
        """
        with self._as_ours():
            if not self._note(number, OFF).exists() or self._note(number).exists():
                return False
            self._note(number, OFF).replace(self._note(number))
        return True

    def purge(self, number: int) -> None:
        """Free the bytes of a part that was given up: whole files go, unless another part has something in them too.

        Raises:
            StateError: the disk refuses.
        """
        gone = self._read(self._note(number, OFF))
        with self._as_ours():
            self._note(number, OFF).unlink(missing_ok=True)
            notes = [*self._snapshot.glob("part-*"), *(self._note(one, OFF) for one in self.numbers(OFF))]
            others = [kept for path in notes if (kept := self._read(path))]
            for path, (start, stop, _) in (gone.spans if gone else {}).items():
                if not any(path in other.spans for other in others):
                    (self.folder / path).unlink(missing_ok=True)
                else:
                    _punch(self.folder / path, start, stop - start)

    def bad_files(
        self, number: int, metainfo: Metainfo, on_bytes: Callable[[int], object] = lambda _: None
    ) -> tuple[str, ...] | None:
        """Hash a part again; the paths of files in it whose bytes are wrong; None when it is not here.

        Raises:
            StateError: a file cannot be read.
        """
        if (kept := self.kept(number)) is None:
            return None
        prover, layout, names = Prover(metainfo), Layout.of(metainfo), contents.paths(metainfo)
        paths = {index: self.folder / names[index] for index in files_of(layout, kept.pieces)}
        there = {index: path for index, path in paths.items() if path.is_file() and not path.is_symlink()}
        bad = set(kept.pieces) - good_pieces(prover, there, kept.pieces, on_bytes=on_bytes)
        hit = {part.file_index for piece in bad for part in prover.map.stretches(piece) if part.file_index >= 0}
        return tuple(names[index] for index in sorted(hit))

    def lay_out(self, metainfo: Metainfo, pieces: range, here: Mapping[str, Path]) -> None:
        """Link files that are here already, whole, into their places; they are still to be proved there.

        Args:
            metainfo: The torrent.
            pieces: The part: only files that are all in it are linked.
            here: Hex pieces root -> a file that is said to have these bytes.

        Raises:
            StateError: or NoSpaceError: the disk refuses.
        """
        roots = contents.keys(metainfo)
        with self._as_ours():
            for path, (start, stop, length) in _spans(metainfo, pieces):
                root = roots.get(path, "")
                target = self.folder / path
                if (start, stop) == (0, length) and root in here and not target.exists():
                    target.parent.mkdir(parents=True, exist_ok=True)
                    link_or_copy(here[root], target)

    def whole_files(self, metainfo: Metainfo) -> Iterator[tuple[str, Path]]:
        """Hex pieces root and place of each file that is all in one of the parts that are here."""
        roots = contents.keys(metainfo)
        for kept in (self.kept(number) for number in self.numbers()):
            for path, (start, stop, length) in (kept.spans if kept else {}).items():
                if (start, stop) == (0, length) and path in roots:
                    yield roots[path], self.folder / path

    def _note(self, number: int, end: str = HERE) -> Path:
        return given_up.note(self.cache, self.ref, number) if end == OFF else self._snapshot / f"part-{number}{end}"

    def _write(self, path: Path, metainfo: Metainfo, pieces: range) -> KeptPart:
        spans = dict(_spans(metainfo, pieces))
        size_bytes = sum(stop - start for start, stop, _ in spans.values())
        kept = KeptPart(metainfo.info_hashes.best_hex, pieces.start, pieces.stop, size_bytes, spans)
        with self._as_ours():
            write_durably(path, json.dumps(asdict(kept)).encode())
        return kept

    @staticmethod
    def _read(path: Path) -> KeptPart | None:
        try:
            found = json.loads(path.read_text("utf-8"))
            spans = {name: (int(a), int(b), int(c)) for name, (a, b, c) in found.pop("spans").items()}
            return KeptPart(**found, spans=spans)
        except (OSError, ValueError, TypeError, KeyError, AttributeError):
            return None

    @contextlib.contextmanager
    def _as_ours(self) -> Iterator[None]:
        try:
            self._snapshot.mkdir(parents=True, exist_ok=True)
            yield
        except OSError as error:
            raise state_error(error, self._snapshot) from error


def _spans(metainfo: Metainfo, pieces: range) -> Iterator[tuple[str, tuple[int, int, int]]]:
    names = contents.paths(metainfo)
    for span in Layout.of(metainfo).spans_of(pieces):
        if span.file_index is not None:
            length = metainfo.files[span.file_index].length
            yield names[span.file_index], (span.start, span.stop, length)


def _punch(path: Path, start: int, length: int) -> None:
    """Make a hole (fallocate(2)); where the system cannot, the bytes stay until the file goes."""
    punch = getattr(ctypes.CDLL(None), "fallocate64", None)
    with contextlib.suppress(FileNotFoundError), closing_fd(os.open(path, _WRITE)) as fd:
        if punch and os.fstat(fd).st_nlink == 1:  # whoever has it by another name wants its bytes
            punch(fd, _KEEP_SIZE | _PUNCH_HOLE, ctypes.c_int64(start), ctypes.c_int64(length))
