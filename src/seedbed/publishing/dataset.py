# SPDX-License-Identifier: Apache-2.0
"""What is to be published: names, lengths, and a source of the bytes, wherever they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from seedbed.hashing.batch import Source


LARGE_BYTES = 2 << 30
"""From here on an interrupted run is worth continuing; less is hashed again in a second or two."""


@dataclass(frozen=True, slots=True)
class Item:
    """One file of the dataset."""

    path: tuple[str, ...]
    """Below the dataset's folder; for a single file its name."""
    length: int
    """Bytes."""
    identity: str
    """Changes when the file does: location, time, inode or entity tag. The journal trusts nothing else."""


@dataclass(frozen=True, slots=True)
class Dataset:
    """Files under one name."""

    name: str
    is_single_file: bool
    items: tuple[Item, ...]
    """Sorted by the bytes of their paths (BEP 52)."""
    source: Source
    """Reads the items, by index."""
    web_seeds: tuple[str, ...] = ()
    """Where the same bytes can be had over HTTP, in the form of BEP 19."""
    remarks: tuple[str, ...] = ()
    """What was left out and why, for people."""

    @property
    def size_bytes(self) -> int:
        """Bytes of all files."""
        return sum(item.length for item in self.items)


def sort_key(path: tuple[str, ...]) -> list[bytes]:
    """The order of BEP 52, *file tree*: by the bytes of each part of the path."""
    return [part.encode("utf-8", "surrogateescape") for part in path]
