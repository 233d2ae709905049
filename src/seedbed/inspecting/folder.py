# SPDX-License-Identifier: Apache-2.0
"""What the files of a dataset say together: the box around all, the table if there is one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from seedbed.inspecting import extent
from seedbed.inspecting.door import inspect
from seedbed.inspecting.inspected import Inspected

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path


def inspect_folder(
    files: Mapping[str, Path], *, progress: Callable[[int, int], object] = lambda *_: None
) -> tuple[Inspected, dict[str, Inspected]]:
    """Read what the files of a dataset say.

    Args:
        files: Name in the dataset -> where the file is.
        progress: Called with files done and files in all.

    Returns:
        What they say together, its remarks beginning with the files' names; and what each says, by name.
    """
    found: dict[str, Inspected] = {}
    for name, path in files.items():
        progress(len(found), len(files))
        found[name] = inspect(path)
    progress(len(found), len(files))
    return together(found), found


def together(found: Mapping[str, Inspected]) -> Inspected:
    """What files say together: the union of extents and times, and the only table or image with all it has."""
    remarks = tuple(f"{name}: {remark}" for name, one in found.items() for remark in one.remarks)
    if len(found) == 1:
        return replace(next(iter(found.values())), remarks=remarks)
    tables = [one for one in found.values() if one.columns]
    images = [one for one in found.values() if one.shape]
    rest = Inspected()
    only = tables[0] if len(tables) == 1 and not images else images[0] if len(images) == 1 and not tables else rest
    starts = [one.start for one in found.values() if one.start]
    ends = [one.end for one in found.values() if one.end]
    codes = {one.proj_code for one in found.values() if one.proj_code}
    return replace(
        only,
        media_type="",
        bbox=extent.union([one.bbox for one in found.values() if one.bbox]),
        geometry_kinds=tuple(sorted({kind for one in found.values() for kind in one.geometry_kinds})),
        proj_code=codes.pop() if len(codes) == 1 else "",
        start=min(starts, default=None),
        end=max(ends, default=None),
        remarks=remarks,
    )
