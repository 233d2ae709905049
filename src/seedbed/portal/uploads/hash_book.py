# SPDX-License-Identifier: Apache-2.0
"""The hashes of an upload's files, made while they came in; a line for each file, so that a crash loses one at most.

A line counts only for the very file that it was made of: length, time of change and inode stand in it.
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from seedbed.portal.uploads.receiving.piece_hasher import PieceHash

_CHECK_DIGITS = 16


@dataclass(frozen=True, slots=True)
class FileHashes:
    """Of one file."""

    stamp: tuple[int, int, int]
    """Length, time of change in nanoseconds, inode."""
    piece_length: int
    pieces: bytes
    """v1: 20 bytes a piece, the last one filled up with zeros."""
    layer: bytes
    """v2: 32 bytes a piece; of a file of at most one piece, its pieces root."""
    last: bytes
    """v1 hash of the last piece as it is."""
    sha256: str = ""
    """Of the whole file; empty for large ones."""

    @classmethod
    def of(cls, status: os.stat_result, piece_length: int, pieces: Sequence[PieceHash], sha256: str) -> FileHashes:
        """From what a hasher gave."""
        return cls(
            stamp_of(status),
            piece_length,
            b"".join(piece.sha1 for piece in pieces),
            b"".join(piece.node for piece in pieces),
            pieces[-1].unpadded if pieces else b"",
            sha256,
        )


def stamp_of(status: os.stat_result) -> tuple[int, int, int]:
    """What tells one version of a file from another."""
    return status.st_size, status.st_mtime_ns, status.st_ino


def whole_sha256(path: Path) -> str:
    """The SHA-256 of a small file, read again: of one whose bytes came in with an interruption.

    Raises:
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def line(path: str, hashes: FileHashes) -> bytes:
    """A file's line."""
    fields = [
        path, hashes.stamp, hashes.piece_length, hashes.pieces.hex(), hashes.layer.hex(), hashes.last.hex(),
        hashes.sha256,
    ]  # fmt: skip
    text = json.dumps(fields, ensure_ascii=True, separators=(",", ":")).encode()
    return hashlib.sha256(text).hexdigest()[:_CHECK_DIGITS].encode() + b" " + text + b"\n"


def append(book: Path, lines: Iterable[bytes]) -> None:
    """Add lines; a line that a crash cut off ends where ours begin.

    Raises:
        OSError: the disk refuses.
    """
    data = b"\n" + b"".join(lines)
    fd = os.open(book, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        os.write(fd, data)  # in one go: others may append as well
    finally:
        os.close(fd)


def read(book: Path) -> dict[str, FileHashes]:
    """Path -> hashes; a later line counts more, damaged ones are passed over, no book is an empty one."""
    try:
        data = book.read_bytes()
    except OSError:
        return {}
    found: dict[str, FileHashes] = {}
    for one in data.splitlines():
        check, _, text = one.partition(b" ")
        if text and hashlib.sha256(text).hexdigest()[:_CHECK_DIGITS].encode() == check:
            path, stamp, piece_length, pieces, layer, last, sha256 = json.loads(text)
            found[path] = FileHashes(
                (stamp[0], stamp[1], stamp[2]),
                piece_length,
                bytes.fromhex(pieces),
                bytes.fromhex(layer),
                bytes.fromhex(last),
                sha256,
            )
    return found
