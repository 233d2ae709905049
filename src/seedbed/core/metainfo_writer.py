# SPDX-License-Identifier: Apache-2.0
"""Writing a .torrent: the same draft always gives the same bytes (BEP 3, 12, 19, 38, 47, 52).

Pad files stand between files only, never after the last one; no attributes; no creation date unless given.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from seedbed.core import bencode
from seedbed.core.file_tree import tree_of
from seedbed.core.layout import Layout
from seedbed.core.metainfo import PAD_FOLDER

if TYPE_CHECKING:
    from seedbed.core.bencode import Value
    from seedbed.core.metainfo import Draft, File


def build(draft: Draft) -> bytes:
    """The .torrent file for a draft; ``parse(build(draft))`` gives back what the draft says.

    Raises:
        ValueError: the files are not sorted by the bytes of their paths (v2 and hybrid).
    """
    return build_with_info(draft)[0]


def build_with_info(draft: Draft) -> tuple[bytes, bytes]:
    """The .torrent file, and the exact info dictionary in it, whose hash names the torrent.

    Raises:
        ValueError: the files are not sorted by the bytes of their paths (v2 and hybrid).
    """
    info = bencode.encode(_info(draft))
    outer = _outer(draft)
    values = {key: bencode.encode(value) for key, value in outer.items()} | {b"info": info}
    rows = [bencode.encode(key) + values[key] for key in sorted(values)]
    return b"d" + b"".join(rows) + b"e", info


def _outer(draft: Draft) -> dict[bytes, Value]:
    """Everything beside the info dictionary."""
    outer: dict[bytes, Value] = {}
    if draft.trackers:
        outer[b"announce"] = draft.trackers[0][0].encode()
        if sum(map(len, draft.trackers)) > 1:
            outer[b"announce-list"] = [[url.encode() for url in tier] for tier in draft.trackers]
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


def _info(draft: Draft) -> dict[bytes, Value]:
    info: dict[bytes, Value] = {b"name": draft.name.encode(), b"piece length": draft.piece_length}
    if draft.format != "v2":
        info |= _v1_part(draft)
    if draft.format != "v1":
        _require_sorted(draft.files)
        info[b"meta version"] = 2
        info[b"file tree"] = tree_of(draft.files)
    if draft.source:
        info[b"source"] = draft.source.encode()
    if draft.similar:
        info[b"similar"] = list(draft.similar)
    return info


def _v1_part(draft: Draft) -> dict[bytes, Value]:
    part: dict[bytes, Value] = {b"pieces": draft.pieces}
    if not draft.is_single_file:
        return part | {b"files": _v1_list(draft)}
    only = draft.files[0]
    return part | {b"length": only.length} | _md5sum(only)


def _v1_list(draft: Draft) -> list[Value]:
    rows: list[Value] = []
    layout = Layout.aligned((file.length for file in draft.files), draft.piece_length)
    at = 0
    for file, start in zip(draft.files, layout.starts, strict=True):
        if draft.format == "hybrid" and start > at:
            rows.append(_pad(start - at))
        rows.append({b"length": file.length, b"path": [part.encode() for part in file.path], **_md5sum(file)})
        at = start + file.length
    return rows


def _pad(length: int) -> dict[bytes, Value]:
    return {b"attr": b"p", b"length": length, b"path": [PAD_FOLDER.encode(), str(length).encode()]}


def _md5sum(file: File) -> dict[bytes, Value]:
    return {b"md5sum": file.md5sum.encode()} if file.md5sum else {}


def _require_sorted(files: tuple[File, ...]) -> None:
    keys = [[part.encode() for part in file.path] for file in files]
    if keys != sorted(keys):
        raise ValueError("files of a v2 torrent must be sorted by the bytes of their paths")
