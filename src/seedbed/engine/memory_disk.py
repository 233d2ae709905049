# SPDX-License-Identifier: Apache-2.0
"""Pieces of a torrent in real files, small and blocking: what the memory engine keeps its data in."""

from __future__ import annotations

import errno
import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from seedbed.core import merkle
from seedbed.core.ids import V1_LENGTH

if TYPE_CHECKING:
    from pathlib import Path

    from seedbed.core.layout import Layout
    from seedbed.core.metainfo import Metainfo


def is_good(metainfo: Metainfo, layout: Layout, piece: int, data: bytes) -> bool:
    """Whether the bytes of a piece, padding included, have its hashes, v1 (BEP 3) and v2 (BEP 52)."""
    if len(data) != layout.piece_size(piece):
        return False
    if metainfo.pieces:
        at = piece * V1_LENGTH
        if hashlib.sha1(data, usedforsecurity=False).digest() != metainfo.pieces[at : at + V1_LENGTH]:
            return False
    return metainfo.info_hashes.v2 is None or _has_v2_hash(metainfo, layout, piece, data)


def _has_v2_hash(metainfo: Metainfo, layout: Layout, piece: int, data: bytes) -> bool:
    span = next(span for span in layout.piece_spans(piece) if span.file_index is not None)
    file = metainfo.files[span.file_index or 0]
    leaves = merkle.leaves_of(data[: span.length])
    found = merkle.piece_hash(leaves, metainfo.piece_length, file_length=file.length)
    if file.length <= metainfo.piece_length:
        return found == file.pieces_root
    at = span.start // metainfo.piece_length * merkle.HASH_LENGTH
    layer = metainfo.piece_layers.get(file.pieces_root or b"", b"")
    return found == layer[at : at + merkle.HASH_LENGTH]


@dataclass(frozen=True, slots=True)
class Disk:
    """The files of one torrent below one folder."""

    metainfo: Metainfo
    layout: Layout
    save_path: Path
    root_name: str = ""
    """What the root is called here, if not by the torrent's name."""
    space_bytes: int | None = None
    """How long a file may become; None is no limit. For tests of a full disk."""

    def path(self, file_index: int) -> Path:
        """Where a file is."""
        root = self.save_path / (self.root_name or self.metainfo.name)
        return root if self.metainfo.is_single_file else root.joinpath(*self.metainfo.files[file_index].path)

    def read(self, piece: int) -> bytes:
        """The bytes of a piece, padding included; short when files are missing or short."""
        parts: list[bytes] = []
        for span in self.layout.piece_spans(piece):
            if span.file_index is None:
                parts.append(bytes(span.length))
                continue
            try:
                with self.path(span.file_index).open("rb") as file:
                    file.seek(span.start)
                    parts.append(file.read(span.length))
            except FileNotFoundError:
                return b""
        return b"".join(parts)

    def write(self, piece: int, data: bytes) -> None:
        """Put a piece into its files.

        Raises:
            OSError: the disk is full, or the file cannot be written.
        """
        at = 0
        for span in self.layout.piece_spans(piece):
            if span.file_index is not None:
                self._write_span(span.file_index, span.start, data[at : at + span.length])
            at += span.length

    def create_empty(self, wanted: frozenset[int] | None) -> None:
        """Make the files that have no bytes, hence no pieces."""
        for index, file in enumerate(self.metainfo.files):
            if not file.length and (wanted is None or index in wanted):
                self.path(index).parent.mkdir(parents=True, exist_ok=True)
                self.path(index).touch()

    def good_pieces(self) -> list[bool]:
        """Hash everything."""
        return [
            is_good(self.metainfo, self.layout, piece, self.read(piece)) for piece in range(self.layout.piece_count)
        ]

    def delete(self) -> None:
        """Delete the torrent's files; folders stay."""
        for index in range(len(self.metainfo.files)):
            self.path(index).unlink(missing_ok=True)

    def _write_span(self, file_index: int, start: int, data: bytes) -> None:
        path = self.path(file_index)
        if self.space_bytes is not None and start + len(data) > self.space_bytes:
            raise OSError(errno.ENOSPC, "No space left on device", str(path))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
        with path.open("r+b") as file:
            file.seek(start)
            file.write(data)
