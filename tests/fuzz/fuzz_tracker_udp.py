# SPDX-License-Identifier: Apache-2.0
"""Coverage-guided fuzzing of datagrams to a tracker. Run: make fuzz."""

from __future__ import annotations

import sys

import atheris

with atheris.instrument_imports():
    from seedbed.tracker.access import Everything
    from seedbed.tracker.swarm import Limits, Swarms
    from seedbed.tracker.tracker import Tracker
    from seedbed.tracker.udp_wire import CONNECT_BYTES, ID_LIFE_S, ConnectionIds

HOME = b"\x0b\x16\x21\x2c"
TRACKER = Tracker(Swarms(Limits(max_peers=100), lambda _: 0), Everything(), ConnectionIds(b"key"))
NOW_S = 1_000
KNOWN = {TRACKER.ids.of(HOME, at_s) for at_s in (NOW_S - ID_LIFE_S, NOW_S)}
"""The fuzzer sees what is compared, and so finds the older one too."""
CONNECTION = TRACKER.ids.of(HOME, NOW_S)


def one_input(data: bytes) -> None:
    """One try of the fuzzer: who is unknown gets nothing, but a connection id no longer than its question."""
    answer = TRACKER.datagram(data, HOME, NOW_S)
    if answer and data[:8] not in KNOWN and not len(answer) == CONNECT_BYTES <= len(data):
        raise AssertionError("an answer to a stranger")
    TRACKER.datagram(CONNECTION + data, HOME, NOW_S)


if __name__ == "__main__":
    atheris.Setup(sys.argv, one_input)
    atheris.Fuzz()
