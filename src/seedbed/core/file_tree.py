# SPDX-License-Identifier: Apache-2.0
"""The v2 file tree and its piece layers (BEP 52, *file tree*, *piece layers*)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seedbed.core import merkle, names
from seedbed.core.fields import Fields, refuse, text_of
from seedbed.core.file_list import MAX_TOTAL_BYTES, length_of, refuse_links
from seedbed.core.metainfo import File, Metainfo, Rules

if TYPE_CHECKING:
    from collections.abc import Iterator


def read(info: Fields, rules: Rules) -> tuple[File, ...]:
    """The files of the v2 part, in tree order, which is the byte order of their paths.

    Raises:
        TorrentError: a malformed tree, a missing root, a link, too many files.
    """
    files: list[File] = []
    for file in _walk(Fields("file tree", info.table("file tree")), ()):
        files.append(file)
        if len(files) > rules.max_files:
            raise refuse("too-many-files", f"expected at most {rules.max_files:,} files")
    if sum(file.length for file in files) > MAX_TOTAL_BYTES:
        raise refuse("length", "the files' lengths add up to more than 2^62 bytes")
    return tuple(files)


def encoded_tree(files: tuple[File, ...]) -> bytes:
    """The encoded file tree for files sorted by path; the inverse of :func:`read`."""
    parts: list[bytes] = [b"d"]
    folder: tuple[str, ...] = ()
    for file in files:
        while folder != file.path[: len(folder)] or len(folder) >= len(file.path):
            parts.append(b"e")
            folder = folder[:-1]
        parts += [_name(name) + b"d" for name in file.path[len(folder) : -1]]
        folder = file.path[:-1]
        root = b"11:pieces root32:" + file.pieces_root if file.pieces_root is not None else b""
        parts.append(b"%bd0:d6:lengthi%de%bee" % (_name(file.path[-1]), file.length, root))
    return b"".join(parts) + b"e" * (len(folder) + 1)


def _name(name: str) -> bytes:
    raw = name.encode()
    return b"%d:%b" % (len(raw), raw)


def check_layers(metainfo: Metainfo, *, required: bool) -> None:
    """Check that every file of more than one piece has its piece layer, that it is true, and that no other is there.

    Raises:
        TorrentError: rule ``piece-layers``.
    """
    wanted = {f.pieces_root: f for f in metainfo.files if f.length > metainfo.piece_length and f.pieces_root}
    if extra := metainfo.piece_layers.keys() - wanted.keys():
        raise refuse("piece-layers", f"{len(extra)} piece layers belong to no file")
    for root, file in wanted.items():
        layer = metainfo.piece_layers.get(root)
        if layer is None and not required:
            continue
        pieces = -(-file.length // metainfo.piece_length)
        if layer is None or len(layer) != pieces * merkle.HASH_LENGTH:
            raise refuse("piece-layers", f"piece layer of {file.display!r}: expected {pieces} hashes")
        if merkle.root_from_layer(layer, metainfo.piece_length) != root:
            raise refuse(
                "piece-layers",
                f"piece layer of {file.display!r}: it does not lead to the file's root",
            )


def _walk(node: Fields, path: tuple[str, ...]) -> Iterator[File]:
    if not node.value:
        raise refuse("file-tree", f"empty folder {'/'.join(path)!r} in the file tree")
    if len(path) > names.MAX_DEPTH:
        raise refuse("depth", f"more than {names.MAX_DEPTH} folders deep")
    for key, value in node.value.items():
        if key:
            yield from _walk(Fields("file tree", value), (*path, text_of(key, "file tree")))
        elif len(node.value) > 1 or not path:
            raise refuse("file-tree", f"{'/'.join(path)!r} is both a file and a folder")
        else:
            yield _leaf(Fields("file tree", value), path)


def _leaf(fields: Fields, path: tuple[str, ...]) -> File:
    refuse_links(fields)
    length = length_of(fields)
    root = fields.string("pieces root", b"")
    if len(root) != (merkle.HASH_LENGTH if length else 0):
        raise refuse(
            "pieces-root",
            f"file {'/'.join(path)!r}: expected a root of 32 bytes where there is data",
        )
    return File(path, length, root or None)
