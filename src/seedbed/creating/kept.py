# SPDX-License-Identifier: Apache-2.0
"""A torrent that exists already is kept, byte for byte, for data that it is proved to be of: its swarm lives on."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from seedbed.core import metainfo_reader
from seedbed.core.ids import V1_LENGTH
from seedbed.creating.like import renamed
from seedbed.errors import DataError, InputError
from seedbed.hashing.files import LocalFiles

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seedbed.core.metainfo import File, Metainfo
    from seedbed.creating.create import Wish
    from seedbed.creating.dataset import Dataset
    from seedbed.hashing.job import Hashes


def fitted(dataset: Dataset, wish: Wish) -> tuple[Dataset, Wish]:
    """The dataset under the torrent's name, in the order of its files, and the wish for a torrent of its form.

    Args:
        dataset: Files on this machine.
        wish: With the torrent as ``kept``.

    Raises:
        TorrentError: it cannot be read.
        InputError: it is of other files, or pads them in a way of its own.
    """
    torrent = metainfo_reader.parse(wish.kept)
    _refuse_pads(torrent)
    ordered = _in_order(renamed(dataset, torrent.name), torrent)
    return ordered, replace(
        wish, format=torrent.format, piece_length=torrent.piece_length, trackers=torrent.trackers,
        web_seeds=tuple(dict.fromkeys((*torrent.web_seeds, *wish.web_seeds))),
    )  # fmt: skip


def proved(kept: bytes, hashes: Hashes, files: Sequence[File]) -> Metainfo:
    """The torrent, when these are the hashes of its data.

    Args:
        kept: The .torrent file.
        hashes: Of the dataset as :func:`fitted` gave it.
        files: With their pieces roots, where there are any.

    Raises:
        DataError: the data is not what the torrent is of; names the first file or piece.
    """
    torrent = metainfo_reader.parse(kept)
    for ours, theirs in zip(files, torrent.files, strict=True):
        if theirs.pieces_root and ours.pieces_root != theirs.pieces_root:
            raise DataError(f"{theirs.display}: it is not the file that the torrent is of", hint=_HINT)
    if torrent.pieces and hashes.pieces != torrent.pieces:
        count = len(torrent.pieces) // V1_LENGTH
        spans = (slice(at * V1_LENGTH, (at + 1) * V1_LENGTH) for at in range(count))
        first = next((at for at, span in enumerate(spans) if hashes.pieces[span] != torrent.pieces[span]), count)
        raise DataError(f"{torrent.name}: piece {first:,} of {count:,} is not what the torrent says", hint=_HINT)
    return torrent


_HINT = "'seedbed torrent verify' names every file that differs."


def _refuse_pads(torrent: Metainfo) -> None:
    if torrent.format == "v1" and any(entry.is_pad for entry in torrent.v1_entries):
        raise InputError(
            f"{torrent.name}: a v1 torrent with pad files cannot be kept",
            hint="Without --torrent a new one is made; the old swarm is not joined then.",
        )


def _in_order(dataset: Dataset, torrent: Metainfo) -> Dataset:
    """The same files, as the torrent lists them.

    Raises:
        InputError: files are missing, or more than the torrent has.
    """
    if not isinstance(dataset.source, LocalFiles):
        raise InputError("--torrent: expected a file or folder of this machine, got URLs")
    places = {item.path: at for at, item in enumerate(dataset.items)}
    wanted = {file.path: file.length for file in torrent.files}
    if missing := sorted(wanted.keys() - places.keys()):
        raise InputError(f"{torrent.name}: {'/'.join(missing[0])} is in the torrent, and not in the data")
    if more := sorted(places.keys() - wanted.keys()):
        raise InputError(f"{torrent.name}: {'/'.join(more[0])} is in the data, and not in the torrent")
    for path, length in wanted.items():
        if (ours := dataset.items[places[path]].length) != length:
            raise InputError(f"{'/'.join(path)}: expected {length:,} bytes as in the torrent, got {ours:,}")
    order = [places[file.path] for file in torrent.files]
    paths, listed = dataset.source.paths, dataset.source.listed
    source = LocalFiles([paths[at] for at in order], [listed[at] for at in order])
    return replace(dataset, items=tuple(dataset.items[at] for at in order), source=source)
