# SPDX-License-Identifier: Apache-2.0
"""Bytes of one entry of a judged archive, unpacked as a stream; what comes out is judged again (U8, U13, U14)."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

from seedbed.portal.uploads.zips.judging import MAX_RATIO, RATIO_FROM_BYTES
from seedbed.portal.uploads.zips.refusing import refuse, shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from seedbed.errors import FormatError
    from seedbed.portal.uploads.zips.blob import Blob
    from seedbed.portal.uploads.zips.judging import Item

CHUNK_BYTES = 1 << 20
"""Read, and given out, at a time."""


class Meter:
    """Counts what came out of an archive, against its own length.

    The sizes in a directory were judged before; this counts what really comes, whatever the directory says.
    """

    def __init__(self, archive_bytes: int) -> None:
        self._archive_bytes = archive_bytes
        self._unpacked = 0

    def add(self, count: int) -> None:
        """Count more bytes.

        Raises:
            FormatError: too many for such an archive (U8).
        """
        self._unpacked += count
        if self._unpacked > RATIO_FROM_BYTES and self._unpacked > MAX_RATIO * self._archive_bytes:
            raise refuse("U8", f"more than {MAX_RATIO} bytes come out for each packed one")


def unpacked(blob: Blob, item: Item, meter: Meter) -> Iterator[bytes]:
    """The bytes of a file in an archive, in parts of at most :data:`CHUNK_BYTES`.

    Raises:
        FormatError: they are not what the archive says: cut off, another length, another checksum, too many.
    """
    crc = done = 0
    for part in _inflated(blob, item) if item.is_deflated else _stored(blob, item):
        done += len(part)
        if done > item.size:
            raise _lies(item, f"more than the {item.size:,} bytes that it tells come out")
        meter.add(len(part))
        crc = zlib.crc32(part, crc)
        yield part
    if done != item.size:
        raise _lies(item, f"expected {item.size:,} bytes, got {done:,}")
    if crc != item.crc:
        raise refuse("U13", f"{shown('/'.join(item.path))} is damaged: its checksum does not match", "Pack it again.")


def _stored(blob: Blob, item: Item) -> Iterator[bytes]:
    for start in range(0, item.packed, CHUNK_BYTES):
        yield blob.read(item.data_start + start, min(CHUNK_BYTES, item.packed - start))


def _inflated(blob: Blob, item: Item) -> Iterator[bytes]:
    """Deflate (RFC 1951); the stream must end where the entry does."""
    stream = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        for packed in _stored(blob, item):
            if stream.eof:
                raise _lies(item, "bytes stand behind its end")
            waiting = packed
            while waiting and not stream.eof:
                yield stream.decompress(waiting, CHUNK_BYTES)
                waiting = stream.unconsumed_tail
        while not stream.eof and (rest := stream.decompress(stream.unconsumed_tail, CHUNK_BYTES)):
            yield rest
    except zlib.error as error:
        raise refuse("U13", f"{shown('/'.join(item.path))} is damaged: {error}", "Pack it again.") from error
    if not stream.eof:
        raise refuse("U12", f"{shown('/'.join(item.path))} is cut off", "Pack it again.")
    if stream.unused_data:
        raise _lies(item, "bytes stand behind its end")


def _lies(item: Item, what: str) -> FormatError:
    return refuse("U14", f"{shown('/'.join(item.path))}: {what}", "Pack it again.")
