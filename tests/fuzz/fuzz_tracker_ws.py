# SPDX-License-Identifier: Apache-2.0
"""Coverage-guided fuzzing of what browsers say to a tracker. Run: make fuzz."""

from __future__ import annotations

import json
import sys

import atheris

with atheris.instrument_imports():
    from seedbed.tracker.access import Everything
    from seedbed.tracker.swarm import Limits, Swarms
    from seedbed.tracker.tracker import Tracker
    from seedbed.tracker.udp_wire import ConnectionIds
    from seedbed.tracker.ws_swarm import Limits as WebLimits
    from seedbed.tracker.ws_swarm import WebSwarms
    from seedbed.tracker.ws_tracker import WebTracker

BROWSERS = WebSwarms(WebLimits(max_peers=100), lambda _: 0)
TRACKER = WebTracker(
    Tracker(Swarms(Limits(), lambda _: 0), Everything(), ConnectionIds(b"key"), web=BROWSERS), BROWSERS
)
ONE, OTHER = TRACKER.connected(), TRACKER.connected()
NAMES = (
    "action",
    "info_hash",
    "peer_id",
    "to_peer_id",
    "offer_id",
    "offers",
    "offer",
    "answer",
    "left",
    "event",
    "numwant",
)
WORDS = ("announce", "scrape", "h" * 20, "started", "completed", "stopped", 0, -1, 0.5, None, True)


def anything(data: atheris.FuzzedDataProvider, depth: int) -> object:
    """A value that JSON can have, often one that the protocol knows."""
    kind = data.ConsumeIntInRange(0, 8)
    if kind == 0:
        return data.ConsumeUnicode(20)
    if kind == 1 and depth:
        return [anything(data, depth - 1) for _ in range(data.ConsumeIntInRange(0, 3))]
    if kind == 2 and depth:
        return {name: anything(data, depth - 1) for name in (*NAMES, "type", "sdp") if data.ConsumeBool()}
    if kind == 3:
        return {"type": data.PickValueInList(["offer", "answer"]), "sdp": data.ConsumeUnicode(5)}
    if kind == 4:
        return [{"offer": {"type": "offer", "sdp": "v=0"}, "offer_id": "i" * 20}] * data.ConsumeIntInRange(0, 12)
    return data.PickValueInList(list(WORDS))


def one_input(raw: bytes) -> None:
    """One try of the fuzzer: whatever is said, what the tracker sends is JSON, and to one of the two."""
    data = atheris.FuzzedDataProvider(raw)
    said = {name: anything(data, 2) for name in NAMES if data.ConsumeBool()}
    for who, text in ((ONE, json.dumps(said)), (OTHER, json.dumps(said)), (ONE, raw.decode("utf-8", "replace"))):
        for to, told in TRACKER.message(who, text, 0):
            if to not in (ONE, OTHER) or not isinstance(json.loads(told), dict):
                raise AssertionError("a message to nobody, or of nothing")


if __name__ == "__main__":
    atheris.Setup(sys.argv, one_input)
    atheris.Fuzz()
