# SPDX-License-Identifier: Apache-2.0
"""The door to all readers: a file of any kind in, what it says of itself out. Nothing here stops a publisher."""

from __future__ import annotations

import importlib
import logging
from dataclasses import replace
from typing import TYPE_CHECKING

from seedbed.inspecting import kinds
from seedbed.inspecting.inspected import Inspected

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from seedbed.inspecting.kinds import Family

_SNIFFED_BYTES = 4096
_GEOJSON_WORDS = (b'"FeatureCollection"', b'"Feature"')
_log = logging.getLogger(__name__)


def inspect(path: Path) -> Inspected:
    """Read what a file says of itself.

    A file that is broken, empty, of a kind that nobody here knows or not there gives what is known, and a remark.

    Args:
        path: The file; it is only read.
    """
    media_type, family = _kind(path)
    try:
        found = _read(path, family)
    except Exception as error:  # noqa: BLE001  # odd files make libraries fail in ways that they do not document
        _log.debug("%s: inspection failed", path, exc_info=True)
        found = Inspected(remarks=(f"it cannot be read: {type(error).__name__}: {str(error)[:200]}",))
    remarks = tuple(remark.replace(f"{path.parent}/", "") for remark in found.remarks)
    return replace(found, media_type=found.media_type or media_type, remarks=remarks)


def _read(path: Path, family: Family) -> Inspected:
    """Each reader is imported only when a file needs it: together they are half a second."""
    if not family:
        return Inspected()
    module = importlib.import_module(f"seedbed.inspecting.{family}")
    reader: Callable[[Path], Inspected] = getattr(module, f"inspect_{family}")
    return reader(path)


def _kind(path: Path) -> tuple[str, Family]:
    """Media type and family; a .json or .ndjson that begins like GeoJSON is GeoJSON."""
    known, family = kinds.kind(path.name)
    if path.suffix.lower() not in {".json", ".jsonl", ".ndjson"}:
        return known, family
    try:
        with path.open("rb") as file:
            head = file.read(_SNIFFED_BYTES)
    except OSError:
        return known, family
    if not any(word in head for word in _GEOJSON_WORDS):
        return known, family
    return kinds.GEOJSON if path.suffix.lower() == ".json" else kinds.GEOJSON_LINES
