# SPDX-License-Identifier: Apache-2.0
"""Archives for tests, put together by hand: each field may lie."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass, field


@dataclass
class Piece:
    """One entry; what is not said is told truly."""

    name: bytes
    data: bytes = b"data"
    method: int = 8
    flags: int = 0
    attributes: int = 0
    crc: int | None = None
    size: int | None = None
    packed: bytes | None = None
    local_name: bytes | None = None
    extra: bytes = b""
    local_extra: bytes = b""
    central: dict[str, int] = field(default_factory=dict)
    """Numbers that only the directory says: size, packed, start."""


def deflated(data: bytes) -> bytes:
    """By deflate alone."""
    stream = zlib.compressobj(9, zlib.DEFLATED, -15)
    return stream.compress(data) + stream.flush()


def archive(*pieces: Piece, prefix: bytes = b"", suffix: bytes = b"", comment: bytes = b"", count: int = 0) -> bytes:
    """A zip; ``count`` is told in place of the number of entries."""
    body, directory = bytearray(prefix), bytearray()
    for piece in pieces:
        packed = (
            piece.packed if piece.packed is not None else (deflated(piece.data) if piece.method == 8 else piece.data)
        )
        crc = zlib.crc32(piece.data) if piece.crc is None else piece.crc
        size = len(piece.data) if piece.size is None else piece.size
        local_name = piece.name if piece.local_name is None else piece.local_name
        start = len(body) - len(prefix)
        head = (20, piece.flags, piece.method, 0, 0x21, crc, len(packed), size)
        body += struct.pack("<4s5H3L2H", b"PK\x03\x04", *head, len(local_name), len(piece.local_extra))
        body += local_name + piece.local_extra + packed
        told = {"size": size, "packed": len(packed), "start": start} | piece.central
        directory += struct.pack(
            "<4s6H3L5H2L", b"PK\x01\x02", 0x031E, *head[:5], crc, told["packed"], told["size"], len(piece.name),
            len(piece.extra), 0, 0, 0, piece.attributes, told["start"],
        )  # fmt: skip
        directory += piece.name + piece.extra
    count = count or len(pieces)
    place = (len(directory), len(body) - len(prefix))
    if count > 0xFFFF:
        record = struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, count, count, *place)
        directory += record + struct.pack("<4sLQL", b"PK\x06\x07", 0, sum(place), 1)
    short = min(count, 0xFFFF)
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, short, short, *place, len(comment))
    return bytes(body + directory + end + comment + suffix)
