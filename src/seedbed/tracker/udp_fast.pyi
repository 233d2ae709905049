# SPDX-License-Identifier: Apache-2.0
# What udp_fast.pyx offers, where it was compiled.
from seedbed.tracker.tracker import Tracker

class Fast:
    passed: int
    def __init__(self, tracker: Tracker) -> None: ...
    def datagram(self, data: bytes, ip: bytes, now_s: int) -> bytes | None: ...
