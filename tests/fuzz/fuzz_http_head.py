# SPDX-License-Identifier: Apache-2.0
"""Coverage-guided fuzzing of fetching.http_wire: any bytes are an answer's head, or raise our fault. Run: make fuzz."""

from __future__ import annotations

import sys

import atheris

with atheris.instrument_imports():
    from seedbed.fetching.faults import Fault
    from seedbed.fetching.web.http_wire import Want, judge, parse_head, split_url


def one_input(data: bytes) -> None:
    """One try of the fuzzer; anything but our own fault is a finding."""
    try:
        head = parse_head((b"HTTP/1.1 206 x\r\n" if data[:1] < b"\x80" else b"") + data[1:])
        if location := head.headers.get("location"):
            split_url(location)
        judge(head, Want(1, 2, 3))
    except Fault:
        return
    if head.status != 206 or head.length not in {None, 1}:
        raise AssertionError("an answer to another question was accepted")


if __name__ == "__main__":
    atheris.Setup(sys.argv, one_input)
    atheris.Fuzz()
