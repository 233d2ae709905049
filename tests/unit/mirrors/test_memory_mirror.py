# SPDX-License-Identifier: Apache-2.0
"""The memory mirror is a mirror."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seedbed.mirrors.memory import MemoryMirror
from seedbed.testing.mirror_suite import MirrorSuite

if TYPE_CHECKING:
    from collections.abc import Mapping


class TestMemoryMirror(MirrorSuite):
    """The shared suite, in memory."""

    def holding(self, files: Mapping[str, bytes]) -> MemoryMirror:
        """A new one."""
        mirror = MemoryMirror()
        mirror.files.update(files)
        return mirror
