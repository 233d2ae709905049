# SPDX-License-Identifier: Apache-2.0
"""Asking one peer for one piece, and proving it.

A whole piece, and not a block with its branch of the Merkle tree: seeds that were started from finished data keep the
piece layer only and cannot give leaves without reading the piece (BEP 52, *hash request*); and a piece is proved alike
in v1, v2 and hybrid torrents, with every client that there is.
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from seedbed.fetching.proving.proof import Prover
from seedbed.health.probes import wire
from seedbed.health.probes.wire import Nonsense, Reader, Wanted

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from seedbed.core.metainfo import Metainfo

Verdict: TypeAlias = Literal["good", "unreachable", "silent", "lacks", "nonsense", "wrong-bytes"]
"""The piece came and is right; nobody listens there; it did not come in time; the peer says that it does not have it,
or left; what it said makes no sense; it came, and is another one's."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a peer is waited for."""

    connect_s: float = 10.0
    answer_s: float = 90.0
    """For the whole piece: a busy seed lets a newcomer wait for half a minute before it serves it."""


class Target:
    """A torrent whose peers are probed.

    Args:
        metainfo: With all that proves its pieces.
        pieces: Those that a peer must have; all, where none are named.
    """

    def __init__(self, metainfo: Metainfo, pieces: range | None = None) -> None:
        self._prover = Prover(metainfo)
        count = self._prover.map.layout.piece_count
        self.pieces = pieces or range(count)
        self.total = count
        hashes = metainfo.info_hashes
        self.info_hash = ((hashes.v2 if self._prover.by_v2 else hashes.v1) or hashes.announced[0])[:20]
        """By which the peer is asked: one that proves what it gives."""

    def size_bytes(self, piece: int) -> int:
        """Of a piece as this torrent's peers give it: where v2 hashes prove, without padding."""
        return sum(one.length for one in self._prover.map.stretches(piece))

    def is_right(self, piece: int, data: bytes) -> bool:
        """Whether bytes are the piece."""
        bench, stretches = self._prover.bench(), self._prover.map.stretches(piece)
        room = bench.room(stretches)
        if room is None or len(room) != len(data):
            return False
        room[:] = data
        bench.hold(piece, stretches)
        return all(is_good for _, is_good in bench.clear())


async def probe(
    ip: bytes,
    port: int,
    target: Target,
    draw: Callable[[Sequence[int]], int],
    patience: Patience | None = None,
) -> Verdict:
    """Ask a peer for a piece that chance picks.

    Args:
        ip: 4 or 16 bytes.
        port: Where it listens.
        target: What it should have.
        draw: Picks one of the pieces.
        patience: How long it is waited for.
    """
    patience, piece = patience or Patience(), draw(target.pieces)
    try:
        async with asyncio.timeout(patience.connect_s):
            reader, writer = await asyncio.open_connection(str(ipaddress.ip_address(ip)), port)
    except (OSError, TimeoutError):
        return "unreachable"
    try:
        async with asyncio.timeout(patience.answer_s):
            data = await _have(reader, writer, target, piece)
    except TimeoutError:
        return "silent"
    except (OSError, asyncio.IncompleteReadError):
        return "lacks"
    except Nonsense:
        return "nonsense"
    finally:
        writer.transport.abort()
        with contextlib.suppress(OSError):
            await writer.wait_closed()
    if data is None:
        return "lacks"
    return "good" if await asyncio.to_thread(target.is_right, piece, data) else "wrong-bytes"


async def _have(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, target: Target, piece: int) -> bytes | None:
    """The piece's bytes; None when the peer says that it does not have it."""
    writer.write(wire.handshake(target.info_hash, b"-SB0001-" + secrets.token_bytes(12)))
    wire.check_handshake(await reader.readexactly(wire.HANDSHAKE_BYTES), target.info_hash)
    writer.write(wire.interested())
    messages, wanted, is_asked = Reader(target.total), Wanted(piece, target.size_bytes(piece)), False
    while not wanted.is_whole:
        data = await reader.read(65_536)
        if not data:
            return None
        for kind, body in messages.feed(data):
            if kind == wire.BITFIELD and not wire.has_piece(body, piece):
                return None
            if kind == wire.UNCHOKE and not is_asked:
                is_asked = True
                writer.write(wire.requests(piece, wanted.size_bytes))
            elif kind == wire.CHOKE:
                is_asked = False
            elif kind == wire.PIECE:
                wanted.take(body)
    return wanted.data
