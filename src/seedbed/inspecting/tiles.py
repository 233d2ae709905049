# SPDX-License-Identifier: Apache-2.0
"""PMTiles 3: the header of 127 bytes tells all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pmtiles.tile import MagicNumberNotFound, SpecVersionUnsupported, deserialize_header

from seedbed.inspecting.extent import on_globe
from seedbed.inspecting.inspected import Inspected

if TYPE_CHECKING:
    from pathlib import Path

HEADER_BYTES = 127
_E7 = 1e7
"""Degrees stand in the header as whole ten-millionths."""


def inspect_tiles(path: Path) -> Inspected:
    """Extent, zooms and type of the tiles."""
    with path.open("rb") as file:
        head = file.read(HEADER_BYTES)
    if len(head) < HEADER_BYTES:
        return Inspected(remarks=("it is too short for PMTiles",))
    try:
        header = deserialize_header(head)
    except (MagicNumberNotFound, SpecVersionUnsupported, ValueError):
        return Inspected(remarks=("it is not PMTiles 3",))
    bounds = [header["min_lon_e7"], header["min_lat_e7"], header["max_lon_e7"], header["max_lat_e7"]]
    box, odd = on_globe([number / _E7 for number in bounds]) if any(bounds) else (None, "its header tells no extent")
    remarks = [odd] if odd else []
    if header["tile_data_offset"] + header["tile_data_length"] > path.stat().st_size:
        remarks.append("it is shorter than its header says; it looks cut")
    return Inspected(
        bbox=box,
        zooms=(header["min_zoom"], header["max_zoom"]),
        tile_type=header["tile_type"].name.lower(),
        remarks=tuple(remarks),
    )
