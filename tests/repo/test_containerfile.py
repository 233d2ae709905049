# SPDX-License-Identifier: Apache-2.0
"""The container file copies what exists, and starts commands that exist."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import click
import pytest

from seedbed.cli.main import main
from seedbed.engine.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
LINES = (ROOT / "packaging/Containerfile").read_text().replace("\\\n", " ").splitlines()


def said(instruction: str) -> Iterator[str]:
    """What follows each instruction of a kind."""
    for line in LINES:
        if found := re.match(rf"{instruction}\s+(.*)", line):
            yield found[1]


def commands() -> list[list[str]]:
    """All that are started, by the container or as a comment shows, without the program's name."""
    (entry,), (run,), (health,) = (list(said(one)) for one in ("ENTRYPOINT", "CMD", "HEALTHCHECK"))
    assert json.loads(entry) == ["seedbed"]
    shown = re.findall(r"seedbed seedbed\s+#\s+(node .*)", "\n".join(LINES))
    return [json.loads(run), json.loads(health[health.index("[") :])[1:], *map(shlex.split, shown)]


def test_what_it_copies_is_there() -> None:
    """A file that was moved or renamed is missed here, not in somebody's build."""
    for words in map(shlex.split, said("COPY")):
        for source in words[:-1] if not words[0].startswith("--from") else ():
            assert (ROOT / source).exists(), source


@pytest.mark.parametrize("words", commands(), ids=" ".join)
def test_its_commands_exist(words: list[str]) -> None:
    """With their options; nothing is run."""
    command: click.Command = main
    context = click.Context(main)
    while isinstance(command, click.Group):
        named, found, words = command.resolve_command(context, words)
        assert named
        assert found
        command = found
    command.make_context("seedbed", list(words), resilient_parsing=True)
    given = {word for word in words if word.startswith("--")}
    assert given <= {option for parameter in command.params for option in parameter.opts}


def test_the_shown_commands_are_found() -> None:
    """Joining is one of them, and running is what it does by itself."""
    assert [words[1] for words in commands()] == ["run", "doctor", "join"]


def test_its_port_and_folders_are_those_of_the_program() -> None:
    """As the unit for systemd has them."""
    unit = (ROOT / "packaging/systemd/seedbed-node.service").read_text()
    (ports,), (volumes,), (environment,) = (list(said(one)) for one in ("EXPOSE", "VOLUME", "ENV"))
    assert {port.partition("/")[0] for port in ports.split()} == {Settings().listen[0].rpartition(":")[2]}
    assert all(folder in unit for folder in json.loads(volumes))
    assert "SEEDBED_HOME=/var/lib/seedbed" in environment
    assert "SEEDBED_HOME=/var/lib/seedbed" in unit
