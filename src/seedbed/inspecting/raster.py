# SPDX-License-Identifier: Apache-2.0
"""GeoTIFF and COG, read by GDAL: size, bands, coordinate system, extent. The pixels stay where they are."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import rasterio
from rasterio.errors import RasterioError
from rasterio.windows import Window

from seedbed.inspecting.extent import PIXEL_DEG, carried_to_globe
from seedbed.inspecting.inspected import Inspected

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

    from seedbed.inspecting.inspected import BBox

_COG = "image/tiff; application=geotiff; profile=cloud-optimized"
_PLAIN = "image/tiff"


def inspect_raster(path: Path) -> Inspected:
    """Size, bands, coordinate system and extent."""
    with warnings.catch_warnings(), rasterio.Env(GDAL_PAM_ENABLED="NO"):  # GDAL writes nothing beside the data
        warnings.simplefilter("ignore")
        try:
            with rasterio.open(path, driver="GTiff") as image:
                return _inspect(image)
        except RasterioError as error:
            return Inspected(remarks=(f"it cannot be read: {str(error).partition(chr(10))[0][:200]}",))


def _inspect(image: Any) -> Inspected:
    bbox, odd = _extent(image)
    remarks = [odd] if odd else []
    if not _is_whole(image):
        remarks.append("its last pixels cannot be read; it looks cut")
    code = image.crs.to_authority() if image.crs else None
    return Inspected(
        media_type=_media_type(image),
        bbox=bbox,
        proj_code=":".join(code) if code else "",
        shape=(image.height, image.width),
        transform=tuple(image.transform)[:6] if image.crs else (),
        band_types=tuple(image.dtypes),
        remarks=tuple(remarks),
    )


def _extent(image: Any) -> tuple[BBox | None, str]:
    if not image.crs:
        return None, "it has no coordinate system, so its extent is not known"
    if image.transform.is_identity:
        return None, "it does not say where its pixels lie"
    left, bottom, right, top = image.bounds
    bounds = min(left, right), min(bottom, top), max(left, right), max(bottom, top)
    return carried_to_globe(bounds, image.crs, tolerance_deg=PIXEL_DEG)


def _is_whole(image: Any) -> bool:
    """Whether the last pixel can be read: a file that was cut has its head, but not its tail."""
    try:
        image.read(1, window=Window(image.width - 1, image.height - 1, 1, 1))
    except RasterioError:
        return False
    return True


def _media_type(image: Any) -> str:
    if not image.crs:
        return _PLAIN
    return _COG if image.tags(ns="IMAGE_STRUCTURE").get("LAYOUT") == "COG" else ""
