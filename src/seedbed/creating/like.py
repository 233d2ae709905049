# SPDX-License-Identifier: Apache-2.0
"""Making the torrent that another program would make, so that both join one swarm.

py3createtorrent 1.2: v1, files of each folder in the order of their names in lower case, about 2,000 pieces.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from seedbed.core import names
from seedbed.hashing.files import LocalFiles

if TYPE_CHECKING:
    from seedbed.creating.dataset import Dataset

_LONGEST = 64 << 20
_SHORTEST = 16 << 10


def renamed(dataset: Dataset, name: str) -> Dataset:
    """The dataset under another name.

    Raises:
        NameRefusedError: the name is not good on every system.
    """
    names.check_component(name)
    if not dataset.is_single_file:
        return replace(dataset, name=name)
    return replace(dataset, name=name, items=(replace(dataset.items[0], path=(name,)),))


def in_order_of_py3createtorrent(dataset: Dataset) -> Dataset:
    """The files in the order in which py3createtorrent lists them."""
    if not isinstance(dataset.source, LocalFiles):
        return dataset
    keys = [[(part.lower(), part) for part in item.path] for item in dataset.items]
    order = sorted(range(len(keys)), key=keys.__getitem__)
    paths, listed = dataset.source.paths, dataset.source.listed
    source = LocalFiles([paths[i] for i in order], [listed[i] for i in order])
    return replace(dataset, items=tuple(dataset.items[i] for i in order), source=source)


def piece_length_of_py3createtorrent(size_bytes: int) -> int:
    """The piece length that py3createtorrent chooses."""
    piece_length = 256 << 10
    while size_bytes / piece_length > 2000:
        piece_length *= 2
    while size_bytes / piece_length < 8 and piece_length > _SHORTEST:
        piece_length //= 2
    return min(piece_length, _LONGEST)
