# SPDX-License-Identifier: Apache-2.0
"""Programs that tests compare with: found on this machine, or the test is skipped with its name."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

PACKAGES = {
    "aria2c": "aria2",
    "chromium": "chromium",
    "mktorrent": "mktorrent",
    "nginx": "nginx-light",
    "node": "nodejs",
    "opentracker": "opentracker",
    "qbittorrent-nox": "qbittorrent-nox",
    "rtorrent": "rtorrent",
    "transmission-create": "transmission-cli",
    "transmission-daemon": "transmission-daemon",
}
"""Program -> the Debian package that brings it (``tests/peers/install.sh`` installs them)."""


def require(program: str) -> str:
    """The path of a program; skips the test where it is missing."""
    path = shutil.which(program, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
    if path is None:
        pytest.skip(f"{program} is not installed (Debian: apt-get install {PACKAGES.get(program, program)})")
    return path


def shared_data() -> Path:
    """The folder of real open data beside the checkout; skips the test where it is missing."""
    root = Path(__file__).parent.parent
    folder = Path(os.environ.get("SEEDBED_SHARED", root.parent / "shared")) / "data"
    if not folder.is_dir():
        pytest.skip(f"no real data at {folder} (set SEEDBED_SHARED)")
    return folder
