# SPDX-License-Identifier: Apache-2.0
"""What a .torrent file says: v1 (BEP 3), v2 and hybrid (BEP 52).

Also announce tiers (BEP 12), web seeds (BEP 19), similar torrents (BEP 38), pad files (BEP 47). ``parse`` is in
``metainfo_reader``, ``build`` in ``metainfo_writer``.

Rules: what is unsafe or ambiguous is refused, never repaired. Unknown keys are kept: the exact bytes of the info
dictionary are ``Metainfo.info``, and the outer dictionary is ``Metainfo.outer``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping

    from seedbed.core.bencode import Value
    from seedbed.core.ids import InfoHashes

Format: TypeAlias = Literal["v1", "v2", "hybrid"]

MIN_PIECE_LENGTH = 16_384
"""BEP 52: at least one block."""
MAX_PIECE_LENGTH = 16_777_216
"""A piece is the smallest thing that can be proved, re-fetched and kept in memory by every client."""
PAD_FOLDER = ".pad"
"""Where pad files live by convention (BEP 47)."""


@dataclass(frozen=True, slots=True)
class File:
    """A file of a torrent; pad files are not listed."""

    path: tuple[str, ...]
    """Below the torrent's root folder; for a single-file torrent the name itself."""
    length: int
    """Bytes."""
    pieces_root: bytes | None = None
    """Root of the file's Merkle tree (BEP 52); None in v1-only torrents and for empty files."""
    md5sum: str = ""
    """32 hex digits where the publisher gave them (v1)."""

    @property
    def display(self) -> str:
        """The path with slashes."""
        return "/".join(self.path)


@dataclass(frozen=True, slots=True)
class V1Entry:
    """A row of the v1 file list, padding included."""

    path: tuple[str, ...]
    length: int
    is_pad: bool = False


@dataclass(frozen=True, slots=True)
class Metainfo:
    """A torrent that was read and found sound."""

    name: str
    piece_length: int
    files: tuple[File, ...]
    is_single_file: bool
    info: bytes
    """The exact info dictionary, whose hash names the torrent."""
    info_hashes: InfoHashes
    pieces: bytes = b""
    """v1 piece hashes, 20 bytes each; empty in v2-only torrents."""
    v1_entries: tuple[V1Entry, ...] = ()
    """The v1 file list with its pad files; empty in v2-only torrents."""
    piece_layers: Mapping[bytes, bytes] = field(default_factory=dict)
    """Pieces root -> piece layer, for files of more than one piece (BEP 52)."""
    trackers: tuple[tuple[str, ...], ...] = ()
    """Announce tiers (BEP 12)."""
    web_seeds: tuple[str, ...] = ()
    comment: str = ""
    created_by: str = ""
    creation_date: int | None = None
    """Seconds since 1970, UTC."""
    source: str = ""
    similar: tuple[bytes, ...] = ()
    """Info-hashes (20 bytes) of torrents that share files with this one (BEP 38)."""
    outer: Mapping[bytes, Value] = field(default_factory=dict)
    """The whole outer dictionary as read, info included, unknown keys kept."""

    @property
    def format(self) -> Format:
        """Which hashes the torrent has."""
        if not self.pieces:
            return "v2"
        return "hybrid" if self.info_hashes.v2 else "v1"

    @property
    def size_bytes(self) -> int:
        """Bytes of all files, padding not counted."""
        return sum(file.length for file in self.files)

    @property
    def padding_bytes(self) -> int:
        """Bytes of padding that the v1 file list adds."""
        return sum(entry.length for entry in self.v1_entries if entry.is_pad)


@dataclass(frozen=True, slots=True)
class Draft:
    """What a torrent shall say; hashes are made by the caller."""

    name: str
    piece_length: int
    files: tuple[File, ...]
    """Sorted by the bytes of their paths; with ``pieces_root`` for v2 and hybrid."""
    is_single_file: bool
    format: Format = "hybrid"
    pieces: bytes = b""
    piece_layers: Mapping[bytes, bytes] = field(default_factory=dict)
    trackers: tuple[tuple[str, ...], ...] = ()
    web_seeds: tuple[str, ...] = ()
    comment: str = ""
    created_by: str = ""
    creation_date: int | None = None
    source: str = ""
    similar: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class Rules:
    """Bounds on what is accepted; the defaults suit files from strangers."""

    max_files: int = 100_000
    """More are refused by other clients too, or take them minutes."""
    max_pieces: int = 100_000
    """1.6 TB at 16 MiB; about 170 bytes of memory each in the engine."""
    max_empty_files: int = 1_000
    """Empty files cost entries and hold nothing; see ``max_empty_share``."""
    max_empty_share: float = 0.01
    """Share of empty files that is accepted beyond ``max_empty_files``."""
    max_web_seeds: int = 16
    """Each is a server that strangers can make us ask."""
    max_trackers: int = 100
    allow_private_hosts: bool = True
    """Whether web seeds may name this machine's own network; a portal says no, a node's filter decides at connect."""
    require_piece_layers: bool = True
    """A .torrent file must bring its piece layers; metadata from peers comes without."""


DEFAULT_RULES = Rules()
PORTAL_RULES = Rules(allow_private_hosts=False)
"""For torrents that will be listed in public."""
