# SPDX-License-Identifier: Apache-2.0
"""What is said to a peer for one piece, and what of its answers is taken: nothing that was not asked for."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seedbed.health.probes import wire
from seedbed.health.probes.wire import Nonsense, Reader, Wanted

HASH = bytes(range(20))


def message(kind: int, body: bytes = b"") -> bytes:
    """As a peer sends it."""
    return struct.pack(">IB", 1 + len(body), kind) + body


def block(piece: int, at: int, data: bytes) -> bytes:
    """The content of a message with a block."""
    return struct.pack(">II", piece, at) + data


def test_the_handshake() -> None:
    """68 bytes, no extension."""
    data = wire.handshake(HASH, b"p" * 20)
    assert (len(data), data[20:28], data[28:48]) == (68, bytes(8), HASH)
    wire.check_handshake(data, HASH)


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"HTTP/1.1 400 Bad Request\r\n".ljust(68), "another protocol"),
        (wire.handshake(b"x" * 20, b"p" * 20), "another torrent"),
    ],
)
def test_other_handshakes(data: bytes, told: str) -> None:
    """Whoever answers everything is no peer of this torrent."""
    with pytest.raises(Nonsense, match=told):
        wire.check_handshake(data, HASH)


def test_requests() -> None:
    """All blocks of a piece; the last one is short."""
    data = wire.requests(7, 40_000)
    rows = [struct.unpack(">IBIII", data[at : at + 17]) for at in range(0, len(data), 17)]
    assert rows == [(13, 6, 7, 0, 16_384), (13, 6, 7, 16_384, 16_384), (13, 6, 7, 32_768, 7_232)]


@pytest.mark.parametrize("step", [1, 3, 1 << 20])
def test_messages_however_they_come(step: int) -> None:
    """In parts, or all at once."""
    sent = [message(wire.BITFIELD, b"\xff\x80"), bytes(4), message(wire.UNCHOKE), message(20, b"extension")]
    data, reader = b"".join(sent), Reader(9)
    found: list[tuple[int, bytes]] = []
    for at in range(0, len(data), step):
        found += reader.feed(data[at : at + step])
    assert found == [(wire.BITFIELD, b"\xff\x80"), (wire.KEEP_ALIVE, b""), (wire.UNCHOKE, b""), (20, b"extension")]


@pytest.mark.parametrize(
    "data",
    [
        message(wire.UNCHOKE, b"x"),
        message(wire.HAVE, b"xyz"),
        message(wire.BITFIELD, b"\xff"),
        message(wire.BITFIELD, b"\xff" * 3),
        message(wire.PIECE, block(0, 0, bytes(16_385)))[:100],
        message(wire.PIECE, b"xyz"),
        struct.pack(">IB", 1 << 31, 20),
        struct.pack(">IB", (1 << 20) + 1, 99),
    ],
)
def test_messages_of_another_length(data: bytes) -> None:
    """Refused by their first five bytes."""
    with pytest.raises(Nonsense):
        list(Reader(9).feed(data))


def test_who_talks_of_other_things() -> None:
    """Has an end."""
    reader, one = Reader(9), message(20, bytes(1 << 19))
    for _ in range(wire.MAX_PASSED_OVER_BYTES // len(one)):
        assert len(list(reader.feed(one))) == 1
    with pytest.raises(Nonsense, match="on and on"):
        list(reader.feed(one))


def test_a_piece_comes_together() -> None:
    """In any order, and twice is once."""
    wanted = Wanted(7, 20_000)
    for body in (block(7, 16_384, b"b" * 3_616), block(7, 16_384, b"b" * 3_616)):
        wanted.take(body)
        assert not wanted.is_whole
    wanted.take(block(7, 0, b"a" * 16_384))
    assert wanted.is_whole
    assert wanted.data == b"a" * 16_384 + b"b" * 3_616


@pytest.mark.parametrize(
    "body", [block(6, 0, bytes(16_384)), block(7, 0, bytes(16_383)), block(7, 5, bytes(16_384)),
             block(7, 16_384, bytes(16_384)), block(7, 32_768, b""), block(7, 1 << 30, bytes(9))],
)  # fmt: skip
def test_blocks_that_were_not_asked_for(body: bytes) -> None:
    """Another piece, another place, another length."""
    with pytest.raises(Nonsense):
        Wanted(7, 20_000).take(body)


def test_bitfields() -> None:
    """The first piece is the highest bit."""
    assert [wire.has_piece(b"\x81\x80", piece) for piece in range(9)] == [True, *[False] * 6, True, True]


_PARTS = [message(wire.UNCHOKE), message(wire.PIECE, block(0, 0, b"x" * 9)), message(wire.BITFIELD, b"\xff\xff"), b"\0"]


@given(st.lists(st.binary(max_size=30) | st.sampled_from(_PARTS), max_size=20))
def test_any_bytes(parts: list[bytes]) -> None:
    """Messages, or nonsense; never another exception, and never a block that fits nowhere."""
    reader, wanted = Reader(16), Wanted(0, 9)
    try:
        for part in parts:
            for kind, body in reader.feed(part):
                if kind == wire.BITFIELD:
                    wire.has_piece(body, 15)
                if kind == wire.PIECE:
                    wanted.take(body)
    except Nonsense:
        return
    assert not wanted.is_whole or len(wanted.data) == 9
