# SPDX-License-Identifier: Apache-2.0
"""The records of a zip as they stand in the file (APPNOTE.TXT 6.3.10, section 4.3); no judgement of names here.

Who attacks: whoever makes an archive that two programs read differently, so that a reviewer sees other files than those
who fetch. How: a second directory, sizes told twice, fields that one reader takes and another passes over. So each
thing that is told twice must be told alike, and what is told once too often is refused.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

from seedbed.portal.uploads.zips.refusing import refuse, shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from seedbed.portal.uploads.zips.blob import Blob

MAX_ENTRIES = 100_000
"""As many files as a torrent may have; an honest directory of them is some 10 MB."""
MAX_DIRECTORY_BYTES = 128 << 20
"""Of the central directory: 100,000 entries with names of 1,000 bytes."""
MAX_COMMENT_BYTES = 1_024
"""Of the archive; version control writes a commit's name there."""

_END = struct.Struct("<4s4H2LH")
_END64 = struct.Struct("<4sQ2H2L4Q")
_LOCATOR = struct.Struct("<4sLQL")
_CENTRAL = struct.Struct("<4s6H3L5H2L")
_LOCAL = struct.Struct("<4s5H3L2H")
LOCAL_BYTES = _LOCAL.size
"""Of a local header, without name and extra fields."""
_M16, _M32 = 0xFFFF, 0xFFFFFFFF
_ZIP64_EXTRA, _UNICODE_EXTRA, _UNIX_EXTRA = 0x0001, 0x7075, 0x000D
_UNIX_EXTRA_BYTES = 12
"""Of the PKWARE Unix field without a link's target or a device's numbers."""


@dataclass(frozen=True, slots=True)
class End:
    """Where the central directory is."""

    start: int
    length: int
    entries: int


@dataclass(frozen=True, slots=True)
class Entry:
    """A file or folder, as the central directory tells it."""

    raw_name: bytes
    system: int
    """Who wrote it: 3 is Unix."""
    flags: int
    method: int
    crc: int
    packed: int
    """Bytes in the archive."""
    size: int
    """Bytes unpacked."""
    attributes: int
    """Of the system that wrote it; Unix has its mode in the upper half."""
    start: int
    """Of its local header."""

    @property
    def is_folder(self) -> bool:
        """Whether it is only a folder's name."""
        return self.raw_name.endswith(b"/")


def read_end(blob: Blob) -> End:
    """Find the central directory: its record ends the file, and nothing may stand behind it.

    Raises:
        FormatError: there is none (U12), something follows or comes before (U15, U16), or it is told in two ways (U18).
    """
    tail_start = max(blob.length - _END.size - _M16, 0)
    tail = blob.read(tail_start, blob.length - tail_start)
    at = _find_end(tail)
    _, disk, first_disk, here, entries, length, start, comment = _END.unpack_from(tail, at)
    if comment > MAX_COMMENT_BYTES:
        raise refuse("U15", f"expected a comment of at most {MAX_COMMENT_BYTES} bytes, got {comment:,}")
    position = tail_start + at
    told = (here, entries, length, start)
    end64 = _read_end64(blob, position)
    if end64:
        told, position = _agreed(told, end64[0]), end64[1]
    here, entries, length, start = told
    if disk or first_disk or here != entries:
        raise refuse("U18", "it is a part of an archive of several files")
    _check_bounds(entries, length)
    if start + length != position:
        raise refuse("U15", f"its directory should end at byte {start + length:,}, where it ends is {position:,}")
    return End(start, length, entries)


def _find_end(tail: bytes) -> int:
    """The one end record whose comment reaches exactly to the end of the file."""
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or at + _END.size > len(tail):
        raise refuse("U12", "it has no directory at its end: it is cut off, or not a zip", "Upload it again.")
    comment = _END.unpack_from(tail, at)[7]
    if at + _END.size + comment != len(tail):
        behind = len(tail) - at - _END.size - comment
        what = f"{behind:,} bytes stand behind its end" if behind > 0 else "its last comment is cut off"
        raise refuse("U15", what)
    other = tail.rfind(b"PK\x05\x06", 0, at)
    if other >= 0 and other + _END.size + _END.unpack_from(tail, other)[7] == len(tail):
        raise refuse("U16", "it has two directories that both reach to its end")
    return at


def _check_bounds(entries: int, length: int) -> None:
    if entries > MAX_ENTRIES:
        raise refuse(
            "U22",
            f"expected at most {MAX_ENTRIES:,} entries, got {entries:,}",
            "Give several uploads, or pack small files together.",
        )
    if length > MAX_DIRECTORY_BYTES:
        raise refuse("U22", f"expected a directory of at most {MAX_DIRECTORY_BYTES:,} bytes, got {length:,}")


def _read_end64(blob: Blob, position: int) -> tuple[tuple[int, int, int, int], int] | None:
    """What the zip64 record says, and where it starts; None when there is none."""
    if position < _LOCATOR.size:
        return None
    locator = blob.read(position - _LOCATOR.size, _LOCATOR.size)
    if locator[:4] != b"PK\x06\x07":
        return None
    _, disk, start, disks = _LOCATOR.unpack(locator)
    data = blob.read(start, _END64.size)
    if disk or disks != 1 or len(data) < _END64.size or data[:4] != b"PK\x06\x06":
        raise refuse("U18", "its zip64 record is not where its locator says")
    _, size, _, _, own_disk, first_disk, here, entries, length, directory = _END64.unpack(data)
    if start + _END64.size + _LOCATOR.size != position or size != _END64.size - 12:
        raise refuse("U18", "its zip64 record has another length than expected")
    if own_disk or first_disk:
        raise refuse("U18", "it is a part of an archive of several files")
    return (here, entries, length, directory), start


def _agreed(short: tuple[int, ...], long: tuple[int, int, int, int]) -> tuple[int, int, int, int]:
    """The zip64 numbers, when the short ones say the same or nothing."""
    for small, big, silent in zip(short, long, (_M16, _M16, _M32, _M32), strict=True):
        if small not in (big, silent):
            raise refuse("U18", f"its zip64 record contradicts its end record: {big:,} and {small:,}")
    return long


def read_directory(blob: Blob, end: End) -> Iterator[Entry]:
    """All entries, in the order of the directory.

    Raises:
        FormatError: it is cut off, has another number of entries, or fields that contradict each other.
    """
    data = blob.read(end.start, end.length)
    at = 0
    for number in range(end.entries):
        if data[at : at + 4] != b"PK\x01\x02" or at + _CENTRAL.size > len(data):
            raise refuse("U12", f"its directory breaks off after {number:,} of {end.entries:,} entries")
        entry, at = _entry(data, at)
        yield entry
    if at != len(data):
        raise refuse("U15", f"{len(data) - at:,} bytes in its directory belong to no entry")


def _entry(data: bytes, at: int) -> tuple[Entry, int]:
    (_, made_by, _, flags, method, _, _, crc, packed, size, name_length, extra_length, comment_length, disk, _,
     attributes, start) = _CENTRAL.unpack_from(data, at)  # fmt: skip
    name_at = at + _CENTRAL.size
    extra_at = name_at + name_length
    stop = extra_at + extra_length + comment_length
    if stop > len(data):
        raise refuse("U12", "its directory is cut off")
    name = data[name_at:extra_at]
    fields = _extra(data[extra_at : extra_at + extra_length], name)
    size, packed, start = _wide(fields, (size, packed, start), name)
    _check_fields(fields, name, disk)
    return Entry(name, made_by >> 8, flags, method, crc, packed, size, attributes, start), stop


def _extra(data: bytes, name: bytes) -> dict[int, bytes]:
    """Extra fields by their number (4.5); each at most once, and nothing left over."""
    fields: dict[int, bytes] = {}
    at = 0
    while at + 4 <= len(data):
        kind, length = struct.unpack_from("<HH", data, at)
        if at + 4 + length > len(data) or (kind in fields and kind == _ZIP64_EXTRA):
            raise refuse("U18", f"{shown(name)} has extra fields that cannot be read in one way")
        fields[kind] = data[at + 4 : at + 4 + length]
        at += 4 + length
    if any(data[at:]):
        raise refuse("U18", f"{shown(name)} has extra fields that cannot be read in one way")
    return fields


def _wide(fields: dict[int, bytes], told: tuple[int, ...], name: bytes) -> tuple[int, ...]:
    """Size, packed size and offset: from the zip64 field where the short one is silent, and only there (4.5.3)."""
    wide = fields.get(_ZIP64_EXTRA)
    silent = [at for at, value in enumerate(told) if value == _M32]
    if wide is None:
        return told
    if len(wide) == 8 * len(silent):
        numbers = dict(zip(silent, struct.unpack(f"<{len(silent)}Q", wide), strict=True))
        return tuple(numbers.get(at, value) for at, value in enumerate(told))
    many = (
        struct.unpack(f"<{len(wide) // 8}Q", wide[: len(wide) // 8 * 8])[: len(told)] if len(wide) % 8 in (0, 4) else ()
    )
    alike = all(value in (_M32, big) for value, big in zip(told, many, strict=False))
    if many and alike and len(many) > max(silent, default=0):
        return (*many, *told[len(many) :])  # told once too often, and alike: every reader sees the same
    raise refuse("U18", f"{shown(name)}: its zip64 field does not fit the fields that it is to widen")


def _check_fields(fields: dict[int, bytes], name: bytes, disk: int) -> None:
    if disk not in (0, _M16):
        raise refuse("U18", f"{shown(name)} lies in another part of the archive")
    other = fields.get(_UNICODE_EXTRA)
    if other is not None and other[5:] != name:
        raise refuse("U17", f"{shown(name)} has a second name: {shown(other[5:])}")
    if len(fields.get(_UNIX_EXTRA, b"")) > _UNIX_EXTRA_BYTES:
        raise refuse("U7", f"{shown(name)} is a link or a device")


@dataclass(frozen=True, slots=True)
class Local:
    """What stands before an entry's bytes."""

    raw_name: bytes
    flags: int
    method: int
    crc: int
    packed: int
    size: int
    data_start: int


def read_local(blob: Blob, entry: Entry) -> Local:
    """The local header of an entry.

    Raises:
        FormatError: there is none.
    """
    head = blob.read(entry.start, LOCAL_BYTES)
    if len(head) < LOCAL_BYTES or head[:4] != b"PK\x03\x04":
        raise refuse("U12", f"{shown(entry.raw_name)} is not where the directory says")
    _, _, flags, method, _, _, crc, packed, size, name_length, extra_length = _LOCAL.unpack(head)
    rest = blob.read(entry.start + LOCAL_BYTES, name_length + extra_length)
    name = rest[:name_length]
    fields = _extra(rest[name_length:], name)
    _check_fields(fields, name, 0)
    size, packed = _wide(fields, (size, packed), name)
    return Local(name, flags, method, crc, packed, size, entry.start + LOCAL_BYTES + name_length + extra_length)
