# SPDX-License-Identifier: Apache-2.0
"""A second name for bytes that are here already."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def link_or_copy(source: Path, target: Path) -> None:
    """The same bytes under another name.

    Raises:
        OSError: the disk refuses.
    """
    try:
        os.link(source, target)
    except FileExistsError:
        return  # another program was quicker
    except OSError:  # a file system without hard links
        shutil.copyfile(source, target)
