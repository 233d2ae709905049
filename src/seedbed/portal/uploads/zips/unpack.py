# SPDX-License-Identifier: Apache-2.0
"""An archive becomes files in quarantine, by a child process; nothing stays of one that is refused half-way."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

from seedbed.errors import FormatError, NameRefusedError, SeedbedError
from seedbed.portal.uploads.limited import Cost, ask
from seedbed.portal.uploads.receiving.transfer import disk_error

if TYPE_CHECKING:
    from pathlib import Path

_MODULE = "seedbed.portal.uploads.zips.unpack_child"
_BYTES_PER_CPU_S = 20 << 20
"""Unpacking and hashing do five times as much."""


@dataclass(frozen=True, slots=True)
class Unpacked:
    """What came out."""

    root: str
    """The one folder that everything was in, if it was; it is left off the paths."""
    files: int
    size_bytes: int


def unpack(archive: Path, folder: Path, book: Path, *, piece_length: int, max_bytes: int) -> Unpacked:
    """Unpack an archive into a new folder, all of it or nothing.

    Args:
        archive: The zip.
        folder: Is made; what is in it afterwards is durable.
        book: Where hashes of the files are added.
        piece_length: For which; bytes. 0 chooses by the files' sizes.
        max_bytes: How many bytes may come out.

    Raises:
        FormatError: table U refuses it (``data['rule']``), or it took too much.
        NameRefusedError: a name in it is not good on every system.
        NoSpaceError: the disk is full.
        StateError: the disk fails.
    """
    size = archive.stat().st_size
    cpu_s = 60 + min(max_bytes, 50 * size + (64 << 20)) // _BYTES_PER_CPU_S
    cost = Cost(cpu_s=cpu_s, wall_s=4.0 * cpu_s, written_bytes=max_bytes)
    question = {
        "archive": str(archive), "folder": str(folder), "book": str(book), "piece_length": piece_length,
        "max_bytes": max_bytes,
    }  # fmt: skip
    try:
        answer = ask(_MODULE, question, cost, name="the zip")
        if "refused" in answer:
            raise _refusal(answer["refused"])
    except SeedbedError:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return Unpacked(answer["root"], answer["files"], answer["size_bytes"])


def _refusal(told: dict[str, str]) -> SeedbedError:
    if told["kind"] == "disk":
        return disk_error(OSError(int(told["rule"]), told["what"]))
    if told["kind"] == "name":
        return NameRefusedError(told["what"], hint=told["hint"], rule=told["rule"])
    return FormatError(told["what"], hint=told["hint"], rule=told["rule"])
