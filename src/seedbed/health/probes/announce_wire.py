# SPDX-License-Identifier: Apache-2.0
"""Asking a tracker who has a torrent (BEP 3, 7, 15, 23). Pure: bytes in, addresses out, which are kept nowhere."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote

from seedbed.health.scrape import loose_bencode, udp_wire
from seedbed.health.scrape.counted import Unanswered
from seedbed.tracker.udp_wire import ANNOUNCE

if TYPE_CHECKING:
    from collections.abc import Iterator

WANTED = 50
"""Peers that are asked for."""
MAX_PEERS = 200
"""Of an answer; more are passed over."""
STARTED, STOPPED = "started", "stopped"
_UDP_EVENTS = {STARTED: 2, STOPPED: 3}
_QUESTION = struct.Struct(">QII20s20sQQQIIIiH")


class Peer(NamedTuple):
    """Where somebody says that they have a torrent."""

    ip: bytes
    port: int


class Who(NamedTuple):
    """Who asks, and for what."""

    info_hash: bytes
    """20 bytes."""
    peer_id: bytes
    port: int
    """Where we listen."""


def url(announce: str, who: Who, event: str) -> str:
    """The question over HTTP: as somebody who lacks a byte."""
    sign = "&" if "?" in announce else "?"
    return (
        f"{announce}{sign}info_hash={quote(who.info_hash, safe='')}&peer_id={quote(who.peer_id, safe='')}"
        f"&port={who.port}&uploaded=0&downloaded=0&left=1&compact=1&numwant={WANTED}&event={event}"
    )


def read(body: bytes) -> list[Peer]:
    """Peers of an answer over HTTP.

    Raises:
        Unanswered: it is none, or says why there is none.
    """
    found = loose_bencode.read(body)
    if not isinstance(found, dict):
        raise Unanswered("nonsense", "its answer to an announce is none")
    if isinstance(why := found.get(b"failure reason"), bytes):
        raise Unanswered("failure", why[:200].decode(errors="replace"))
    fours, sixteens = found.get(b"peers"), found.get(b"peers6")
    peers = list(_compact(fours, 4)) if isinstance(fours, bytes) else []
    return (peers + (list(_compact(sixteens, 16)) if isinstance(sixteens, bytes) else []))[:MAX_PEERS]


def datagram(connection: int, transaction: int, who: Who, event: str) -> bytes:
    """The question over UDP."""
    return _QUESTION.pack(
        connection, ANNOUNCE, transaction, who.info_hash, who.peer_id, 0, 1, 0, _UDP_EVENTS[event], 0, 0, WANTED,
        who.port,
    )  # fmt: skip


def read_datagram(data: bytes, *, is_ipv6: bool) -> list[Peer]:
    """Peers of an answer over UDP.

    Raises:
        Unanswered: it is none, or says why there is none.
    """
    udp_wire.raise_error(data)
    if int.from_bytes(data[:4]) != ANNOUNCE or len(data) < 20:
        raise Unanswered("nonsense", "its answer to an announce is none")
    return list(_compact(data[20:], 16 if is_ipv6 else 4))[:MAX_PEERS]


def _compact(data: bytes, size: int) -> Iterator[Peer]:
    """Addresses of so many bytes, each with its port; what is left over is passed over."""
    for at in range(0, len(data) - size - 1, size + 2):
        port = int.from_bytes(data[at + size : at + size + 2])
        if port:
            yield Peer(data[at : at + size], port)
