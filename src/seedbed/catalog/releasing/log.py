# SPDX-License-Identifier: Apache-2.0
"""``releases.log``: one JSON object a line for each release, each with the hash of the line before.

Readers keep it and compare: two different lines with one serial mean that the catalogue's keepers told different
people different things.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from itertools import pairwise

from seedbed.errors import CatalogError

FIRST = "0" * 64
"""What the first line says of the line before it."""
_MAX_LINE_BYTES = 1024


@dataclass(frozen=True, slots=True)
class Entry:
    """One line."""

    serial: int
    sha256: str
    """Of ``catalog.parquet``: 64 hex digits."""
    rows: int
    added: int
    """Versions that this release added."""
    changed: int
    """Versions whose description or standing it changed."""
    previous: str
    """SHA-256 of the line before without its end of line; zeros in the first."""


def render(entry: Entry) -> bytes:
    """One line, with its end."""
    return _line(entry) + b"\n"


def append(log: bytes, *, serial: int, sha256: str, rows: int, added: int, changed: int) -> bytes:
    """The log with one more line."""
    before = log.rstrip(b"\n").rpartition(b"\n")[2]
    previous = hashlib.sha256(before).hexdigest() if before else FIRST
    return log + render(Entry(serial, sha256, rows, added, changed, previous))


def parse(data: bytes) -> tuple[Entry, ...]:
    """Read a log and check its chain.

    Args:
        data: The file, which may come from anybody.

    Raises:
        CatalogError: a line is not one, or does not follow the line before.
    """
    lines = data.split(b"\n")
    if lines.pop():
        raise _refuse(len(lines) + 1, "it is cut off")
    entries = tuple(_entry(number, line) for number, line in enumerate(lines, 1))
    hashes = [FIRST, *(hashlib.sha256(line).hexdigest() for line in lines)]
    for number, (entry, expected) in enumerate(zip(entries, hashes, strict=False), 1):
        if entry.previous != expected:
            raise _refuse(number, f"it does not follow the line before: expected {expected}, got {entry.previous}")
    for number, (one, other) in enumerate(pairwise(entries), 2):
        if other.serial != one.serial + 1:
            raise _refuse(number, f"expected serial {one.serial + 1}, got {other.serial}")
    return entries


def fork(ours: tuple[Entry, ...], theirs: tuple[Entry, ...]) -> int | None:
    """The first serial of which two logs say different things; None when one continues the other."""
    known = {entry.serial: entry for entry in ours}
    return next((e.serial for e in theirs if e.serial in known and known[e.serial] != e), None)


def _line(entry: Entry) -> bytes:
    return json.dumps(asdict(entry), sort_keys=True, separators=(",", ":")).encode()


def _entry(number: int, line: bytes) -> Entry:
    if len(line) > _MAX_LINE_BYTES:
        raise _refuse(number, f"expected at most {_MAX_LINE_BYTES} bytes, got {len(line)}")
    try:
        value = json.loads(line)
        entry = Entry(**value)
    except (ValueError, TypeError, RecursionError) as error:
        raise _refuse(number, "it is not an entry of the log") from error
    counts = (entry.serial, entry.rows, entry.added, entry.changed)
    texts = (entry.sha256, entry.previous)
    if not all(type(one) is int and one >= 0 for one in counts) or not all(isinstance(one, str) for one in texts):
        raise _refuse(number, "its values are not counts and hashes")
    if _line(entry) != line:
        raise _refuse(number, "it is not written as a log writes it")
    return entry


def _refuse(number: int, what: str) -> CatalogError:
    return CatalogError(f"releases.log: line {number}: {what}", rule="releases-log")
