# SPDX-License-Identifier: Apache-2.0
"""WebSocket as bytes: what a client sends is read as it was meant, whole, in pieces, and in parts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.frames import Frame, Opcode

from seedbed.tracker import ws_frames
from seedbed.tracker.ws_frames import BINARY, MAX_MESSAGE_BYTES, PING, TEXT, BrokenError, Message, Reader


def frame(data: bytes, opcode: int = TEXT, *, fin: bool = True) -> bytes:
    """As the package ``websockets`` writes it for a client."""
    return Frame(Opcode(opcode), data, fin=fin).serialize(mask=True)


@pytest.mark.parametrize("size", [0, 1, 125, 126, 127, 65_535, 65_536, MAX_MESSAGE_BYTES])
@pytest.mark.parametrize("kind", [TEXT, BINARY])
def test_one_message(size: int, kind: int) -> None:
    """Of each form of length."""
    data = bytes(range(256)) * (size // 256 + 1)

    assert Reader().read(frame(data[:size], kind)) == [Message(kind, data[:size])]


@pytest.mark.parametrize("step", [1, 2, 3, 5, 200, 10_000])
def test_in_pieces(step: int) -> None:
    """Wherever what came was cut, and several at once."""
    sent = [b"", b"a" * 100, b"b" * 300, b"c" * 70_000 if step > 100 else b"c", b"d"]
    stream, reader = b"".join(map(frame, sent)), Reader()

    found = [message for at in range(0, len(stream), step) for message in reader.read(stream[at : at + step])]

    assert [message.data for message in found] == sent


def test_a_message_in_parts_with_a_ping_between() -> None:
    """Control frames may come between the parts (RFC 6455, 5.4)."""
    parts = frame(b"one ", fin=False) + frame(b"two ", 0, fin=False) + frame(b"?", PING) + frame(b"three", 0)

    assert Reader().read(parts + frame(b"next")) == [
        Message(PING, b"?"),
        Message(TEXT, b"one two three"),
        Message(TEXT, b"next"),
    ]


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (b"\x81\x01a", 1002),  # not masked
        (b"\xc1\x81abcda", 1002),  # compressed
        (b"\x83\x80abcd", 1002),  # no such kind
        (b"\x8b\x80abcd", 1002),
        (b"\x09\x80abcd", 1002),  # a ping in parts
        (b"\x89\xfe\x00\x7eabcd" + b"a" * 126, 1002),  # a long ping
        (frame(b"a", 0), 1002),  # a part of nothing
        (frame(b"a", fin=False) + frame(b"b"), 1002),  # a message inside another
        (b"\x81\xff" + (MAX_MESSAGE_BYTES + 1).to_bytes(8, "big"), 1009),  # before a byte of it is there
        (b"\x81\xff" + b"\xff" * 8, 1009),
        (frame(b"a" * 70_000, fin=False) + frame(b"a" * 70_000, 0), 1009),
        (frame(b"", fin=False) + frame(b"", 0, fin=False) * 5_000, 1009),  # parts of nothing, without end
    ],
    ids=(
        "unmasked",
        "compressed",
        "no-kind",
        "no-kind-of-control",
        "ping-in-parts",
        "long-ping",
        "part-of-nothing",
        "message-inside",
        "too-large",
        "far-too-large",
        "too-large-in-parts",
        "parts-without-end",
    ),
)
def test_what_is_refused(sent: bytes, code: int) -> None:
    """With the code that the standard gives it."""
    with pytest.raises(BrokenError) as raised:
        Reader().read(sent)

    assert raised.value.code == code


@given(st.lists(st.binary(max_size=300)))
def test_any_bytes_are_read_or_refused(pieces: list[bytes]) -> None:
    """Nothing else happens, and no more is kept than a message may have."""
    reader = Reader()
    try:
        for piece in pieces:
            assert all(len(message.data) <= MAX_MESSAGE_BYTES for message in reader.read(piece))
    except BrokenError:
        pass


@given(st.binary(max_size=70_000))
def test_what_is_written_is_read(data: bytes) -> None:
    """By whoever else reads WebSocket."""
    text = ws_frames.text_head(len(data)) + data
    for written, opcode in ((text, Opcode.TEXT), (ws_frames.pong(data[:125]), Opcode.PONG)):
        there = Frame(opcode, data if opcode == Opcode.TEXT else data[:125]).serialize(mask=False)
        assert written == there


def test_control_frames() -> None:
    """As the package writes them; a reason is cut to what fits."""
    assert ws_frames.ping() == Frame(Opcode.PING, b"").serialize(mask=False)
    assert ws_frames.close(1009, "too large") == Frame(Opcode.CLOSE, b"\x03\xf1too large").serialize(mask=False)
    assert len(ws_frames.close(1002, "x" * 1_000)) == 127


HANDSHAKE = {
    b"upgrade": b"websocket", b"connection": b"keep-alive, Upgrade", b"sec-websocket-version": b"13",
    b"sec-websocket-key": b"dGhlIHNhbXBsZSBub25jZQ==",
}  # fmt: skip


def test_the_handshake_of_the_standard() -> None:
    """Its example (RFC 6455, 1.3)."""
    answer = ws_frames.welcome(HANDSHAKE)

    assert answer
    assert b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n" in answer


@pytest.mark.parametrize("name", list(HANDSHAKE))
@pytest.mark.parametrize("value", [None, b"", b"x", b"\xff" * 24])
def test_what_is_no_handshake(name: bytes, value: bytes | None) -> None:
    """With one field wrong or missing."""
    fields = {key: said for key, said in (HANDSHAKE | {name: value}).items() if said is not None}

    assert ws_frames.welcome(fields) is None
