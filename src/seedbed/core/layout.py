# SPDX-License-Identifier: Apache-2.0
"""Where the bytes of a piece are: pieces ⇄ spans of files ⇄ web-seed URLs (BEP 3, 19, 47, 52).

Pieces are numbered over one long row of bytes. In v2 and hybrid torrents each file starts at a piece border and the
gap before it is padding (zeros, never stored); in v1-only torrents files follow each other, or lie where explicit pad
files put them. All ranges are half-open.

Beside the URLs of BEP 19 there are *templates*, our own: ``https://h.example/records/1/files/{flat}``. They reach
servers whose folders are not those of the torrent. No other client knows them, so they never go into a torrent.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

from seedbed.errors import NameRefusedError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from seedbed.core.metainfo import Format, Metainfo, V1Entry

_TEMPLATE = re.compile(r"(?i:https?)://[^\s/?#{}]+/[^\s{}]*\{(path|flat)\}[^\s{}]*")
"""One placeholder, below a host that it cannot change: whoever names files must not choose who is asked."""
FLAT_SEPARATOR = "__"
"""What stands for the slash where there are no folders."""


@dataclass(frozen=True, slots=True)
class Span:
    """Bytes ``start`` to ``stop`` of one file, or as many zeros of padding."""

    file_index: int | None
    """Index in ``Metainfo.files``; None for padding."""
    start: int
    stop: int

    @property
    def length(self) -> int:
        """Bytes."""
        return self.stop - self.start


@dataclass(frozen=True, slots=True)
class Layout:
    """The row of bytes that pieces are numbered over."""

    piece_length: int
    starts: tuple[int, ...]
    """Offset of each file in the row, ascending."""
    lengths: tuple[int, ...]
    """Bytes of each file."""
    total: int
    """Bytes of the whole row, padding included."""

    @classmethod
    def aligned(cls, lengths: Iterable[int], piece_length: int) -> Layout:
        """The row of a v2 or hybrid torrent: every file that has bytes starts a piece."""
        sizes = tuple(lengths)
        starts: list[int] = []
        at = 0
        for size in sizes:
            if size:
                at = -(-at // piece_length) * piece_length
            starts.append(at)
            at += size
        return cls(piece_length, tuple(starts), sizes, at)

    @classmethod
    def listed(cls, entries: Iterable[V1Entry], piece_length: int) -> Layout:
        """The row of a v1 file list: each entry right after the one before, pad files where they are listed."""
        starts: list[int] = []
        lengths: list[int] = []
        at = 0
        for entry in entries:
            if not entry.is_pad:
                starts.append(at)
                lengths.append(entry.length)
            at += entry.length
        return cls(piece_length, tuple(starts), tuple(lengths), at)

    @classmethod
    def of(cls, metainfo: Metainfo) -> Layout:
        """The row of a torrent."""
        if metainfo.format != "v1":
            return cls.aligned((file.length for file in metainfo.files), metainfo.piece_length)
        return cls.listed(metainfo.v1_entries, metainfo.piece_length)

    @property
    def list_places(self) -> tuple[int, ...]:
        """The number of each file in the torrent's list, where padding counts as a file too.

        So libtorrent counts, and what is built on it; so BEP 53 (``so=``) means it.
        """
        places, place, end = [], 0, 0
        for start, length in zip(self.starts, self.lengths, strict=True):
            place += start > end
            places.append(place)
            place, end = place + 1, start + length
        return tuple(places)

    @property
    def piece_count(self) -> int:
        """Pieces in the row."""
        return -(-self.total // self.piece_length)

    def piece_size(self, index: int) -> int:
        """Bytes of a piece, padding included; only the last one is short."""
        return min(self.piece_length, self.total - index * self.piece_length)

    def piece_spans(self, index: int) -> tuple[Span, ...]:
        """The spans that make up a piece, in order, padding included."""
        return self.spans_of(range(index, index + 1))

    def spans_of(self, pieces: range) -> tuple[Span, ...]:
        """The spans of a run of pieces."""
        return self.spans(pieces.start * self.piece_length, min(pieces.stop * self.piece_length, self.total))

    def spans(self, start: int, stop: int) -> tuple[Span, ...]:
        """The spans of bytes ``start`` to ``stop`` of the row."""
        found: list[Span] = []
        index = max(bisect_right(self.starts, start) - 1, 0)
        while start < stop and index < len(self.starts):
            if (gap := min(self.starts[index], stop) - start) > 0:
                found.append(Span(None, 0, gap))
                start += gap
            end = min(self.starts[index] + self.lengths[index], stop)
            if start < end:
                found.append(Span(index, start - self.starts[index], end - self.starts[index]))
                start = end
            index += 1
        if start < stop:
            found.append(Span(None, 0, stop - start))
        return tuple(found)

    def file_pieces(self, file_index: int) -> range:
        """The pieces that hold any byte of a file; empty for an empty file."""
        start, length = self.starts[file_index], self.lengths[file_index]
        if not length:
            return range(0)
        return range(start // self.piece_length, -(-(start + length) // self.piece_length))


def web_seed_url(base: str, metainfo: Metainfo, file_index: int) -> str:
    """Where a web seed serves a file: see :func:`file_url`."""
    path = metainfo.files[file_index].path
    return file_url(base, metainfo.name, path, is_single_file=metainfo.is_single_file)


def file_url(base: str, name: str, path: Sequence[str], *, is_single_file: bool) -> str:
    """Where a web seed serves a file (BEP 19), or where a template says that it is.

    A single file is at the URL itself, or below it under the torrent's name when the URL ends in a slash. A
    folder's files are below URL and name, whether the slash is there or not. In a template ``{path}`` becomes the
    file's path below the torrent's folder, ``{flat}`` its flat name; both percent-encoded. A single file's path is its
    name.

    Args:
        base: The web seed's address.
        name: Of the torrent.
        path: Of the file below the torrent's folder, as its components.
        is_single_file: Whether the torrent is one file.
    """
    if "{" in base and is_template(base):
        return expanded(base, path)
    if is_single_file:
        return base + quote(name, safe="") if base.endswith("/") else base
    root = base if base.endswith("/") else base + "/"
    return root + quoted_path((name, *path))


def web_seed_base(url: str, name: str, *, is_single_file: bool, format_: Format) -> str:
    """The spelling of a web seed that all clients read alike (BEP 19).

    A folder's web seed ends in a slash: libtorrent adds one, others do not. A single file's is the whole URL of the
    file: WebTorrent adds no name. But of a v2-only single file libtorrent 2.1.1 asks for the name below whatever URL
    there is, as if it were a folder, so there the folder's URL is the one that works.
    """
    if "?" in url:
        return url
    if not is_single_file:
        return url if url.endswith("/") else url + "/"
    if format_ == "v2":
        return url.removesuffix(quote(name, safe="")) if url.endswith("/" + quote(name, safe="")) else url
    return url + quote(name, safe="") if url.endswith("/") else url


def is_template(url: str) -> bool:
    """Whether a web seed's address is a template, and not a URL as BEP 19 has it."""
    return bool(_TEMPLATE.fullmatch(url))


def expanded(template: str, path: Sequence[str]) -> str:
    """The address of the file with this path, given as its components below the torrent's folder."""
    flat = quote(flat_name(path), safe="")
    return template.replace("{path}", quoted_path(path)) if "{path}" in template else template.replace("{flat}", flat)


def flat_name(parts: Sequence[str]) -> str:
    """A file's name where there are no folders: ``a/b.csv`` is ``a__b.csv``."""
    return FLAT_SEPARATOR.join(parts)


def flat_names(paths: Iterable[Sequence[str]]) -> tuple[str, ...]:
    """The flat names of the files of one dataset, in order.

    Raises:
        NameRefusedError: two paths give one name; rule ``flat-twin``, the message names both.
    """
    known: dict[str, str] = {}
    for parts in paths:
        name, path = flat_name(parts), "/".join(parts)
        if name in known:
            raise NameRefusedError(
                f"name {name!r} is refused: without folders {known[name]!r} and {path!r} are one",
                hint="Rename one of them where the data is made, or choose a mirror that has folders.",
                rule="flat-twin",
                name=name,
            )
        known[name] = path
    return tuple(known)


def quoted_path(parts: Sequence[str]) -> str:
    """A path as it stands in a URL."""
    return "/".join(quote(part, safe="") for part in parts)
