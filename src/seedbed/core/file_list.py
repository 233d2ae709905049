# SPDX-License-Identifier: Apache-2.0
"""The v1 file list and its pieces (BEP 3, *info dictionary*; pad files and attributes: BEP 47)."""

from __future__ import annotations

from seedbed.core.fields import Fields, refuse
from seedbed.core.ids import V1_LENGTH
from seedbed.core.metainfo import Rules, V1Entry

MAX_TOTAL_BYTES = 2**62 - 1
"""Beyond this, sums of lengths overflow in other clients."""


def read_file_list(info: Fields, name: str, rules: Rules) -> tuple[V1Entry, ...]:
    """The files of the v1 part, padding included.

    Raises:
        TorrentError: a missing, negative or huge length, a link, too many files.
    """
    if ("files" in info) == ("length" in info):
        raise refuse("files", "expected one of 'length' (one file) and 'files' (a folder)")
    if "length" in info:
        refuse_links(info)
        return (V1Entry((name,), length_of(info)),)
    items = info.items("files")
    if len(items) > 2 * rules.max_files:  # as many pad files as files
        raise refuse("too-many-files", f"expected at most {rules.max_files:,} files, got {len(items):,}")
    entries = tuple(_entry(Fields("file", item)) for item in items)
    if sum(not entry.is_pad for entry in entries) > rules.max_files:
        raise refuse("too-many-files", f"expected at most {rules.max_files:,} files")
    return entries


def length_of(fields: Fields) -> int:
    """A file's length in bytes."""
    length = fields.integer("length")
    if not 0 <= length <= MAX_TOTAL_BYTES:
        raise refuse("length", f"file length: expected 0 to 2^62 bytes, got {length}")
    return length


def refuse_links(fields: Fields) -> None:
    """Links are no data: they point somewhere else on each machine (BEP 47 allows them, seedbed does not)."""
    attributes = fields.string("attr", b"")
    if b"l" in attributes or "symlink path" in fields:
        raise refuse("link", "it holds a symbolic link")


def check_pieces(info: Fields, entries: tuple[V1Entry, ...], piece_length: int) -> bytes:
    """The v1 piece hashes, as many as the files' bytes need.

    Raises:
        TorrentError: too few, too many, or not 20 bytes each.
    """
    pieces = info.string("pieces")
    total = sum(entry.length for entry in entries)
    if total > MAX_TOTAL_BYTES:
        raise refuse("length", "the files' lengths add up to more than 2^62 bytes")
    expected = -(-total // piece_length) * V1_LENGTH
    if len(pieces) != expected:
        raise refuse(
            "pieces",
            f"'pieces': expected {expected:,} bytes for {total:,} of data, got {len(pieces):,}",
        )
    return pieces


def _entry(fields: Fields) -> V1Entry:
    refuse_links(fields)
    path = fields.texts_of(fields.items("path"), "path")
    is_pad = b"p" in fields.string("attr", b"")
    return V1Entry(path, length_of(fields), is_pad)
