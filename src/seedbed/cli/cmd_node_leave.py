# SPDX-License-Identifier: Apache-2.0
"""``seedbed node leave``."""

from __future__ import annotations

import click

from seedbed.cli import output


@click.command()
@click.option("--delete-data", is_flag=True, help="Delete the node's data too; else it stays where it is.")
@click.option("--now", "at_once", is_flag=True, help="Do not wait until enough others hold what this node holds.")
@output.json_option
def leave(*, delete_data: bool, at_once: bool) -> None:
    """Cease to be a smartnode, in good order.

    It is refused while fewer than three others hold something that this node holds. A node that runs falls silent
    first, waits for three quarters of an hour, and looks again: it ends if enough others are seen to hold everything,
    else it goes on. Its gift and its record are put aside, in a folder beside. Joining again, with the same folder,
    takes the data up again.
    """
    from seedbed.api import node_leaving  # noqa: PLC0415  # imports stay inside: --help must be quick
    from seedbed.api.home import Home  # noqa: PLC0415
    from seedbed.node.parting.farewell import Asked  # noqa: PLC0415

    how = node_leaving.leave(Home.of_environment(), Asked(at_once, delete_data))
    told = {
        "left": "This machine is no smartnode any more." + (" Its data is deleted." if delete_data else ""),
        "leaving": "The node falls silent now, and ends "
        + ("at once." if at_once else "when others hold all it held."),
    }
    output.result({"how": how, "deletes": delete_data}, told[how])
