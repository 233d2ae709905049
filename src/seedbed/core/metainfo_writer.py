# SPDX-License-Identifier: Apache-2.0
"""Writing a .torrent: the same draft always gives the same bytes (BEP 3, 12, 19, 38, 47, 52).

Pad files stand between files only, never after the last one; no attributes; no creation date unless given.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from seedbed.core import bencode
from seedbed.core.file_tree import encoded_tree
from seedbed.core.layout import Layout, is_template
from seedbed.core.metainfo import PAD_FOLDER
from seedbed.errors import TorrentError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from seedbed.core.bencode import Value
    from seedbed.core.metainfo import Draft, File

_PAD = PAD_FOLDER.encode()


def build(draft: Draft) -> bytes:
    """The .torrent file for a draft; ``parse(build(draft))`` gives back what the draft says.

    Raises:
        ValueError: the files are not sorted by the bytes of their paths (v2 and hybrid), or a web seed is a template.
    """
    return build_with_info(draft)[0]


def build_with_info(draft: Draft) -> tuple[bytes, bytes]:
    """The .torrent file, and the exact info dictionary in it, whose hash names the torrent.

    Raises:
        ValueError: the files are not sorted by the bytes of their paths (v2 and hybrid), or a web seed is a template.
    """
    info = _dictionary(_info(draft))
    outer = {key: bencode.encode(value) for key, value in _outer(draft).items()}
    return _dictionary(outer | {b"info": info}), info


def with_web_seeds(torrent: bytes, urls: Sequence[str]) -> bytes:
    """A .torrent that names other web seeds (BEP 19); the info dictionary, and so the info-hash, stays.

    Args:
        torrent: Canonical, as all that we read; so what is not changed comes out as it was.
        urls: All of them.

    Raises:
        BencodeError: it is not canonical bencoding.
        TorrentError: it is no dictionary.
    """
    outer = bencode.decode(torrent)
    if not isinstance(outer, dict):
        raise TorrentError("not a torrent: expected a bencoded dictionary", rule="shape")
    rest = {key: value for key, value in outer.items() if key != b"url-list"}
    seeds: dict[bytes, Value] = {b"url-list": [url.encode() for url in urls]} if urls else {}
    return bencode.encode(rest | seeds)


def _dictionary(encoded: dict[bytes, bytes]) -> bytes:
    """A dictionary whose values are encoded already."""
    return b"d" + b"".join(b"%d:%b%b" % (len(key), key, encoded[key]) for key in sorted(encoded)) + b"e"


def _outer(draft: Draft) -> dict[bytes, Value]:
    """Everything beside the info dictionary."""
    outer: dict[bytes, Value] = {}
    if draft.trackers:
        outer[b"announce"] = draft.trackers[0][0].encode()
        if sum(map(len, draft.trackers)) > 1:
            outer[b"announce-list"] = [[url.encode() for url in tier] for tier in draft.trackers]
    if templates := [url for url in draft.web_seeds if is_template(url)]:
        raise ValueError(f"{templates[0]}: no client knows templates: they do not belong into a torrent")
    if draft.web_seeds:
        outer[b"url-list"] = [url.encode() for url in draft.web_seeds]
    if draft.comment:
        outer[b"comment"] = draft.comment.encode()
    if draft.created_by:
        outer[b"created by"] = draft.created_by.encode()
    if draft.creation_date is not None:
        outer[b"creation date"] = draft.creation_date
    if draft.format != "v1":
        outer[b"piece layers"] = dict(draft.piece_layers)
    return outer


def _info(draft: Draft) -> dict[bytes, bytes]:
    """The info dictionary's values, encoded."""
    info: dict[bytes, Value] = {b"name": draft.name.encode(), b"piece length": draft.piece_length}
    if draft.source:
        info[b"source"] = draft.source.encode()
    if draft.similar:
        info[b"similar"] = list(draft.similar)
    encoded: dict[bytes, bytes] = {}
    if draft.format != "v2":
        encoded |= _v1_part(draft)
    if draft.format != "v1":
        _require_sorted(draft.files)
        info[b"meta version"] = 2
        encoded[b"file tree"] = encoded_tree(draft.files)
    return encoded | {key: bencode.encode(value) for key, value in info.items()}


def _v1_part(draft: Draft) -> dict[bytes, bytes]:
    part = {b"pieces": bencode.encode(draft.pieces)}
    if not draft.is_single_file:
        return part | {b"files": b"l" + b"".join(_v1_rows(draft)) + b"e"}
    only = draft.files[0]
    md5sum = {b"md5sum": bencode.encode(only.md5sum.encode())} if only.md5sum else {}
    return part | {b"length": bencode.encode(only.length)} | md5sum


def _v1_rows(draft: Draft) -> Iterator[bytes]:
    """The v1 file list, encoded row by row: a hundred thousand files are a second's work as dictionaries."""
    layout = Layout.aligned((file.length for file in draft.files), draft.piece_length)
    at = 0
    for file, start in zip(draft.files, layout.starts, strict=True):
        if draft.format == "hybrid" and start > at:
            yield _pad_row(start - at)
        path = b"".join([b"%d:%b" % (len(part), part) for part in map(str.encode, file.path)])
        md5sum = b"6:md5sum%d:%b" % (len(file.md5sum), file.md5sum.encode()) if file.md5sum else b""
        yield b"d6:lengthi%de%b4:pathl%bee" % (file.length, md5sum, path)
        at = start + file.length


def _pad_row(length: int) -> bytes:
    name = b"%d" % length
    return b"d4:attr1:p6:lengthi%de4:pathl%d:%b%d:%bee" % (length, len(_PAD), _PAD, len(name), name)


def _require_sorted(files: tuple[File, ...]) -> None:
    if any(a.path > b.path for a, b in pairwise(files)):  # text sorts by code point, as its UTF-8 sorts by byte
        raise ValueError("files of a v2 torrent must be sorted by the bytes of their paths")
