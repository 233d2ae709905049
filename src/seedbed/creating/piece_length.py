# SPDX-License-Identifier: Apache-2.0
"""Choosing the piece length from the sizes of the files.

Two forces: each piece costs every seeding program about 170 bytes of memory for as long as it seeds, which asks
for long pieces; and in a hybrid torrent every file's last piece is filled up with zeros that each checker and
downloader hashes again, which asks for short ones when files are small.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from seedbed.core.merkle import HASH_LENGTH
from seedbed.core.metainfo import MAX_PIECE_LENGTH, MIN_PIECE_LENGTH
from seedbed.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seedbed.core.metainfo import Format

SHORTEST = 256 << 10
"""Below this, request overhead and torrent size grow for no gain: a reader asks for 16 KiB blocks anyway."""
MOST_PIECES = 2_048
"""Pieces of the data itself that are worth their memory in 20,000 seeded torrents."""
MOST_PADDING = 0.25
"""Share of zeros to hash above which shorter pieces are preferred."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """What one piece length would mean."""

    piece_length: int
    pieces: int
    padding_bytes: int
    """Zeros that are hashed but never stored or sent (hybrid only)."""
    hash_bytes: int
    """Bytes of hashes in the torrent file."""


@dataclass(frozen=True, slots=True)
class Choice:
    """The piece length, and why."""

    piece_length: int
    why: str
    table: tuple[Candidate, ...]


def choose(lengths: Sequence[int], format_: Format) -> Choice:
    """Choose for files of these lengths."""
    table, piece_length = [], SHORTEST
    while piece_length <= MAX_PIECE_LENGTH:
        table.append(candidate(lengths, format_, piece_length))
        piece_length *= 2
    size = sum(lengths)
    long_enough = [row for row in table if size / row.piece_length <= MOST_PIECES] or table[-1:]
    wish = long_enough[0]
    fitting = [row for row in table if row.piece_length <= wish.piece_length and _is_lean(row, size)]
    best = fitting[-1] if fitting else table[0]
    return Choice(best.piece_length, _why(best, wish), tuple(table))


def check(piece_length: int, format_: Format) -> None:
    """Check a piece length that a person asked for.

    Raises:
        InputError: it is not allowed (BEP 52: a power of two of at least 16 KiB).
    """
    if not MIN_PIECE_LENGTH <= piece_length <= MAX_PIECE_LENGTH:
        raise InputError(f"piece length: expected 16 KiB to 16 MiB, got {piece_length:,} bytes")
    if format_ == "v1" and piece_length % MIN_PIECE_LENGTH == 0:
        return
    if piece_length & (piece_length - 1):
        kind = "a multiple of 16 KiB" if format_ == "v1" else "a power of two"
        raise InputError(f"piece length: expected {kind}, got {piece_length:,} bytes")


def candidate(lengths: Sequence[int], format_: Format, piece_length: int) -> Candidate:
    """What a piece length would mean for files of these lengths."""
    size = sum(lengths)
    if format_ == "v1":
        pieces = -(-size // piece_length)
        return Candidate(piece_length, pieces, 0, pieces * 20)
    counts = [-(-length // piece_length) for length in lengths]
    pieces = sum(counts)
    last = next((length for length in reversed(lengths) if length), 0)
    padding = pieces * piece_length - size - (-last % piece_length) if format_ == "hybrid" else 0
    layers = sum(count for count in counts if count > 1) * HASH_LENGTH + len(lengths) * HASH_LENGTH
    return Candidate(piece_length, pieces, padding, layers + (pieces * 20 if format_ == "hybrid" else 0))


def _is_lean(row: Candidate, size: int) -> bool:
    return row.padding_bytes <= MOST_PADDING * size


def _why(best: Candidate, wish: Candidate) -> str:
    if best.piece_length < wish.piece_length:
        return (
            f"shorter than the size alone asks for, because the files are small: pieces of {wish.piece_length >> 10:,} "
            "KiB would make every check and download hash more zeros"
        )
    if best.piece_length == SHORTEST:
        return f"the shortest in use; it gives at most {MOST_PIECES:,} pieces of data"
    return f"the shortest that gives at most {MOST_PIECES:,} pieces of data"
