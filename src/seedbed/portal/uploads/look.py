# SPDX-License-Identifier: Apache-2.0
"""What data says of itself, read by a child with limits: a file that crashes a library costs a remark (U51)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from seedbed.errors import FormatError
from seedbed.portal.uploads.limited import Cost, ask

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

_MODULE = "seedbed.portal.uploads.look_child"
MAX_FILES = 200
"""That are looked into; of more, the first ones by name speak for the rest."""
COST = Cost(memory_bytes=4 << 30, cpu_s=60, wall_s=120.0)


@dataclass(frozen=True, slots=True)
class Looked:
    """What was found."""

    fields: Mapping[str, Any] = field(default_factory=dict)
    """Fields of the form -> values: bbox, time."""
    remarks: tuple[str, ...] = ()
    """What is odd, for people."""
    tables: tuple[Mapping[str, Any], ...] = ()
    """Of files with columns: path, rows, and each column's name and type."""


def look(folder: Path, paths: Sequence[str], *, cost: Cost = COST) -> Looked:
    """Look into the files of an upload. Blocks; never fails because of them.

    Args:
        folder: Where they are.
        paths: Below it.
        cost: What the child may cost.
    """
    question = {"folder": str(folder), "paths": list(paths[:MAX_FILES])}
    try:
        answer = ask(_MODULE, question, cost, name="the data")
    except FormatError as error:
        return Looked(remarks=(f"The data could not be looked into, and there is no preview: {error.message}",))
    remarks = list(answer["remarks"])
    if len(paths) > MAX_FILES:
        remarks.append(f"Only the first {MAX_FILES:,} of {len(paths):,} files were looked into.")
    return Looked(answer["fields"], tuple(remarks), tuple(answer["tables"]))
