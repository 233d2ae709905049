# SPDX-License-Identifier: Apache-2.0
"""Renders ``docs/commands.md`` from the program's own help. Run: make docs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from seedbed.cli.main import main

if TYPE_CHECKING:
    from collections.abc import Iterator

TARGET = Path(__file__).parents[2] / "docs" / "commands.md"
HEAD = """# Commands

Made from the program's own `--help` by `make docs`; a test keeps it equal.
"""


def render() -> str:
    """The whole reference."""
    return HEAD + "".join(f"\n## `{name}`\n\n```text\n{text}\n```\n" for name, text in sorted(_helps("seedbed", main)))


def _helps(name: str, command: click.Command) -> Iterator[tuple[str, str]]:
    context = click.Context(
        command, info_name=name, terminal_width=100, max_content_width=100, help_option_names=["-h", "--help"]
    )
    command._help_option = None  # click keeps the one of whoever asked first
    yield name, command.get_help(context)
    if isinstance(command, click.Group):
        for child in command.list_commands(context):
            found = command.get_command(context, child)
            assert found is not None
            yield from _helps(f"{name} {child}", found)


if __name__ == "__main__":
    TARGET.write_text(render(), encoding="utf-8")
