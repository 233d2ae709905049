# SPDX-License-Identifier: Apache-2.0
"""Scrapes over UDP as a client sees them (BEP 15). Pure; the numbers of the protocol are the tracker's own."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from seedbed.health.scrape.counted import Numbers, Unanswered, is_sane
from seedbed.tracker.udp_wire import CONNECT, ERROR, MAX_SCRAPED, PROTOCOL, SCRAPE

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["MAX_SCRAPED", "connect", "is_answer", "raise_error", "read_connected", "read_scraped", "scrape"]

_HEAD, _TWO, _THREE = struct.Struct(">QII"), struct.Struct(">II"), struct.Struct(">III")


def connect(transaction: int) -> bytes:
    """Ask for a connection id."""
    return _HEAD.pack(PROTOCOL, CONNECT, transaction)


def scrape(connection: int, transaction: int, info_hashes: Sequence[bytes]) -> bytes:
    """Ask for the numbers of at most 70 hashes."""
    return _HEAD.pack(connection, SCRAPE, transaction) + b"".join(info_hashes)


def is_answer(data: bytes, transaction: int) -> bool:
    """Whether a datagram answers this question; others are passed over."""
    return len(data) >= _TWO.size and _TWO.unpack_from(data)[1] == transaction


def read_connected(data: bytes) -> int:
    """The connection id.

    Raises:
        Unanswered: it is none.
    """
    raise_error(data)
    if len(data) < 16 or _TWO.unpack_from(data)[0] != CONNECT:
        raise Unanswered("nonsense", "its answer to a connect is none")
    return int.from_bytes(data[8:16])


def read_scraped(data: bytes, asked: Sequence[bytes]) -> dict[bytes, Numbers | None]:
    """Numbers by hash, in the order asked; of fewer hashes where the tracker answers fewer; None for impossible ones.

    Raises:
        Unanswered: it is no answer, or says why there is none.
    """
    raise_error(data)
    if len(data) < 8 or _TWO.unpack_from(data)[0] != SCRAPE:
        raise Unanswered("nonsense", "its answer to a scrape is none")
    rows = [_THREE.unpack_from(data, at) for at in range(8, len(data) - _THREE.size + 1, _THREE.size)]
    return {one: _numbers(*row) for one, row in zip(asked, rows, strict=False)}


def raise_error(data: bytes) -> None:
    """Do nothing, unless an answer says why there is none.

    Raises:
        Unanswered: it does.
    """
    if len(data) >= 8 and _TWO.unpack_from(data)[0] == ERROR:
        raise Unanswered("failure", data[8:208].rstrip(b"\0").decode(errors="replace"))


def _numbers(seeds: int, completed: int, leechers: int) -> Numbers | None:
    if not (is_sane(seeds) and is_sane(leechers)):
        return None
    return Numbers(seeds, leechers, completed if is_sane(completed) else None)
