# SPDX-License-Identifier: Apache-2.0
"""What data says of itself: extent, coordinate system, columns, rows, times. One door: :func:`inspect`."""

from __future__ import annotations

from seedbed.inspecting.door import inspect
from seedbed.inspecting.folder import inspect_folder
from seedbed.inspecting.inspected import BBox, Column, Inspected
from seedbed.inspecting.kinds import media_type

__all__ = ["BBox", "Column", "Inspected", "inspect", "inspect_folder", "media_type"]
