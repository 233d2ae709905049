# SPDX-License-Identifier: Apache-2.0
"""One file that comes in: written, hashed, made durable; gone on with after any interruption.

Threads: one at a time takes bytes (:meth:`Part.take`), another one may make durable meanwhile (:meth:`Part.sync`).
Nothing here waits for the network.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
from typing import TYPE_CHECKING, Self

from seedbed.core.merkle import BLOCK_LENGTH
from seedbed.creating.create import SHA256_UP_TO_BYTES
from seedbed.portal.uploads.quarantine import flush_folder
from seedbed.portal.uploads.receiving.piece_hasher import PieceHasher
from seedbed.portal.uploads.receiving.state_file import StateFile

if TYPE_CHECKING:
    from pathlib import Path

    from seedbed.hashing.base import Engine
    from seedbed.hashing.memory import Memory

_FLAGS = os.O_RDWR | os.O_CLOEXEC | getattr(os, "O_NOFOLLOW", 0)


class Part:
    """See the module's text.

    Args:
        path: Of the bytes; its state lies beside it, as ``….state``.
        state: How far it is.
        engine: Hashes.
    """

    def __init__(self, path: Path, state: StateFile, engine: Engine) -> None:
        self.path = path
        self._state = state
        self._engine = engine
        self._fd = os.open(path, _FLAGS | os.O_CREAT, 0o600)
        fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        self.position = state.offset
        """Bytes that were written."""
        known = state.pieces()
        self._pieces = len(known)
        start = min(self._pieces * state.piece_length, state.length)
        self._hasher = self._new_hasher(start)
        is_small = state.length <= SHA256_UP_TO_BYTES
        self._sha256 = hashlib.sha256() if is_small and not self.position else None
        if os.fstat(self._fd).st_size > self.position:  # written and never acknowledged: the client sends it again
            os.ftruncate(self._fd, self.position)

    @classmethod
    def create(cls, path: Path, engine: Engine, *, length: int, piece_length: int) -> Self:
        """Begin a file.

        Raises:
            OSError: the disk refuses, or it is there.
        """
        return cls(path, StateFile.create(state_path(path), length=length, piece_length=piece_length), engine)

    @classmethod
    def open(cls, path: Path, engine: Engine) -> Self:
        """Go on with a file.

        Raises:
            BlockingIOError: another process receives it.
            OSError: it is not there, or the disk refuses.
        """
        return cls(path, StateFile.open(state_path(path)), engine)

    @property
    def length(self) -> int:
        """Bytes that it is to have."""
        return self._state.length

    @property
    def durable(self) -> int:
        """Bytes that survive a power cut: what may be acknowledged."""
        return self._state.offset

    @property
    def is_whole(self) -> bool:
        """Whether all of it is durable."""
        return self.durable == self.length

    @property
    def sha256(self) -> str:
        """Of a small file that came in without an interruption; empty for others."""
        return self._sha256.hexdigest() if self._sha256 and self.is_whole else ""

    def catch_up(self, memory: Memory) -> int:
        """Hash what was written and is not hashed.

        Returns:
            Bytes at the beginning of ``memory`` that are less than a block: the next ones belong behind them.
        """
        while (left := self.position - self._hasher.position) and (left >= BLOCK_LENGTH or self._is_end):
            count = min(left, memory.length)
            count = self._read(memory, self._hasher.position, count)
            self._hash(memory, count)
        return self._read(memory, self._hasher.position, left) if left else 0

    def take(self, memory: Memory, start: int, stop: int) -> None:
        """Write and hash the next bytes.

        Args:
            memory: Holds them, behind what is not hashed yet.
            start: Where they begin; what stands before is written already.
            stop: Where they end.

        Raises:
            OSError: the disk refuses; what it took counts.
        """
        done = start
        while done < stop:
            count = os.pwrite(self._fd, memory.view[done:stop], self.position)
            if self._sha256:
                self._sha256.update(memory.view[done : done + count])
            done += count
            self.position += count
        self._hash(memory, stop)

    def sync(self) -> int:
        """Make durable what is written; returns how much that is.

        Raises:
            OSError: the disk refuses; nothing more may be acknowledged.
        """
        position = self.position
        if position > self._state.offset or not self._state.offset:
            os.fdatasync(self._fd)
            is_whole = position == self.length  # then it takes its place, durably, before anybody is answered
            if not self._state.offset and not is_whole:  # its name, too, before anything of it is acknowledged
                flush_folder(self.path.parent)
            self._state.write(position, is_lasting=not is_whole)
        return position

    def close(self) -> None:
        """Let go of it; what is durable stays."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1
        self._state.close()

    def rewind(self, position: int) -> None:
        """Forget bytes that were written and must not count: their checksum was wrong.

        Raises:
            OSError: the disk refuses.
        """
        os.ftruncate(self._fd, position)
        self.position, self._sha256 = position, None
        self._pieces = min(self._pieces, position // self._state.piece_length)
        self._hasher = self._new_hasher(self._pieces * self._state.piece_length)

    @property
    def _is_end(self) -> bool:
        return self.position == self.length

    def _new_hasher(self, start: int) -> PieceHasher:
        length, piece_length = self._state.length, self._state.piece_length
        return PieceHasher(self._engine.hasher(), length=length, piece_length=piece_length, start=start)

    def _hash(self, memory: Memory, count: int) -> None:
        """Whole blocks only, unless the file ends here."""
        whole = count if self._is_end else count // BLOCK_LENGTH * BLOCK_LENGTH
        found = self._hasher.feed(memory, whole)
        if found:
            self._state.append(self._pieces, found)
            self._pieces += len(found)

    def _read(self, memory: Memory, start: int, count: int) -> int:
        done = 0
        while done < count:
            got = os.preadv(self._fd, [memory.view[done:count]], start + done)
            if not got:
                raise OSError(f"{self.path.name}: it is shorter than what was acknowledged")
            done += got
        return done


def state_path(path: Path) -> Path:
    """Where the state of a file lies."""
    return path.with_name(path.name + ".state")
