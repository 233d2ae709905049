# SPDX-License-Identifier: Apache-2.0
"""A torrent that was found, and what its finding taught."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from seedbed.core.metainfo import Metainfo
    from seedbed.fetching.options import Options


@dataclass(frozen=True, slots=True)
class FoundTorrent:
    """What to fetch, and how."""

    metainfo: Metainfo
    options: Options
    """With the peers that a magnet names, or who sent its metadata."""
    select_only: tuple[range, ...] = ()
    """Files that a magnet chose (BEP 53); empty means all."""
    is_from_magnet: bool = False
