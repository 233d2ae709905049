# SPDX-License-Identifier: Apache-2.0
"""Whether an archive may be unpacked: table U, rows U1 to U24, before a byte of it is unpacked.

The entries must lie side by side from the first byte to the directory, each told alike by its local header and the
directory. That one rule refuses overlaps (a bomb of 104 kB and 21 GB), bytes before the archive, two archives in one,
entries that only some programs see, and most files that are two things at once.
"""

from __future__ import annotations

import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING

from seedbed.core import names
from seedbed.portal.uploads.zips.records import End, Entry, read_directory, read_end, read_local
from seedbed.portal.uploads.zips.refusing import refuse, shown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seedbed.errors import FormatError
    from seedbed.portal.uploads.zips.blob import Blob

MAX_RATIO = 50
"""Unpacked bytes for each packed one (reliability.md, 2.3); text is packed 5 to 15 times."""
RATIO_FROM_BYTES = 64 << 20
"""Below this a bomb harms nobody."""
MAX_ENTRY_BYTES = 1 << 50
STORED, DEFLATED = 0, 8
_METHODS = {1: "shrink", 6: "implode", 9: "deflate64", 12: "bzip2", 14: "LZMA", 93: "zstd", 95: "xz", 98: "PPMd"}
_ENCRYPTED, _DESCRIPTOR, _PATCH, _STRONG, _MASKED = 1 << 0, 1 << 3, 1 << 5, 1 << 6, 1 << 13
_UTF8 = 1 << 11
_TOLD_TWICE = _ENCRYPTED | _DESCRIPTOR | _PATCH | _STRONG | _MASKED | _UTF8
_AES_METHOD = 99
_STREAMED = (
    "Programs that write a zip as a stream do this (Finder's Compress, web services). Give the folder itself instead: "
    "the form takes folders; or pack it with zip -r data.zip folder."
)
_TAR_MAGIC_AT, _PDF_WITHIN = 257, 1_024


@dataclass(frozen=True, slots=True)
class Item:
    """A file in an archive that was found good."""

    path: tuple[str, ...]
    data_start: int
    packed: int
    size: int
    crc: int
    is_deflated: bool


@dataclass(frozen=True, slots=True)
class Listing:
    """All that an archive holds. Folders are in it only as parts of paths: a torrent has no empty ones."""

    items: tuple[Item, ...]

    @property
    def size_bytes(self) -> int:
        """Unpacked, as the directory says."""
        return sum(item.size for item in self.items)


def judge(blob: Blob) -> Listing:
    """List an archive that may be unpacked.

    Raises:
        FormatError: it may not; ``data['rule']`` is the row of table U.
        NameRefusedError: a name in it is not good on every system.
    """
    _refuse_two_things(blob)
    end = read_end(blob)
    entries = list(read_directory(blob, end))
    paths = [_path(entry) for entry in entries]
    for entry in entries:
        _check_kind(entry)
    starts = _check_places(blob, entries, end)
    _check_names(entries, paths)
    items = tuple(
        Item(path, start, entry.packed, entry.size, entry.crc, is_deflated=entry.method == DEFLATED)
        for entry, path, start in zip(entries, paths, starts, strict=True)
        if not entry.is_folder
    )
    if not items:
        raise refuse("U12", "there are no files in it", "Pack the files that you want to give.")
    check_ratio(sum(item.size for item in items), blob.length)
    return Listing(items)


def check_ratio(unpacked: int, packed: int) -> None:
    """Judge what was told beforehand, and again what comes out.

    Raises:
        FormatError: more comes out than honest packing gives (U8).
    """
    if unpacked > RATIO_FROM_BYTES and unpacked > MAX_RATIO * packed:
        raise refuse(
            "U8",
            f"expected at most {MAX_RATIO} bytes for each packed one, got {unpacked:,} bytes from {packed:,}",
            "If the data is really so even, give the files themselves, not packed.",
        )


def _refuse_two_things(blob: Blob) -> None:
    """A tar's first block and a PDF's mark are at the beginning, a zip's directory at the end (U24)."""
    head = blob.read(0, _PDF_WITHIN)
    if head[_TAR_MAGIC_AT : _TAR_MAGIC_AT + 5] == b"ustar" and _is_tar_block(head[:512]):
        raise refuse("U24", "it is a tar archive as well")
    if b"%PDF-" in head and b"%%EOF" in blob.read(max(blob.length - _PDF_WITHIN, 0), _PDF_WITHIN):
        raise refuse("U24", "programs take it for a PDF as well", "Give the PDF itself, or pack it compressed.")


def _is_tar_block(block: bytes) -> bool:
    told = block[148:156].split(b"\0")[0].strip()
    total = sum(block[:148]) + 8 * 0x20 + sum(block[156:])
    return told.isdigit() and not set(told) & set(b"89") and int(told, 8) == total


def _path(entry: Entry) -> tuple[str, ...]:
    raw = entry.raw_name.removesuffix(b"/")
    try:
        return tuple(raw.decode("utf-8").split("/"))
    except UnicodeDecodeError as error:
        raise refuse("U23", f"the name {shown(entry.raw_name)} is not UTF-8") from error


def _check_names(entries: Sequence[Entry], paths: Sequence[tuple[str, ...]]) -> None:
    for path in paths:
        names.check_path(path)
    folders = [path for entry, path in zip(entries, paths, strict=True) if entry.is_folder]
    files = [path for entry, path in zip(entries, paths, strict=True) if not entry.is_folder]
    names.check_unique(files)
    marked = [(*path, "\0") for path in folders]  # a folder's own entry is one more thing below it, never a twin
    names.check_unique([*files, *marked])


def _check_kind(entry: Entry) -> None:
    name = shown(entry.raw_name)
    if entry.flags & (_ENCRYPTED | _STRONG | _MASKED) or entry.method == _AES_METHOD:
        raise refuse("U11", f"{name} is encrypted", "Open data is not: pack it without a password.")
    if entry.method not in (STORED, DEFLATED):
        method = _METHODS.get(entry.method, f"method {entry.method}")
        raise refuse("U20", f"{name} is packed by {method}: expected deflate, or stored")
    if entry.flags & _DESCRIPTOR:
        raise refuse("U19", f"{name} has its sizes behind it (a data descriptor)", _STREAMED)
    if entry.flags & _PATCH:
        raise refuse("U20", f"{name} is a patch of another file")
    mode = entry.attributes >> 16
    if stat.S_IFMT(mode) not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise refuse("U7", f"{name} is a link, a device or a pipe", "Pack the files that the links lead to.")
    if stat.S_ISDIR(mode) != entry.is_folder and stat.S_IFMT(mode):
        raise refuse("U7", f"{name} is a file and a folder at once")
    if entry.is_folder and (entry.size or entry.packed):
        raise refuse("U14", f"the folder {name} holds {max(entry.size, entry.packed):,} bytes")
    if entry.method == STORED and entry.packed != entry.size:
        raise refuse("U14", f"{name} is stored in {entry.packed:,} bytes and should be {entry.size:,}")
    if entry.size > MAX_ENTRY_BYTES:
        raise refuse("U14", f"{name} should be {entry.size:,} bytes")


def _check_places(blob: Blob, entries: Sequence[Entry], end: End) -> list[int]:
    """Where each entry's bytes start; all of them lie side by side, in any order, and fill the file."""
    starts = [0] * len(entries)
    reached = 0
    for number in sorted(range(len(entries)), key=lambda n: entries[n].start):
        entry = entries[number]
        if entry.start != reached:
            raise _misplaced(entry, reached)
        local = read_local(blob, entry)
        _compare(entry, local.raw_name, (local.flags, local.method), (local.crc, local.packed, local.size))
        starts[number] = local.data_start
        reached = local.data_start + entry.packed
    if reached != end.start:
        raise refuse(
            "U9" if reached > end.start else "U15",
            f"its entries end at byte {reached:,} and its directory starts at {end.start:,}",
        )
    return starts


def _misplaced(entry: Entry, reached: int) -> FormatError:
    name = shown(entry.raw_name)
    if entry.start < reached:
        return refuse("U9", f"{name} overlaps the entry before it: expected byte {reached:,}, got {entry.start:,}")
    what = "before the first entry" if not reached else f"before {name}"
    return refuse("U15", f"{entry.start - reached:,} bytes {what} belong to nothing")


def _compare(entry: Entry, name: bytes, how: tuple[int, int], numbers: tuple[int, int, int]) -> None:
    if name != entry.raw_name:
        raise refuse("U17", f"{shown(entry.raw_name)} is called {shown(name)} in its own header")
    if how[1] != entry.method or (how[0] ^ entry.flags) & _TOLD_TWICE:
        raise refuse("U17", f"{shown(name)}: its own header says that it is packed in another way")
    if numbers != (entry.crc, entry.packed, entry.size):
        raise refuse("U14", f"{shown(name)}: its own header tells other sizes, or another checksum")
