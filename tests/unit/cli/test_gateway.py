# SPDX-License-Identifier: Apache-2.0
"""What ``seedbed gateway`` refuses before it serves anything."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import pytest

from seedbed.cli.main import main
from seedbed.errors import InputError, NotFoundError, SeedbedError, StateError

if TYPE_CHECKING:
    from pathlib import Path


def refused(error: type[SeedbedError], *words: object) -> SeedbedError:
    """The error of a command."""
    with pytest.raises(error) as caught:
        main.main(["gateway", *map(str, words)], standalone_mode=False)
    return caught.value


def test_what_cannot_be_served_is_told(tmp_path: Path) -> None:
    """Nothing to serve, no such folder, no catalogue in it, an address that is none, one that is taken."""
    assert refused(InputError).hint
    assert "no such folder" in refused(NotFoundError, "--root", tmp_path / "none").message
    assert "catalog.parquet" in refused(NotFoundError, "--catalog", tmp_path).message
    assert "HOST:PORT" in refused(InputError, "--root", tmp_path, "--listen", "nowhere").message
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        where = f"127.0.0.1:{taken.getsockname()[1]}"
        assert where in refused(StateError, "--root", tmp_path, "--listen", where).message
