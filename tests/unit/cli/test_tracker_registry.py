# SPDX-License-Identifier: Apache-2.0
"""When a tracker is a registry: where there is a catalogue and HTTP, unless it is not wished for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from seedbed.cli import cmd_tracker
from seedbed.cli.main import main
from seedbed.core.endpoints import Endpoint
from seedbed.errors import InputError
from seedbed.tracker.server import Places

if TYPE_CHECKING:
    from pathlib import Path

    from seedbed.health.leases.desk import Desk

HERE = Endpoint("127.0.0.1", 0)


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A published catalogue, the only one of this person."""
    monkeypatch.setenv("SEEDBED_HOME", str(tmp_path / "home"))
    assert CliRunner().invoke(main, ["catalog", "init", str(tmp_path / "site")]).exit_code == 0
    return str(tmp_path / "site")


def made(**options: Any) -> Desk | None:
    """The registry of a tracker with these options."""
    plain: dict[str, Any] = {"where": "", "is_open": False, "more": (), "lan": False, "has_registry": None}
    places = Places(http=(HERE,)) if options.pop("http", True) else Places(udp=(HERE,))
    return cmd_tracker._registry(plain | options, places)


@pytest.mark.parametrize(
    ("options", "is_there"),
    [
        ({}, True),
        ({"has_registry": True}, True),
        ({"has_registry": False}, False),
        ({"http": False}, False),
        ({"is_open": True}, False),
        ({"more": ("a" * 40,)}, False),
    ],
)
def test_when_there_is_one(site: str, options: dict[str, Any], is_there: bool) -> None:  # noqa: FBT001
    """The only catalogue needs no name."""
    assert (made(**options) is not None) == is_there
    if is_there:
        assert made(where=site, **options) is not None


@pytest.mark.parametrize("options", [{"http": False}, {"is_open": True}, {"more": ("a" * 40,)}])
def test_one_that_cannot_be(site: str, options: dict[str, Any]) -> None:
    """It is said, not left out."""
    assert site
    with pytest.raises(InputError, match="--registry"):
        made(has_registry=True, **options)


def test_its_key_stays(site: str) -> None:
    """Over restarts, so that what it signed can be mirrored."""
    first, second = made(where=site), made(where=site)
    assert first
    assert second
    assert first.public == second.public
    assert first.book.key != second.book.key
