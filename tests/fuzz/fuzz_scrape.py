# SPDX-License-Identifier: Apache-2.0
"""Coverage-guided fuzzing of what trackers answer to a scrape. Run: make fuzz."""

from __future__ import annotations

import sys

import atheris

with atheris.instrument_imports():
    from seedbed.health.scrape import http_wire, udp_wire
    from seedbed.health.scrape.counted import MOST, Unanswered

HASHES = [b"a" * 20, b"b" * 20]


def one_input(data: bytes) -> None:
    """One try of the fuzzer: an answer's numbers can be true, or there are none."""
    for read in (lambda: http_wire.read(data, HASHES).found, lambda: udp_wire.read_scraped(data, HASHES)):
        try:
            found = read()
        except Unanswered:
            continue
        for numbers in found.values():
            if numbers and not all(count is None or 0 <= count <= MOST for count in numbers):
                raise AssertionError("a number that cannot be")


if __name__ == "__main__":
    atheris.Setup(sys.argv, one_input)
    atheris.Fuzz()
