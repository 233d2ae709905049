# SPDX-License-Identifier: Apache-2.0
"""Coverage-guided fuzzing of portal.uploads.zips: any bytes are listed and unpacked, or refused. Run: make fuzz."""

from __future__ import annotations

import io
import sys
import zipfile

import atheris

with atheris.instrument_imports():
    from seedbed.errors import SeedbedError
    from seedbed.portal.uploads.zips.blob import MemoryBlob
    from seedbed.portal.uploads.zips.judging import judge
    from seedbed.portal.uploads.zips.unpacking import Meter, unpacked


def good() -> bytes:
    """An archive without faults: noise alone hardly ever has a directory."""
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("a/b.csv", "x,y\n" * 30)
        file.writestr(zipfile.ZipInfo("c.bin"), bytes(40))
    return memory.getvalue()


GOOD = good()


def one_input(noise: bytes) -> None:
    """One try of the fuzzer, over a good archive at a place that it chooses; anything but our error is a finding."""
    at = int.from_bytes(noise[:2], "little") % len(GOOD)
    data = GOOD[:at] + noise[2:] + GOOD[at + len(noise) - 2 :] if len(noise) > 2 else noise
    blob = MemoryBlob(data)
    try:
        for item in judge(blob).items:
            if sum(map(len, unpacked(blob, item, Meter(len(data))))) != item.size:
                raise AssertionError("a file has another length than told")
    except SeedbedError:
        return


if __name__ == "__main__":
    atheris.Setup(sys.argv, one_input)
    atheris.Fuzz()
