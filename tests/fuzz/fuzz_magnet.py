# SPDX-License-Identifier: Apache-2.0
"""Coverage-guided fuzzing of core.magnet: any bytes are read, or raise our error. Run: make fuzz."""

from __future__ import annotations

import sys

import atheris

with atheris.instrument_imports():
    from seedbed.core.magnet import parse, render
    from seedbed.errors import SeedbedError


def one_input(data: bytes) -> None:
    """One try of the fuzzer; anything but our own error is a finding."""
    try:
        link = parse(data.decode("utf-8", "replace"))
    except SeedbedError:
        return
    if parse(render(link)) != link:
        raise AssertionError("a link changes when it is written")


if __name__ == "__main__":
    atheris.Setup(sys.argv, one_input)
    atheris.Fuzz()
