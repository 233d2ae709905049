# SPDX-License-Identifier: Apache-2.0
"""The units for systemd start commands that exist, with options that exist."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from pathlib import Path

import click
import pytest

from seedbed.cli.main import main

UNITS = sorted((Path(__file__).parents[2] / "packaging/systemd").glob("*.service"))


@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.name)
def test_a_unit_starts_a_command_that_exists(unit: Path) -> None:
    """Its options are parsed as they would be typed; nothing is run."""
    found = re.search(r"^ExecStart=\S+/seedbed (.*)$", unit.read_text(), re.MULTILINE)
    assert found
    words = shlex.split(found[1])
    command: click.Command = main
    context = click.Context(main)
    while isinstance(command, click.Group):
        named, command_, words = command.resolve_command(context, words)
        assert named, unit
        assert command_
        command = command_

    command.make_context(unit.name, list(words), resilient_parsing=True)
    given = {word for word in words if word.startswith("--")}
    assert given <= {option for parameter in command.params for option in parameter.opts}


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd is not here")
@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.name)
def test_a_unit_is_well_formed(unit: Path, tmp_path: Path) -> None:
    """By systemd's own judgement, with a program that exists."""
    copy = tmp_path / unit.name
    copy.write_text(re.sub(r"^ExecStart=\S+", "ExecStart=/bin/true", unit.read_text(), flags=re.MULTILINE))
    done = subprocess.run(["systemd-analyze", "verify", str(copy)], capture_output=True, text=True, check=False)
    assert unit.name not in done.stderr, done.stderr
