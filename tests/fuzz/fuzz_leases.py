# SPDX-License-Identifier: Apache-2.0
"""Coverage-guided fuzzing of leases, reports, and what peers and trackers say to probes. Run: make fuzz."""

from __future__ import annotations

import contextlib
import sys

import atheris

with atheris.instrument_imports():
    from seedbed.core import bencode
    from seedbed.errors import BencodeError, FormatError
    from seedbed.health.leases import signed
    from seedbed.health.leases.lease import Lease
    from seedbed.health.leases.report import Answer, Report
    from seedbed.health.probes import announce_wire, wire
    from seedbed.health.scrape.counted import Unanswered

from seedbed.node.trusting.identity import Identity

US = Identity.new()
KINDS = ("lease", "health", "lease answer")


def one_input(data: bytes) -> None:
    """One try of the fuzzer: all refuse in their own words; a body is signed first, so that it is read at all."""
    try:
        body = bencode.decode(data)
    except BencodeError:
        body = data
    sealed = {kind: signed.seal(kind, body, US) if isinstance(body, dict) else data for kind in KINDS}
    with contextlib.suppress(FormatError):
        Lease.unsealed(sealed["lease"])
    with contextlib.suppress(FormatError):
        Report.unsealed(sealed["health"])
    with contextlib.suppress(FormatError):
        Answer.unsealed(sealed["lease answer"], 3)
    peer(data)
    with contextlib.suppress(Unanswered):
        announce_wire.read(data)
    with contextlib.suppress(Unanswered):
        announce_wire.read_datagram(data, is_ipv6=False)


def peer(data: bytes) -> None:
    """A peer's messages about a torrent of 20 pieces, of which the third is wanted."""
    wanted = wire.Wanted(3, 20_000)
    try:
        for kind, body in wire.Reader(20).feed(data):
            if kind == wire.PIECE:
                wanted.take(body)
            elif kind == wire.BITFIELD:
                wire.has_piece(body, 19)
    except wire.Nonsense:
        return


if __name__ == "__main__":
    atheris.Setup(sys.argv, one_input)
    atheris.Fuzz()
