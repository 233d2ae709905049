# SPDX-License-Identifier: Apache-2.0
"""``seedbed torrent``: making, reading and checking torrent files."""

from __future__ import annotations

import click

from seedbed.cli.main import LazyGroup

COMMANDS = {
    "create": (
        "seedbed.cli.cmd_torrent_create:create",
        "Make a torrent file of a file, a folder or URLs.",
    ),
    "show": ("seedbed.cli.cmd_torrent_show:show", "Print what is in a torrent file or magnet link."),
    "verify": ("seedbed.cli.cmd_torrent_verify:verify", "Check data on disk against a torrent file."),
}


@click.group(cls=LazyGroup, table=COMMANDS)
def torrent() -> None:
    """Make, read and check torrent files."""
