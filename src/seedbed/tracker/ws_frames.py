# SPDX-License-Identifier: Apache-2.0
"""WebSocket as bytes (RFC 6455): the handshake, frames in, frames out. Pure.

Without extensions: offers compress badly, and a compressed message may be a bomb. Who attacks: whoever announces a
large frame, or sends many small parts of a message that never ends; so both have one limit, and no more is kept.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from websockets.utils import accept_key

try:
    from websockets.speedups import apply_mask  # the masks of RFC 6455, 5.3: compiled it takes a fiftieth of the time
except ImportError:  # a platform without a wheel
    from websockets.utils import apply_mask

MAX_MESSAGE_BYTES = 128 << 10
"""An announce with ten offers has some 20,000."""
CONTINUED, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10
PROTOCOL_ERROR, BAD_DATA, TOO_LARGE, FAILED = 1002, 1007, 1009, 1011
"""Why a connection is closed (RFC 6455, 7.4.1)."""
_MAX_CONTROL = 125
_MAX_HEAD = 14
_KEY = re.compile(rb"[A-Za-z0-9+/]{22}==")
_PING = bytes((0x80 | PING, 0))


class Message(NamedTuple):
    """What came in one frame, or in several."""

    kind: int
    """TEXT or BINARY, or one of CLOSE, PING, PONG."""
    data: bytes


class BrokenError(Exception):
    """What came is not WebSocket, or more than is taken.

    Args:
        code: For the frame that ends the connection.
        why: For people.
    """

    def __init__(self, code: int, why: str) -> None:
        super().__init__(why)
        self.code = code


class Reader:
    """Puts together what comes in pieces."""

    __slots__ = ("_kind", "_parts", "_parts_bytes", "_waiting")

    def __init__(self) -> None:
        self._waiting = bytearray()
        """Of a frame that is not whole."""
        self._kind = 0
        self._parts: list[bytes] = []
        """Of a message in several frames."""
        self._parts_bytes = 0

    def read(self, data: bytes) -> list[Message]:
        """All messages that are whole now.

        Raises:
            BrokenError: what came is not WebSocket, or too large.
        """
        if self._waiting:
            self._waiting += data
            if len(self._waiting) < _size(bytes(self._waiting[:_MAX_HEAD]), 0):
                return []
            data = bytes(self._waiting)
            self._waiting.clear()
        found: list[Message] = []
        at, end = 0, len(data)
        while end - at >= 2 and end - at >= (size := _size(data, at)):
            message = self._frame(data, at, size)
            if message is not None:
                found.append(message)
            at += size
        if at < end:
            self._waiting += data[at:]
        return found

    def _frame(self, data: bytes, at: int, size: int) -> Message | None:
        """A message, if it is whole with this frame."""
        first, length = data[at], data[at + 1] & 127
        start = at + (6 if length < 126 else 8 if length == 126 else 14)
        plain = apply_mask(data[start : at + size], data[start - 4 : start])
        kind, is_last = first & 15, first & 0x80
        if kind >= CLOSE:
            if kind > PONG or not is_last or length > _MAX_CONTROL:
                raise BrokenError(PROTOCOL_ERROR, "no such control frame")
            return Message(kind, plain)
        if kind > BINARY or (kind == CONTINUED) != bool(self._kind):
            raise BrokenError(PROTOCOL_ERROR, "a frame that does not follow the one before")
        if kind and is_last:
            return Message(kind, plain)
        return self._part(kind or self._kind, plain, bool(is_last))

    def _part(self, kind: int, plain: bytes, is_last: bool) -> Message | None:  # noqa: FBT001
        self._parts.append(plain)
        self._parts_bytes += len(plain) + 64  # empty parts cost memory too
        if self._parts_bytes > MAX_MESSAGE_BYTES:
            raise BrokenError(TOO_LARGE, f"message: expected at most {MAX_MESSAGE_BYTES:,} bytes")
        self._kind = kind
        if not is_last:
            return None
        whole = b"".join(self._parts)
        self._parts, self._parts_bytes, self._kind = [], 0, 0
        return Message(kind, whole)


def text_head(length: int) -> bytes:
    """What stands before a message of so many bytes."""
    return _head(TEXT, length)


def is_text(data: bytes) -> bool:
    """Whether it is UTF-8, as a text must be (RFC 6455, 8.1)."""
    try:
        return data.isascii() or bool(data.decode())
    except UnicodeDecodeError:
        return False


def pong(data: bytes) -> bytes:
    """The answer to a ping, with the same bytes."""
    return _head(PONG, len(data)) + data


def ping() -> bytes:
    """Asks whether anybody is there."""
    return _PING


def close(code: int, why: str = "") -> bytes:
    """The last frame."""
    data = code.to_bytes(2, "big") + why.encode()[: _MAX_CONTROL - 2]
    return _head(CLOSE, len(data)) + data


def welcome(fields: dict[bytes, bytes]) -> bytes | None:
    """The answer to a handshake; None when it is none.

    Args:
        fields: Of the head, names in lower case.
    """
    key = fields.get(b"sec-websocket-key", b"")
    if (
        fields.get(b"upgrade", b"").lower() != b"websocket"
        or b"upgrade" not in fields.get(b"connection", b"").lower()
        or fields.get(b"sec-websocket-version") != b"13"
        or not _KEY.fullmatch(key)
    ):
        return None
    return (
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "
        + accept_key(key.decode("ascii")).encode("ascii")
        + b"\r\n\r\n"
    )


def _size(data: bytes, at: int) -> int:
    """Bytes of the frame that begins there, as far as its head tells; more than there are while that is not whole.

    Raises:
        BrokenError: it uses what was not agreed on, is not masked, or is too large.
    """
    there = len(data) - at
    if there < 2:
        return 2
    first, second = data[at], data[at + 1]
    if first & 0x70 or not second & 0x80:
        raise BrokenError(PROTOCOL_ERROR, "expected masked frames without extensions")
    length, head = second & 127, 6
    if length == 126:
        if there < 4:
            return 4
        length, head = data[at + 2] << 8 | data[at + 3], 8
    elif length == 127:
        if there < 10:
            return 10
        length, head = min(int.from_bytes(data[at + 2 : at + 10], "big"), MAX_MESSAGE_BYTES + 1), 14
    if length > MAX_MESSAGE_BYTES:
        raise BrokenError(TOO_LARGE, f"message: expected at most {MAX_MESSAGE_BYTES:,} bytes")
    return head + length


@lru_cache(maxsize=4_096)  # most messages are some 2,000 bytes
def _head(kind: int, length: int) -> bytes:
    if length < 126:
        return bytes((0x80 | kind, length))
    if length < 65_536:
        return bytes((0x80 | kind, 126, length >> 8, length & 255))
    return bytes((0x80 | kind, 127)) + length.to_bytes(8, "big")
