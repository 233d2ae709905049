# SPDX-License-Identifier: Apache-2.0
"""A torrent file appears whole or not at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from seedbed.creating.files import refuse_overwrite, write_whole
from seedbed.errors import InputError, StateError

if TYPE_CHECKING:
    from pathlib import Path


def test_written_whole(tmp_path: Path) -> None:
    """Under its name, readable as the umask says, with nothing beside it."""
    target = tmp_path / "x.torrent"

    write_whole(target, b"data", replace=False)

    assert target.read_bytes() == b"data"
    assert target.stat().st_mode & 0o444
    assert list(tmp_path.iterdir()) == [target]


def test_what_stands_there_stays(tmp_path: Path) -> None:
    """Without leave to replace, also when it appeared meanwhile."""
    target = tmp_path / "x.torrent"
    target.write_bytes(b"old")

    with pytest.raises(InputError, match="exists already"):
        write_whole(target, b"new", replace=False)
    with pytest.raises(InputError, match="exists already"):
        refuse_overwrite(target)
    assert target.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [target]

    write_whole(target, b"new", replace=True)
    assert target.read_bytes() == b"new"


def test_no_folder(tmp_path: Path) -> None:
    """Said before the work, and after it if the folder went away."""
    with pytest.raises(InputError, match="no folder"):
        refuse_overwrite(tmp_path / "a" / "x")
    with pytest.raises(StateError):
        write_whole(tmp_path / "a" / "x", b"", replace=False)
