# SPDX-License-Identifier: Apache-2.0
"""Results of hashing kept on disk, so that an interrupted run over a large dataset goes on where it stopped.

One file a dataset and set of wishes, in the person's cache folder, one line a batch. A line names its batch by
the SHA-256 of everything its hashes depend on: each file's location, size, time of change and inode, the piece
length, the formats. A line that was cut off by a crash, or damaged, fails its checksum and is passed over: its
batch is hashed again. The file is removed when the torrent is written.

Batches with parts of files whose whole-file digest is wanted are not kept: a digest cannot be stopped half-way.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import logging
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Self

from seedbed.creating.dataset import LARGE_BYTES
from seedbed.hashing.batch import BatchResult

if TYPE_CHECKING:
    from seedbed.creating.dataset import Dataset
    from seedbed.hashing.batch import Wanted
    from seedbed.hashing.plan import Batch

SYNC_S = 1.0
"""Written to disk so often; a crash costs at most this much work."""
KEEP_S = 30 * 24 * 3600
"""Journals untouched for a month are somebody's change of mind, and are removed."""
_CHECK_DIGITS = 16
_VERSION = 1
"""Of the lines; another version's are passed over."""
_log = logging.getLogger(__name__)


def cache_folder() -> Path:
    """Where journals live: the XDG cache folder of the person."""
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "seedbed" / "hashing"


def open_journal(
    dataset: Dataset, wanted: Wanted, *, folder: Path | None = None, at_least: int = LARGE_BYTES
) -> FileJournal | None:
    """The journal of a dataset; None where it is not worth one, or cannot be had.

    A cache that cannot be written (full disk, read-only home, another run at work) is no reason not to hash.
    """
    if dataset.size_bytes < at_least:
        return None
    folder = folder or cache_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        _remove_old(folder)
        return FileJournal(folder / f"{_key(dataset, wanted)}.journal", dataset, wanted)
    except OSError as error:
        _log.warning("no journal, an interrupted run will start again: %s", error)
        return None


class FileJournal:
    """See the module's text; a :class:`seedbed.hashing.job.Journal`."""

    def __init__(self, path: Path, dataset: Dataset, wanted: Wanted) -> None:
        self._path = path
        self._dataset = dataset
        self._wanted = wanted
        self._file = _open_alone(path)
        self._file.seek(0)
        self._known = dict(filter(None, map(_parse, self._file)))
        self._file.write(b"\n")  # whatever a crash cut off ends here
        self._synced_s = time.monotonic()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        self.close()

    @property
    def known_batches(self) -> int:
        """Batches that an earlier run left; some may turn out to be of files that changed."""
        return len(self._known)

    def known(self, batch: Batch) -> BatchResult | None:
        """See :class:`seedbed.hashing.job.Journal`."""
        row = self._known.get(self._fingerprint(batch)) if self._known else None
        return _result(batch, row) if row else None

    def record(self, batch: Batch, result: BatchResult) -> None:
        """See :class:`seedbed.hashing.job.Journal`; a full disk ends the journal, not the run."""
        if self._file.closed or self._has_chained_parts(batch):
            return
        try:
            self._file.write(_line(self._fingerprint(batch), _row(batch, result)))
            self._file.flush()
            if time.monotonic() - self._synced_s > SYNC_S:
                os.fdatasync(self._file.fileno())
                self._synced_s = time.monotonic()
        except OSError as error:
            _log.warning("the journal ends here: %s", error)
            self.close()

    def close(self) -> None:
        """Stop recording; what was recorded stays."""
        with contextlib.suppress(OSError):
            self._file.close()

    def remove(self) -> None:
        """The torrent is written: forget."""
        self.close()
        self._path.unlink(missing_ok=True)

    def _has_chained_parts(self, batch: Batch) -> bool:
        lengths = self._wanted.shape.layout.lengths
        return any(
            part.length < lengths[part.file_index] and any(self._wanted.whole_file(lengths[part.file_index]))
            for part in batch.segments
        )

    def _fingerprint(self, batch: Batch) -> str:
        lengths = self._wanted.shape.layout.lengths
        parts = [
            (self._dataset.source.identity(p.file_index), lengths[p.file_index], p.start, p.length, p.at)
            for p in batch.segments
        ]
        return _digest([_wishes(self._wanted), batch.length, batch.piece_count, parts])


def _open_alone(path: Path) -> BinaryIO:
    """Open for reading and appending; BlockingIOError where another run has it."""
    file = path.open("a+b")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        raise
    return file


def _wishes(wanted: Wanted) -> list[object]:
    shape = wanted.shape
    return [
        _VERSION, shape.layout.piece_length, shape.packed, wanted.v1, wanted.v2, wanted.sha256_up_to, wanted.md5,
    ]  # fmt: skip


def _key(dataset: Dataset, wanted: Wanted) -> str:
    """Names the journal by what does not change when a file does."""
    return _digest([_wishes(wanted), dataset.name, dataset.source.identity(0).partition("\0")[0]])[:40]


def _digest(value: object) -> str:
    return hashlib.sha256(json.dumps(value).encode("utf-8", "surrogatepass")).hexdigest()


def _row(batch: Batch, result: BatchResult) -> dict[str, Any]:
    places = {part.file_index: place for place, part in enumerate(batch.segments)}
    return {
        "pieces": result.pieces.hex(),
        "layer": result.layer.hex(),
        "digests": [(places[index], sha256.hex(), md5.hex()) for index, sha256, md5 in result.digests],
        "bytes": result.bytes_done,
        "files": result.files_done,
    }


def _result(batch: Batch, row: dict[str, Any]) -> BatchResult:
    return BatchResult(
        batch.first_piece,
        bytes.fromhex(row["pieces"]),
        bytes.fromhex(row["layer"]),
        tuple(
            (batch.segments[place].file_index, bytes.fromhex(sha256), bytes.fromhex(md5))
            for place, sha256, md5 in row["digests"]
        ),
        row["bytes"],
        row["files"],
    )


def _line(fingerprint: str, row: dict[str, Any]) -> bytes:
    text = f"{fingerprint} {json.dumps(row, separators=(',', ':'))}"
    return f"{hashlib.sha256(text.encode()).hexdigest()[:_CHECK_DIGITS]} {text}\n".encode()


def _parse(line: bytes) -> tuple[str, dict[str, Any]] | None:
    check, _, text = line.rstrip(b"\n").partition(b" ")
    if hashlib.sha256(text).hexdigest()[:_CHECK_DIGITS].encode() != check:
        return None
    fingerprint, _, row = text.decode().partition(" ")
    return fingerprint, json.loads(row)


def _remove_old(folder: Path) -> None:
    for path in folder.glob("*.journal"):
        with contextlib.suppress(OSError):
            if time.time() - path.stat().st_mtime > KEEP_S:
                path.unlink()
