# SPDX-License-Identifier: Apache-2.0
"""Metadata that lies among the data: ``datapackage.json``, or a STAC item or collection.

It came with the data and may be anybody's, so what is wrong in it is a remark, and the rest of it is used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from seedbed.errors import InputError
from seedbed.publishing import from_datapackage, from_stac, metadata_file
from seedbed.publishing.reading import read
from seedbed.publishing.said import Source

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from typing import Any

DATAPACKAGE = "datapackage.json"
_STAC_MARK = b'"stac_version"'
_MOST_CANDIDATES = 50
"""JSON files beside each other that are looked into; folders with more hold data as JSON."""


def read_sidecars(files: Mapping[str, Path]) -> tuple[list[Source], list[str]]:
    """What metadata among the data says.

    Args:
        files: Name in the dataset -> where the file is. Only those at the top are looked at.

    Returns:
        The sources, the most trusted first; and remarks.
    """
    sources, remarks = [], []
    if DATAPACKAGE in files:
        found, odd = _read(DATAPACKAGE, files[DATAPACKAGE])
        sources += found
        remarks += odd
    name = _stac_name(files)
    if name:
        found, odd = _read(name, files[name])
        sources += found
        remarks += odd
    return sources, remarks


def is_sidecar(name: str) -> bool:
    """Whether a file of this name is about the data, and not data."""
    return name == DATAPACKAGE


def _read(name: str, path: Path) -> tuple[list[Source], list[str]]:
    try:
        values = metadata_file.load(path)
    except InputError as error:
        return [], [f"{name}: it is not used: {error.message.rpartition(': ')[2]}"]
    ours = from_datapackage.fields(values) if name == DATAPACKAGE else from_stac.fields(values)
    said, findings = read(ours)
    return [Source(name, said)], [f"{name}: {finding} (not used)" for finding in findings]


def _stac_name(files: Mapping[str, Path]) -> str:
    """The one STAC file at the top; a collection before its items. Several items are several datasets."""
    names = [name for name in files if "/" not in name and name.lower().endswith(".json") and name != DATAPACKAGE]
    found: dict[str, list[str]] = {}
    for name in names if len(names) <= _MOST_CANDIDATES else ():
        kind = _stac_kind(files[name])
        found.setdefault(kind, []).append(name)
    for kind in ("Collection", "Feature"):
        if len(found.get(kind, ())) == 1:
            return found[kind][0]
    return ""


def _stac_kind(path: Path) -> str:
    """The type of a STAC object; empty when it is none."""
    try:
        with path.open("rb") as file:
            head = file.read(metadata_file.MAX_BYTES + 1)
        values: dict[str, Any] = metadata_file.load(path) if _STAC_MARK in head else {}
    except (OSError, InputError):
        return ""
    return str(values.get("type", ""))
