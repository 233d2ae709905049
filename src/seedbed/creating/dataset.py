# SPDX-License-Identifier: Apache-2.0
"""What is to be published: names, lengths, and a source of the bytes, wherever they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

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


class NamedSource(Source, Protocol):
    """A source that can tell one version of a file from another."""

    def identity(self, file_index: int) -> str:
        """Changes when the file does: location, time, inode or entity tag. The journal trusts nothing else."""
        ...


@dataclass(frozen=True, slots=True)
class Dataset:
    """Files under one name."""

    name: str
    is_single_file: bool
    items: tuple[Item, ...]
    """Sorted by path: text sorts by code point, which is the byte order of its UTF-8 (BEP 52)."""
    source: NamedSource
    """Reads the items, by index."""
    web_seeds: tuple[str, ...] = ()
    """Where the same bytes can be had over HTTP, in the form of BEP 19."""
    folder_url: str = ""
    """Below which each file of a folder is by its path, ending in a slash, whatever the folder is called there."""
    remarks: tuple[str, ...] = ()
    """What was left out and why, for people."""

    @property
    def size_bytes(self) -> int:
        """Bytes of all files."""
        return sum(item.length for item in self.items)
