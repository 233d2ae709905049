# SPDX-License-Identifier: Apache-2.0
# What udp_batch.pyx offers, where it was compiled.
from seedbed.tracker.tracker import Tracker

AT_ONCE: int

class Batch:
    def __init__(self, tracker: Tracker, fd: int) -> None: ...
    def drain(self, now_s: int) -> int: ...
