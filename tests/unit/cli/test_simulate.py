# SPDX-License-Identifier: Apache-2.0
"""``seedbed simulate``: a table for people, JSON for programs, a plot."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from click.testing import CliRunner, Result

from seedbed.cli.main import main

if TYPE_CHECKING:
    from pathlib import Path

SMALL = ("simulate", "--datasets", "300", "--nodes", "20", "--days", "6")


def run(*arguments: str) -> Result:
    """The command, in this process."""
    return CliRunner().invoke(main, [*SMALL, *arguments])


def test_policies_stand_side_by_side(tmp_path: Path) -> None:
    """And are lines of one plot."""
    file = tmp_path / "plot.svg"
    done = run("--policy", "rendezvous", "--policy", "collect", "--plot", str(file))
    assert done.exit_code == 0, done.output
    assert "300 datasets of 0.6 TB, 20 nodes with 6 times the space, 6 days, seed 1" in done.stdout
    assert "rendezvous" in done.stdout
    assert "collect" in done.stdout
    assert "units lost" in done.stdout
    assert file.read_text().count('fill="none"') == 2


def test_json_tells_what_was_simulated_and_what_came_of_it() -> None:
    """One value."""
    found = json.loads(run("--json", "--seed", "7").stdout)
    assert found["scenario"]["seed"] == 7
    assert found["policies"]["rendezvous"]["lost"] == 0


def test_a_plot_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    """Without a traceback."""
    done = run("--plot", str(tmp_path / "none" / "plot.svg"))
    assert done.exit_code != 0
    assert "cannot be written" in str(done.exception)
