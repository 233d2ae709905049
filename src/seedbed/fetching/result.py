# SPDX-License-Identifier: Apache-2.0
"""What a fetch tells: while it runs and at its end."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a fetch is; told a few times a second."""

    stage: str
    """``torrent`` (looking for it), ``checking`` (what is there), ``fetching`` or ``saving``."""
    bytes_done: int = 0
    bytes_total: int = 0
    mirrors: int = 0
    """HTTP sources in use."""
    peers: int = 0
    """Peers connected."""
    name: str = ""


@dataclass(frozen=True, slots=True)
class SourceReport:
    """What one source did."""

    name: str
    """A web seed's URL or template, or ``peers``."""
    bytes_good: int
    """Bytes that came from it and were proved."""
    pieces_wrong: tuple[int, ...] = ()
    """Pieces that it sent with wrong bytes."""
    banned: str = ""
    """Why nothing more was asked of it; empty when it was in use to the end."""
    faults: tuple[str, ...] = ()
    """What went wrong with it, each once."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """Verified files in their final place."""

    root: Path
    """The file, or the torrent's folder."""
    paths: tuple[Path, ...]
    """The wanted files."""
    info_hash: str
    size_bytes: int
    """Bytes of the wanted files."""
    bytes_from_mirrors: int
    bytes_from_peers: int
    bytes_reused: int
    """Bytes that were there before and were proved again."""
    sources: tuple[SourceReport, ...] = field(default=())
    proof: str = ""
    """Which hashes proved the data: ``SHA-256 (BitTorrent v2)`` or ``SHA-1 (BitTorrent v1)``."""
    seconds: float = 0.0
    was_complete: bool = False
    """All was there before."""
