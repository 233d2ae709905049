# SPDX-License-Identifier: Apache-2.0
"""Coverage-guided fuzzing of core.names: any bytes are read, or raise our error. Run: make fuzz."""

from __future__ import annotations

import sys

import atheris

with atheris.instrument_imports():
    from seedbed.core.names import check_component, folded
    from seedbed.errors import SeedbedError


def one_input(data: bytes) -> None:
    """One try of the fuzzer; anything but our own error is a finding."""
    try:
        name = data.decode("utf-8", "replace")
        check_component(name)
    except SeedbedError:
        return
    if folded(name) != folded(folded(name)):
        raise AssertionError("folding is not stable")


if __name__ == "__main__":
    atheris.Setup(sys.argv, one_input)
    atheris.Fuzz()
