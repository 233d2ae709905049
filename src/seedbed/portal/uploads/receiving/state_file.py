# SPDX-License-Identifier: Apache-2.0
"""How far a file has come in, beside it on disk: what was acknowledged, and the hashes of its whole pieces.

Two slots of 64 bytes tell in turn how many bytes are durable; whichever was written last and is whole counts, so a
power cut in the middle of a write costs one turn. Behind them stands a record of 76 bytes for each whole piece, with
its own checksum: a record that the power cut off is not there, and its piece is read and hashed again.
"""

from __future__ import annotations

import os
import struct
import zlib
from typing import TYPE_CHECKING, Self

from seedbed.portal.uploads.receiving.piece_hasher import PieceHash

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_SLOT_BYTES = 64
_HEAD_BYTES = 2 * _SLOT_BYTES
_SLOT = struct.Struct("<8sQQQQL")
_RECORD = struct.Struct("<20s32s20sL")
_MAGIC = b"seedbed1"
_READ_BYTES = 1 << 20


class DamagedStateError(OSError):
    """No slot is whole: nothing was acknowledged yet, or the disk is damaged."""


class StateFile:
    """Of one file that comes in; one thread at a time.

    Raises:
        OSError: the disk refuses.
    """

    def __init__(self, fd: int, *, length: int, piece_length: int) -> None:
        self._fd = fd
        self.length = length
        """Bytes of the whole file."""
        self.piece_length = piece_length
        self.offset = 0
        """Bytes that are durable."""
        self._turn = 0

    @classmethod
    def create(cls, path: Path, *, length: int, piece_length: int) -> Self:
        """Begin one; durable with the next :meth:`write`."""
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        state = cls(fd, length=length, piece_length=piece_length)
        state._write_slot(0)
        return state

    @classmethod
    def open(cls, path: Path) -> Self:
        """Go on with one.

        Raises:
            FileNotFoundError: there is none.
            DamagedStateError: no slot is whole.
        """
        fd = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        slots = [found for at in (0, _SLOT_BYTES) if (found := _slot(os.pread(fd, _SLOT.size, at)))]
        if not slots:
            os.close(fd)
            raise DamagedStateError(f"{path.name}: neither of its slots is whole")
        turn, offset, length, piece_length = max(slots)
        state = cls(fd, length=length, piece_length=piece_length)
        state._turn, state.offset = turn, offset
        return state

    def close(self) -> None:
        """Let go of it."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def pieces(self) -> list[PieceHash]:
        """Hashes of the whole pieces from the first one on, as many as are sound and durable."""
        most = -(-self.offset // self.piece_length) if self.offset == self.length else self.offset // self.piece_length
        found: list[PieceHash] = []
        at, step = _HEAD_BYTES, _READ_BYTES // _RECORD.size * _RECORD.size
        while len(found) < most and (data := os.pread(self._fd, step, at)):
            for start in range(0, len(data) - _RECORD.size + 1, _RECORD.size):
                piece = _piece(data[start : start + _RECORD.size], len(found))
                if piece is None or len(found) == most:
                    return found
                found.append(piece)
            at += step
        return found

    def append(self, first: int, pieces: Sequence[PieceHash]) -> None:
        """Keep hashes of pieces; durable with the next :meth:`write`.

        Args:
            first: Number of the first of them.
            pieces: One after the other.
        """
        data = b"".join(_record(first + at, piece) for at, piece in enumerate(pieces))
        os.pwrite(self._fd, data, _HEAD_BYTES + first * _RECORD.size)

    def write(self, offset: int, *, is_lasting: bool = True) -> None:
        """Say that so many bytes are durable; true from the moment that this returns.

        Args:
            offset: Bytes.
            is_lasting: Also after a power cut; not needed of a file whose state is done with in a moment.
        """
        self._write_slot(offset)
        if is_lasting:
            os.fdatasync(self._fd)
        self.offset = offset

    def _write_slot(self, offset: int) -> None:
        self._turn += 1
        body = _SLOT.pack(_MAGIC, self._turn, offset, self.length, self.piece_length, 0)[:-4]
        os.pwrite(self._fd, body + struct.pack("<L", zlib.crc32(body)), self._turn % 2 * _SLOT_BYTES)


def _slot(data: bytes) -> tuple[int, int, int, int] | None:
    if len(data) < _SLOT.size:
        return None
    magic, turn, offset, length, piece_length, check = _SLOT.unpack(data)
    is_sound = magic == _MAGIC and zlib.crc32(data[:-4]) == check
    return (turn, offset, length, piece_length) if is_sound else None


def _record(number: int, piece: PieceHash) -> bytes:
    body = struct.pack("<20s32s20s", piece.sha1, piece.node, piece.unpadded)
    return body + struct.pack("<L", zlib.crc32(body, number & 0xFFFFFFFF))


def _piece(data: bytes, number: int) -> PieceHash | None:
    sha1, node, unpadded, check = _RECORD.unpack(data)
    if zlib.crc32(data[:-4], number & 0xFFFFFFFF) != check:
        return None
    return PieceHash(sha1, node, unpadded if any(unpadded) else b"")
