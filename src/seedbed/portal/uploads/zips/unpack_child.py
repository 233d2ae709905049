# SPDX-License-Identifier: Apache-2.0
"""The child process of ``unpack``: it judges, unpacks, hashes, makes durable, and tells."""

from __future__ import annotations

import hashlib
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seedbed.catalog.table.limited_child import answer_parent

if TYPE_CHECKING:
    from seedbed.catalog.table.limits import ExamineLimits
    from seedbed.hashing.base import Hasher
    from seedbed.hashing.memory import Memory
    from seedbed.portal.uploads.zips.judging import Item, Listing
    from seedbed.portal.uploads.zips.unpacking import Meter

_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | getattr(os, "O_NOFOLLOW", 0)


def work(asked: dict[str, Any], _limits: ExamineLimits) -> dict[str, Any]:
    """What came out of the archive, or why it is refused."""
    from seedbed.errors import NameRefusedError, SeedbedError  # noqa: PLC0415  # only after the limits hold
    from seedbed.portal.uploads.limited import leave_network  # noqa: PLC0415

    leave_network()
    try:
        return _unpack(asked)
    except SeedbedError as error:
        kind = "name" if isinstance(error, NameRefusedError) else "format"
        refused = {"kind": kind, "what": error.message, "hint": error.hint, "rule": str(error.data.get("rule", ""))}
        return {"refused": refused}
    except OSError as error:
        return {"refused": {"kind": "disk", "what": error.strerror or "", "hint": "", "rule": str(error.errno)}}


def _unpack(asked: dict[str, Any]) -> dict[str, Any]:
    from seedbed.fetching.disk.flushing import flush_tree  # noqa: PLC0415
    from seedbed.portal.uploads.zips.blob import FileBlob  # noqa: PLC0415
    from seedbed.portal.uploads.zips.judging import judge  # noqa: PLC0415

    with Path(asked["archive"]).open("rb") as file:
        blob = FileBlob.of(file.fileno())
        listing = judge(blob)
        _check_room(listing, asked["max_bytes"])
        root = root_of(listing)
        folder = Path(asked["folder"])
        folder.mkdir(mode=0o700)
        paths = _Writer(blob, folder, asked, listing, drop=1 if root else 0).write_all()
        flush_tree(folder, paths)
    return {"root": root, "files": len(paths), "size_bytes": listing.size_bytes}


def root_of(listing: Listing) -> str:
    """The folder that everything is in; empty when there is none."""
    firsts = {item.path[0] for item in listing.items}
    return firsts.pop() if len(firsts) == 1 and all(len(item.path) > 1 for item in listing.items) else ""


def _check_room(listing: Listing, max_bytes: int) -> None:
    from seedbed.portal.uploads.zips.refusing import refuse  # noqa: PLC0415

    if listing.size_bytes > max_bytes:
        raise refuse(
            "quota",
            f"{listing.size_bytes:,} bytes come out of it, and {max_bytes:,} are left to you",
            "Withdraw what you do not need, or ask the portal's keeper for more.",
        )


class _Writer:
    """Writes and hashes all files of a listing."""

    def __init__(self, blob: Any, folder: Path, asked: dict[str, Any], listing: Listing, *, drop: int) -> None:
        from seedbed.creating.piece_length import choose  # noqa: PLC0415
        from seedbed.hashing.choice import choose_engine  # noqa: PLC0415
        from seedbed.hashing.memory import Memory  # noqa: PLC0415
        from seedbed.portal.uploads.zips.unpacking import CHUNK_BYTES, Meter  # noqa: PLC0415

        self._blob, self._folder, self._listing, self._drop = blob, folder, listing, drop
        lengths = [item.size for item in listing.items]
        self._piece_length: int = asked["piece_length"] or choose(lengths, "hybrid").piece_length
        self._book = Path(asked["book"])
        self._hasher: Hasher = choose_engine().hasher()
        self._memory: Memory = Memory(2 * CHUNK_BYTES)
        self._meter: Meter = Meter(blob.length)

    def write_all(self) -> list[Path]:
        """Returns where they are."""
        from seedbed.portal.uploads.hash_book import append  # noqa: PLC0415

        lines, paths = [], []
        for item in self._listing.items:
            path = self._folder.joinpath(*item.path[self._drop :])
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            lines.append(self._write(item, path))
            paths.append(path)
        append(self._book, lines)
        return paths

    def _write(self, item: Item, path: Path) -> bytes:
        from seedbed.creating.create import SHA256_UP_TO_BYTES  # noqa: PLC0415
        from seedbed.portal.uploads.hash_book import FileHashes, line  # noqa: PLC0415
        from seedbed.portal.uploads.receiving.piece_hasher import PieceHasher  # noqa: PLC0415
        from seedbed.portal.uploads.zips.unpacking import unpacked  # noqa: PLC0415

        pieces = PieceHasher(self._hasher, length=item.size, piece_length=self._piece_length)
        sha256, found, filled = hashlib.sha256(), [], 0
        fd = os.open(path, _FLAGS, 0o600)
        with os.fdopen(fd, "wb") as file:
            for part in unpacked(self._blob, item, self._meter):
                file.write(part)
                if item.size <= SHA256_UP_TO_BYTES:
                    sha256.update(part)
                self._memory.view[filled : filled + len(part)] = part
                filled += len(part)
                is_end = pieces.position + filled == item.size
                whole = filled if is_end else filled // _BLOCK * _BLOCK
                found += pieces.feed(self._memory, whole)
                rest = bytes(self._memory.view[whole:filled])
                self._memory.view[: len(rest)] = rest
                filled = len(rest)
            file.flush()
            status = os.fstat(file.fileno())
        digest = sha256.hexdigest() if item.size <= SHA256_UP_TO_BYTES else ""
        name = "/".join(item.path[self._drop :])
        return line(name, FileHashes.of(status, self._piece_length, found, digest))


_BLOCK = 16_384
"""Of a leaf (BEP 52)."""

if __name__ == "__main__":
    sys.exit(answer_parent(work))
