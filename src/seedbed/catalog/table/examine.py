# SPDX-License-Identifier: Apache-2.0
"""Catalogues of strangers are parsed in a child process with limits, so that no file can take the node with it.

Who attacks: whoever can sign a catalogue, or a fault in a signer's program. How: a few megabytes that unpack to
20 GB, a footer of a million row groups, a fault in a Parquet reader. What it costs them: the child dies, the catalogue
is refused, the one before stays (reliability table C, 16 - 34).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from seedbed.catalog.model import Collection, Site
from seedbed.catalog.table.limited_child import ask_child
from seedbed.catalog.table.limits import Examined, ExamineLimits

if TYPE_CHECKING:
    from pathlib import Path

_CHILD = "seedbed.catalog.table.examine_child"


def examine(
    catalog: Path,
    *,
    files: Path | None = None,
    previous: Path | None = None,
    limits: ExamineLimits | None = None,
) -> Examined:
    """Judge a catalogue whose hash has been checked, before anything else reads it.

    Args:
        catalog: ``catalog.parquet``, or a file of changes merged into one.
        files: ``files.parquet`` of the same release.
        previous: The catalogue before, which was examined in its time.
        limits: What it may cost; the defaults are for a million rows and some.

    Returns:
        What it holds, and what it takes away from the one before.

    Raises:
        CatalogError: ``data['rule']`` names the row of table C that it breaks. Nothing may be used of it.
    """
    asked = {
        "catalog": str(catalog.absolute()),
        "files": str(files.absolute()) if files else "",
        "previous": str(previous.absolute()) if previous else "",
    }
    return _examined(ask_child(_CHILD, asked, limits or ExamineLimits(), name=catalog.name)["examined"])


def _examined(values: dict[str, Any]) -> Examined:
    site = dict(values.pop("site"))
    site["collections"] = tuple(Collection(**one) for one in site["collections"])
    plain: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in values.items()}
    return Examined(site=Site(**site), **plain)
