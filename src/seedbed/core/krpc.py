# SPDX-License-Identifier: Apache-2.0
"""KRPC, the messages of the distributed hash table (BEP 5): mutable items (BEP 44, 46), swarms (BEP 33). No sockets.

Who attacks: anybody may answer a question of ours, or send answers that we never asked for. So a message is read with
small limits, and whatever is not plainly an answer is nothing.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from seedbed.core import bencode
from seedbed.errors import BencodeError

if TYPE_CHECKING:
    from seedbed.core.bencode import Value

ID_LENGTH = 20
"""Bytes of a node's id and of a target."""
KEY_LENGTH, SIGNATURE_LENGTH = 32, 64
"""Bytes of an ed25519 public key and signature."""
MAX_VALUE_BYTES = 1000
"""BEP 44: nodes refuse longer values, bencoded."""
MAX_SALT_BYTES = 64
MAX_MESSAGE_BYTES = 2048
FILTER_BYTES = 256
"""Of a Bloom filter of addresses (BEP 33)."""
_NODE_BYTES = ID_LENGTH + 6
_PEER_BYTES = 6
_LIMITS = bencode.Limits(max_bytes=MAX_MESSAGE_BYTES)


@dataclass(frozen=True, slots=True)
class Node:
    """A node of the table."""

    id: bytes
    """20 bytes."""
    host: str
    """IPv4 address."""
    port: int


@dataclass(frozen=True, slots=True)
class MutableItem:
    """A signed value that its key's holder may replace (BEP 44)."""

    public_key: bytes
    """32 bytes."""
    seq: int
    """Rises with each new value."""
    value: bytes
    """Bencoded, at most 1,000 bytes."""
    salt: bytes = b""
    signature: bytes = b""
    """64 bytes over :attr:`signed`."""

    @property
    def target(self) -> bytes:
        """Where it is stored: 20 bytes."""
        return target_of(self.public_key, self.salt)

    @property
    def signed(self) -> bytes:
        """What the signature covers."""
        salt = b"4:salt" + bencode.encode(self.salt) if self.salt else b""
        return salt + b"3:seqi%de1:v" % self.seq + self.value


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer, as far as it could be read."""

    transaction: bytes
    node_id: bytes = b""
    """20 bytes, or empty."""
    token: bytes = b""
    """Allows to store at this node for a few minutes."""
    nodes: tuple[Node, ...] = ()
    """Nodes that are nearer to the target."""
    item: MutableItem | None = None
    """As sent; its signature is still to be verified."""
    peers: tuple[bytes, ...] = ()
    """Compact addresses of a torrent's peers: 6 bytes each."""
    seed_filter: bytes = b""
    """Of the seeds that the node knows, or empty (BEP 33): 256 bytes."""
    peer_filter: bytes = b""
    """Of the other peers."""
    error: str = ""
    """What the node refused; empty when it did not."""


def target_of(public_key: bytes, salt: bytes) -> bytes:
    """Where a mutable item is stored: 20 bytes (BEP 44)."""
    return hashlib.sha1(public_key + salt, usedforsecurity=False).digest()


def pointer_value(info_hash: bytes) -> bytes:
    """The value of a pointer to a torrent (BEP 46).

    Args:
        info_hash: v1, 20 bytes.
    """
    return bencode.encode({b"ih": info_hash})


def pointed_at(value: bytes) -> bytes | None:
    """The 20-byte info-hash that a value points to; None when it is no pointer (BEP 46)."""
    try:
        found = bencode.decode(value, _LIMITS)
    except BencodeError:
        return None
    info_hash = found.get(b"ih") if isinstance(found, dict) else None
    return info_hash if isinstance(info_hash, bytes) and len(info_hash) == ID_LENGTH else None


def get_query(transaction: bytes, node_id: bytes, target: bytes) -> bytes:
    """Ask for an item, a token, and nodes nearer to it (BEP 44, *get*). ``ro``: we answer no questions (BEP 43)."""
    return _query(transaction, b"get", {b"id": node_id, b"target": target})


def get_peers_query(transaction: bytes, node_id: bytes, info_hash: bytes) -> bytes:
    """Ask for a torrent's peers (BEP 5, *get_peers*), and for how many they are (BEP 33)."""
    return _query(transaction, b"get_peers", {b"id": node_id, b"info_hash": info_hash, b"scrape": 1})


def put_query(transaction: bytes, node_id: bytes, token: bytes, item: MutableItem) -> bytes:
    """Ask to store an item (BEP 44, *put*)."""
    arguments: dict[bytes, Value] = {
        b"id": node_id,
        b"k": item.public_key,
        b"seq": item.seq,
        b"sig": item.signature,
        b"token": token,
        b"v": bencode.decode(item.value, _LIMITS),
    }
    if item.salt:
        arguments[b"salt"] = item.salt
    return _query(transaction, b"put", arguments)


def _query(transaction: bytes, name: bytes, arguments: dict[bytes, Value]) -> bytes:
    return bencode.encode({b"a": arguments, b"q": name, b"ro": 1, b"t": transaction, b"y": b"q"})


def read_reply(data: bytes, *, salt: bytes = b"") -> Reply | None:
    """Read an answer; None when it is none.

    Args:
        data: A datagram.
        salt: Of the item that was asked for: answers do not repeat it.
    """
    try:
        message = bencode.decode(data, _LIMITS)
    except BencodeError:
        return None
    if not isinstance(message, dict):
        return None
    transaction, kind = message.get(b"t"), message.get(b"y")
    if not isinstance(transaction, bytes):
        return None
    if kind == b"e":
        return Reply(transaction, error=_error(message.get(b"e")))
    body = message.get(b"r")
    if kind != b"r" or not isinstance(body, dict):
        return None
    return Reply(
        transaction,
        _bytes(body.get(b"id"), ID_LENGTH),
        _bytes(body.get(b"token")),
        _nodes(body.get(b"nodes")),
        _item(body, salt),
        _peers(body.get(b"values")),
        _filter(body.get(b"BFsd")),
        _filter(body.get(b"BFpe")),
    )


def _error(value: Value | None) -> str:
    if isinstance(value, list) and len(value) == 2:
        code, text = value
        return f"{code!r} {text.decode(errors='replace') if isinstance(text, bytes) else ''}"[:200]
    return "refused"


def _bytes(value: Value | None, length: int | None = None) -> bytes:
    is_good = isinstance(value, bytes) and (length is None or len(value) == length) and len(value) <= 255
    return value if is_good and isinstance(value, bytes) else b""


def _nodes(value: Value | None) -> tuple[Node, ...]:
    if not isinstance(value, bytes):
        return ()
    rows = (value[at : at + _NODE_BYTES] for at in range(0, len(value) - _NODE_BYTES + 1, _NODE_BYTES))
    nodes = (Node(row[:20], ".".join(map(str, row[20:24])), int.from_bytes(row[24:26])) for row in rows)
    return tuple(node for node in nodes if node.port)


def _peers(value: Value | None) -> tuple[bytes, ...]:
    rows = value if isinstance(value, list) else []
    return tuple(row for row in rows if isinstance(row, bytes) and len(row) == _PEER_BYTES and row[4:] != b"\0\0")


def _filter(value: Value | None) -> bytes:
    return value if isinstance(value, bytes) and len(value) == FILTER_BYTES else b""


def _item(body: dict[bytes, Value], salt: bytes) -> MutableItem | None:
    key, signature = _bytes(body.get(b"k"), KEY_LENGTH), _bytes(body.get(b"sig"), SIGNATURE_LENGTH)
    seq = body.get(b"seq")
    if not (key and signature and isinstance(seq, int) and 0 <= seq < 1 << 63) or b"v" not in body:
        return None
    value = bencode.encode(body[b"v"])
    return MutableItem(key, seq, value, salt, signature) if len(value) <= MAX_VALUE_BYTES else None
