# SPDX-License-Identifier: Apache-2.0
"""Coverage-guided fuzzing of core.bencode: any bytes are read, or raise our error. Run: make fuzz."""

from __future__ import annotations

import sys

import atheris

with atheris.instrument_imports():
    from seedbed.core.bencode import decode, encode
    from seedbed.errors import SeedbedError


def one_input(data: bytes) -> None:
    """One try of the fuzzer; anything but our own error is a finding."""
    try:
        value = decode(data)
    except SeedbedError:
        return
    if encode(value) != data:
        raise AssertionError("accepted bytes are not canonical")


if __name__ == "__main__":
    atheris.Setup(sys.argv, one_input)
    atheris.Fuzz()
