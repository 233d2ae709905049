# SPDX-License-Identifier: Apache-2.0
"""``torrent verify`` names what is wrong, and its exit code says whether anything is."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.datasets import make_tree, torrent_of

PROGRAM = str(Path(sys.executable).with_name("seedbed"))


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A dataset folder with its torrent beside it."""
    root = make_tree(tmp_path / "ds")
    (tmp_path / "ds.torrent").write_bytes(torrent_of(root).torrent)
    return root


def verify(copy: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Run the program itself."""
    command = [PROGRAM, "torrent", "verify", str(copy.parent / "ds.torrent"), str(copy), *options]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_good_copy(copy: Path) -> None:
    """Says what was checked, and ends with 0."""
    done = verify(copy)

    assert done.returncode == 0
    assert "all 10 files are right" in done.stdout
    assert "the v1 hashes were not needed" in done.stdout
    assert json.loads(verify(copy, "--json").stdout)["verified"] is True


def test_bad_copy(copy: Path) -> None:
    """Each file is named with what is wrong, for people and for scripts; ends with 11."""
    (copy / "a.csv").write_bytes(b"x" * (copy / "a.csv").stat().st_size)
    (copy / "b/e.tif").unlink()
    (copy / "stray").touch()

    done, facts = verify(copy), json.loads(verify(copy, "--json").stdout)

    assert done.returncode == 11
    assert "a.csv: bad content in piece 0" in done.stderr
    assert "b/e.tif: missing" in done.stderr
    assert "stray: extra" in done.stderr
    assert {one["path"]: one["kind"] for one in facts["findings"]} == {
        "a.csv": "bad",
        "b/e.tif": "missing",
        "stray": "extra",
    }
    assert facts["exit_code"] == 11


def test_extra_files_may_be_allowed(copy: Path) -> None:
    """``--allow-extra`` looks only at what the torrent names."""
    (copy / "notes.txt").touch()

    assert verify(copy).returncode == 11
    assert verify(copy, "--allow-extra").returncode == 0


def test_no_such_data(copy: Path) -> None:
    """A path with nothing at it ends with 10."""
    assert verify(copy / "nowhere").returncode == 10
