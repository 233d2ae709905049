# SPDX-License-Identifier: Apache-2.0
"""The program's outermost layer: typing errors, faults of our own, closed pipes, JSON for failures too."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

PROGRAM = [sys.executable, "-m", "seedbed"]


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    """The program's exit code and words."""
    return subprocess.run([*PROGRAM, *arguments], capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("arguments", "near"), [(["torent"], "torrent"), (["fecth"], "fetch"), (["torrent", "crate"], "create")]
)
def test_a_mistyped_command(arguments: list[str], near: str) -> None:
    """The nearest command is named."""
    done = run(*arguments)

    assert done.returncode == 2
    assert f"Did you mean '{near}'?" in done.stderr


def test_wrong_usage_as_json() -> None:
    """A script that asked for JSON gets it for wrong usage, too."""
    done = run("torrent", "show", "--json")

    assert (done.returncode, json.loads(done.stdout)["exit_code"]) == (2, 2)
    assert "Missing argument" in done.stderr


def test_failure_as_json(tmp_path: Path) -> None:
    """And for failures, with the rule that was broken."""
    (tmp_path / "x.torrent").write_bytes(b"d4:infolee")

    done = run("torrent", "show", str(tmp_path / "x.torrent"), "--json")

    assert (done.returncode, json.loads(done.stdout)["rule"]) == (1, "type")


def test_a_fault_of_our_own_is_no_traceback() -> None:
    """The person is told whose fault it is, and how to see more."""
    code = (
        "import seedbed.cli.main as m, sys\n"
        "m.COMMANDS['boom'] = ('seedbed.cli.no_such_module:x', 'x')\n"
        "sys.argv = ['seedbed', 'boom']\nm.run()"
    )

    plain = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    traced = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, env={"SEEDBED_TRACE": "1"}
    )

    assert plain.returncode == traced.returncode == 1
    assert "a fault in seedbed" in plain.stderr
    assert "Traceback" not in plain.stderr
    assert "Traceback" in traced.stderr


def test_a_closed_pipe_is_no_fault() -> None:
    """``seedbed … | head`` ends quietly."""
    with subprocess.Popen([*PROGRAM, "--help"], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as started:
        assert started.stdout is not None
        started.stdout.close()
        assert started.stderr is not None
        assert b"fault" not in started.stderr.read()
