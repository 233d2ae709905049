# SPDX-License-Identifier: Apache-2.0
"""``seedbed node adopt``."""

from __future__ import annotations

import os
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from seedbed.cli import output

if TYPE_CHECKING:
    from seedbed.api.node_adopting import Row


@click.command()
@click.argument("paths", metavar="PATH...", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@output.json_option
@output.quiet_option
def adopt(paths: tuple[Path, ...]) -> None:
    """Take over files that are on disk already: what belongs to the catalogue is proved and linked, never copied.

    Files are found by size and name, and proved by hash. Yours stay where and what they are; the node's folder gets one
    more name for each, so both must be on one file system. What is there of a version in part is completed by fetching.
    A file that you edit later is edited for the node, too: it notices, and fetches a right one of its own.
    """
    from seedbed.api import node_adopting  # noqa: PLC0415  # imports stay inside: --help must be quick
    from seedbed.api.home import Home  # noqa: PLC0415
    from seedbed.node.telling.words import language, reason  # noqa: PLC0415

    home = Home.of_environment()
    rows = node_adopting.adopt(home, paths, lambda path: output.say(f"proving {output.plain(path)}"))
    lang = language(os.environ)
    lines = [_line(row, reason(f"adopt-{row.outcome}", asdict(row), lang)) for row in rows]
    taken = [row for row in rows if row.outcome in {"adopted", "begun"}]
    size = output.size(sum(row.bytes for row in taken))
    lines.append(f"{len(taken):,} versions taken over, {size} of files linked; {len(rows) - len(taken):,} not.")
    if taken:
        from seedbed.cli.cmd_node import wake  # noqa: PLC0415

        lines.append(wake(home)[1])
    output.result({"versions": [asdict(row) for row in rows]}, "\n".join(lines))


def _line(row: Row, told: str) -> str:
    return f"{row.id:40} {output.size(row.bytes):>10}  {output.plain(told)}"
