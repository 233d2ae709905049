# SPDX-License-Identifier: Apache-2.0
"""Small folders of data and their torrents, made by ``core`` alone: the same sizes always give the same bytes."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING

from seedbed.core import merkle
from seedbed.core.layout import Layout
from seedbed.core.metainfo import Draft, File, Metainfo
from seedbed.core.metainfo_reader import parse
from seedbed.core.metainfo_writer import build

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from seedbed.core.metainfo import Format

PIECE_LENGTH = 32_768
"""Two blocks: the smallest with a tree above its leaves."""


@dataclass(frozen=True, slots=True)
class Dataset:
    """A folder, or a single file, with its torrent."""

    parent: Path
    """The folder that holds the data: what an engine calls ``save_path``."""
    torrent: bytes
    metainfo: Metainfo
    contents: Mapping[str, bytes]
    """Path below ``parent`` -> bytes."""

    @property
    def piece_count(self) -> int:
        """Pieces of the torrent."""
        return Layout.of(self.metainfo).piece_count

    @property
    def all_pieces(self) -> list[bool]:
        """For ``have_pieces``: every piece is here."""
        return [True] * self.piece_count

    def piece(self, index: int) -> bytes:
        """The bytes of a piece, padding included."""
        spans = Layout.of(self.metainfo).piece_spans(index)
        bodies = list(self.contents.values())
        return b"".join(
            bytes(span.length) if span.file_index is None else bodies[span.file_index][span.start : span.stop]
            for span in spans
        )

    def is_at(self, folder: Path) -> bool:
        """Whether the same bytes lie below another folder."""
        paths = ((folder / path, body) for path, body in self.contents.items())
        return all(path.is_file() and path.read_bytes() == body for path, body in paths)


def make_dataset(
    parent: Path,
    sizes: Mapping[str, int] | int,
    *,
    name: str = "set",
    format: Format = "hybrid",  # noqa: A002  # the word of the standard
    piece_length: int = PIECE_LENGTH,
    **said: tuple[str, ...] | tuple[tuple[str, ...], ...] | str,
) -> Dataset:
    """Write files of chosen sizes and make their torrent.

    Args:
        parent: Where to write; made when missing.
        sizes: Bytes by path below the root folder; a number makes a single-file torrent.
        name: Of the root folder or the single file; another name gives other bytes.
        format: v1, v2 or hybrid.
        piece_length: Bytes, a power of two.
        said: What else the torrent says, as in ``Draft``: ``trackers``, ``web_seeds``, ...
    """
    is_single = isinstance(sizes, int)
    by_path = {name: sizes} if isinstance(sizes, int) else dict(sorted(sizes.items(), key=_order))
    random = Random(f"{name}{sorted(by_path)}")  # noqa: S311  # test data
    bodies = {path: random.randbytes(size) for path, size in by_path.items()}
    files = tuple(_file(tuple(path.split("/")), body, format) for path, body in bodies.items())
    draft = Draft(
        name, piece_length, files, is_single, format,
        pieces=b"" if format == "v2" else _v1_pieces(bodies, piece_length, is_aligned=format == "hybrid"),
        piece_layers={} if format == "v1" else _layers(files, bodies, piece_length),
        **said,  # type: ignore[arg-type]  # named in the docstring
    )  # fmt: skip
    contents = bodies if is_single else {f"{name}/{path}": body for path, body in bodies.items()}
    for path, body in contents.items():
        (parent / path).parent.mkdir(parents=True, exist_ok=True)
        (parent / path).write_bytes(body)
    torrent = build(draft)
    return Dataset(parent, torrent, parse(torrent), contents)


def _order(row: tuple[str, int]) -> list[bytes]:
    return [part.encode() for part in row[0].split("/")]


def _file(path: tuple[str, ...], body: bytes, format_: Format) -> File:
    root = merkle.root_of(merkle.leaves_of(body)) if body and format_ != "v1" else None
    return File(path, len(body), root)


def _v1_pieces(bodies: Mapping[str, bytes], piece_length: int, *, is_aligned: bool) -> bytes:
    row = b""
    for body in bodies.values():
        if is_aligned and body:
            row += bytes(-len(row) % piece_length)
        row += body
    pieces = (row[at : at + piece_length] for at in range(0, len(row), piece_length))
    return b"".join(hashlib.sha1(piece, usedforsecurity=False).digest() for piece in pieces)


def _layers(files: tuple[File, ...], bodies: Mapping[str, bytes], piece_length: int) -> dict[bytes, bytes]:
    return {
        file.pieces_root: merkle.piece_layer(merkle.leaves_of(body), piece_length)
        for file, body in zip(files, bodies.values(), strict=True)
        if file.pieces_root and len(body) > piece_length
    }
