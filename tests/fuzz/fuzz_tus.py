# SPDX-License-Identifier: Apache-2.0
"""Coverage-guided fuzzing of portal.uploads.receiving.tus_wire: any header is read, or refused. Run: make fuzz."""

from __future__ import annotations

import sys

import atheris

with atheris.instrument_imports():
    from seedbed.portal.uploads.receiving import tus_wire
    from seedbed.portal.web.failures import RefusedError


def one_input(data: bytes) -> None:
    """One try of the fuzzer; anything but our own error is a finding."""
    text = data.decode("utf-8", "replace")
    for read in (tus_wire.read_metadata, tus_wire.read_checksum, lambda one: tus_wire.read_number({"a": one}, "a")):
        try:
            read(text)
        except RefusedError as error:
            if error.status not in {400, 413}:
                raise AssertionError("a refusal with an odd status") from error


if __name__ == "__main__":
    atheris.Setup(sys.argv, one_input)
    atheris.Fuzz()
