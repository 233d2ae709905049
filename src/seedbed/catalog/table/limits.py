# SPDX-License-Identifier: Apache-2.0
"""How much a stranger's catalogue may ask for, and what an examined one holds (plain values)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from seedbed.catalog.model import Site


@dataclass(frozen=True, slots=True)
class ExamineLimits:
    """Beyond these a catalogue is refused; a million rows need a tenth of most of them."""

    max_rows: int = 5_000_000
    max_file_rows: int = 100_000_000
    max_columns: int = 1_000
    """Leaf columns: ours has some 170."""
    max_row_groups: int = 20_000
    max_footer_bytes: int = 64 << 20
    """Column chunks are described in some 100 bytes each."""
    memory_bytes: int = 3 << 30
    """Address space of the child process; it uses a third of it for a million rows, and reserves the rest."""
    cpu_s: int = 600
    wall_s: float = 900.0


@dataclass(frozen=True, slots=True)
class Examined:
    """A catalogue in which every row is good, and what it takes away from the one before."""

    site: Site
    rows: int
    datasets: int
    size_bytes: int
    """Of all versions together."""
    file_rows: int = 0
    """Of ``files.parquet``; 0 without it."""
    removed_datasets: int = 0
    """Datasets of the catalogue before that have no row any more."""
    removed_rows: int = 0
    """Versions of the catalogue before that are not there any more."""
    removed_bytes: int = 0
    """Of those versions."""
    removed_names: tuple[str, ...] = field(default=())
    """Some of the removed datasets, at most 20."""
    withdrawn: tuple[str, ...] = ()
    """Ids that are withdrawn now and were not before, at most 1,000."""
    withdrawn_rows: int = 0
    """How many of them there are."""
    withdrawn_bytes: int = 0
    replaced: tuple[str, ...] = ()
    """Ids that have another info-hash than before, at most 20. Versions never change: somebody made a mistake, or
    worse."""
