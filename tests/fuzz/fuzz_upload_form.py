# SPDX-License-Identifier: Apache-2.0
"""Coverage-guided fuzzing of portal.uploads.receiving.form: any body is read as a form, or refused. Run: make fuzz."""

from __future__ import annotations

import sys

import atheris

with atheris.instrument_imports():
    from pathlib import Path

    from seedbed.portal.uploads.receiving.form import FormReader
    from seedbed.portal.web.failures import RefusedError


def one_input(data: bytes) -> None:
    """One try of the fuzzer; anything but our own error is a finding."""
    reader = FormReader(Path("nowhere"), b"cut", max_bytes=1 << 20)
    try:
        reader.feed(data[: len(data) // 2])
        reader.feed(data[len(data) // 2 :])
    except RefusedError:
        return


if __name__ == "__main__":
    atheris.Setup(sys.argv, one_input)
    atheris.Fuzz()
