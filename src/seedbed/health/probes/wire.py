# SPDX-License-Identifier: Apache-2.0
"""What is said to a peer to have one piece of it, and what it says (BEP 3, *peer protocol*; BEP 52). Pure: no sockets.

Nothing is offered, and no extension is spoken: a plain client that wants one piece. Messages that are not needed are
passed over; what is longer than it can be is refused before it costs memory.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

BLOCK_BYTES = 16_384
PROTOCOL = b"\x13BitTorrent protocol"
HANDSHAKE_BYTES = 68
CHOKE, UNCHOKE, INTERESTED, HAVE, BITFIELD, REQUEST, PIECE = 0, 1, 2, 4, 5, 6, 7
KEEP_ALIVE = -1
_KNOWN_SIZES = {CHOKE: 1, UNCHOKE: 1, INTERESTED: 1, 3: 1, HAVE: 5, REQUEST: 13, 8: 13}
MAX_OTHER_BYTES = 1 << 20
"""Of messages that we pass over: an extension's may be long (BEP 10)."""
MAX_PASSED_OVER_BYTES = 8 << 20
"""Of all of them together: whoever talks on and on of other things is left."""
_HEAD = struct.Struct(">IB")
_TWO = struct.Struct(">II")


class Nonsense(Exception):  # noqa: N818  # never leaves this package: it is a fact about a peer
    """A peer says what no peer says."""


def handshake(info_hash: bytes, peer_id: bytes) -> bytes:
    """The first bytes that we send.

    Args:
        info_hash: 20 bytes: of v2 the first 20 (BEP 52).
        peer_id: 20 bytes.
    """
    return PROTOCOL + bytes(8) + info_hash + peer_id


def interested() -> bytes:
    """We would like to have something."""
    return _HEAD.pack(1, INTERESTED)


def requests(piece: int, size_bytes: int) -> bytes:
    """Ask for all blocks of a piece."""
    blocks = ((at, min(BLOCK_BYTES, size_bytes - at)) for at in range(0, size_bytes, BLOCK_BYTES))
    return b"".join(_HEAD.pack(13, REQUEST) + struct.pack(">III", piece, at, length) for at, length in blocks)


def check_handshake(data: bytes, info_hash: bytes) -> None:
    """Do nothing when a peer has the torrent.

    Raises:
        Nonsense: it is another protocol, or another torrent.
    """
    if not data.startswith(PROTOCOL):
        raise Nonsense("it speaks another protocol")
    if data[28:48] != info_hash:
        raise Nonsense("it answers for another torrent")


@dataclass(slots=True)
class Reader:
    """Takes bytes as they come, and gives messages.

    Args:
        pieces: Of the torrent.
    """

    pieces: int
    _data: bytearray = field(default_factory=bytearray)
    _passed_over_bytes: int = 0

    def feed(self, data: bytes) -> Iterator[tuple[int, bytes]]:
        """Kind and content of each message that is whole now.

        Raises:
            Nonsense: one is longer than it can be, or of another length than its kind has.
        """
        self._data += data
        while len(self._data) >= 4:
            size = int.from_bytes(self._data[:4])
            kind = KEEP_ALIVE if not size else self._data[4] if len(self._data) > 4 else None
            if kind is None:
                return
            self._check(kind, size)
            if len(self._data) < 4 + size:
                return
            body = bytes(self._data[5 : 4 + size])
            del self._data[: 4 + size]
            yield kind, body

    def _check(self, kind: int, size: int) -> None:
        expected = _KNOWN_SIZES.get(kind)
        if expected is not None and size != expected:
            raise Nonsense(f"a message of kind {kind} has {size} bytes: expected {expected}")
        if kind == BITFIELD and size != 1 + -(-self.pieces // 8):
            raise Nonsense("it tells of more or fewer pieces than there are")
        if kind == PIECE and not 9 <= size <= 9 + BLOCK_BYTES:
            raise Nonsense(f"a block of {size - 9:,} bytes was not asked for")
        if size > MAX_OTHER_BYTES:
            raise Nonsense(f"a message of {size:,} bytes")
        if kind not in (UNCHOKE, PIECE) and len(self._data) >= 4 + size:
            self._passed_over_bytes += size + 4
            if self._passed_over_bytes > MAX_PASSED_OVER_BYTES:
                raise Nonsense("it talks on and on of other things")


@dataclass(slots=True)
class Wanted:
    """One piece, as its blocks come in.

    Args:
        piece: Its number.
        size_bytes: Of it.
    """

    piece: int
    size_bytes: int
    _blocks: dict[int, bytes] = field(default_factory=dict)

    @property
    def is_whole(self) -> bool:
        """Whether every block is here."""
        return len(self._blocks) == -(-self.size_bytes // BLOCK_BYTES)

    @property
    def data(self) -> bytes:
        """All of it."""
        return b"".join(self._blocks[at] for at in sorted(self._blocks))

    def take(self, body: bytes) -> None:
        """A block has come.

        Raises:
            Nonsense: it was not asked for.
        """
        piece, at = _TWO.unpack_from(body)
        length = len(body) - _TWO.size
        if piece != self.piece or at % BLOCK_BYTES or length != min(BLOCK_BYTES, self.size_bytes - at):
            raise Nonsense(f"a block of piece {piece} at {at:,} was not asked for")
        self._blocks[at] = body[_TWO.size :]


def has_piece(bitfield: bytes, piece: int) -> bool:
    """Whether a bitfield has it."""
    return bool(bitfield[piece // 8] >> (7 - piece % 8) & 1)
