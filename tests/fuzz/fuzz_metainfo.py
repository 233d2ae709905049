# SPDX-License-Identifier: Apache-2.0
"""Coverage-guided fuzzing of core.metainfo: any bytes are read, or raise our error. Run: make fuzz."""

from __future__ import annotations

import sys

import atheris

with atheris.instrument_imports():
    from seedbed.core.metainfo_reader import parse
    from seedbed.errors import SeedbedError


def one_input(data: bytes) -> None:
    """One try of the fuzzer; anything but our own error is a finding."""
    try:
        metainfo = parse(data)
    except SeedbedError:
        return
    if metainfo.size_bytes <= 0:
        raise AssertionError("a torrent without data was accepted")


if __name__ == "__main__":
    atheris.Setup(sys.argv, one_input)
    atheris.Fuzz()
