# SPDX-License-Identifier: Apache-2.0
"""Coverage-guided fuzzing of what HTTP clients ask a tracker. Run: make fuzz."""

from __future__ import annotations

import sys

import atheris

with atheris.instrument_imports():
    from seedbed.core import bencode
    from seedbed.tracker.access import Everything
    from seedbed.tracker.swarm import Limits, Swarms
    from seedbed.tracker.tracker import Tracker
    from seedbed.tracker.udp_wire import ConnectionIds

TRACKER = Tracker(Swarms(Limits(max_peers=100), lambda _: 0), Everything(), ConnectionIds(b"key"))


def one_input(data: bytes) -> None:
    """One try of the fuzzer: each query has an answer, which is bencoding."""
    for path in ("/announce", "/scrape"):
        answer = TRACKER.http(path, data, b"\x0b\x16\x21\x2c", 0)
        if answer is None or not isinstance(bencode.decode(answer), dict):
            raise AssertionError("a query without an answer")


if __name__ == "__main__":
    atheris.Setup(sys.argv, one_input)
    atheris.Fuzz()
