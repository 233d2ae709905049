# SPDX-License-Identifier: Apache-2.0
"""``seedbed node run``."""

from __future__ import annotations

import asyncio
import os
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from seedbed.cli import output
from seedbed.cli.catalog_choice import dht_node_option, lan_option, no_dht_option, peer_option, ways_among
from seedbed.cli.cmd_seed import settings_for
from seedbed.cli.serving import listening, stop_sign
from seedbed.errors import InputError

if TYPE_CHECKING:
    from seedbed.core.endpoints import Endpoint
    from seedbed.node.parts import Pace, Parts

_WHOLE_BYTES = 1 << 60


@click.command()
@click.option(
    "--listen", metavar="ADDR", default="",
    help="HOST:PORT, or a port alone; 0 is any free port. [default: 6881 on all addresses]",
)  # fmt: skip
@click.option(
    "--every", "every_s", type=click.FloatRange(0.1, 86_400), metavar="SECONDS", default=3_600.0, show_default=True,
    help="Between two decisions, give or take a quarter.",
)  # fmt: skip
@click.option("--port-mapping", is_flag=True, help="Ask the router for an open port (UPnP, NAT-PMP).")
@click.option(
    "--status-page", metavar="ADDR", default="127.0.0.1:6870", show_default=True,
    help="HOST:PORT of the status page and of /metrics; 'off' for none. Only this machine sees it, unless you say so.",
)  # fmt: skip
@click.option(
    "--client", metavar="KIND:URL", default="",
    help="Have a client that runs already fetch and serve: transmission:http://user@host:9091 or "
    "qbittorrent:http://user@host:8080. Its password stands in SEEDBED_CLIENT_PASSWORD, or in the file that "
    "SEEDBED_CLIENT_PASSWORD_FILE names.",
)  # fmt: skip
@click.option(
    "--client-path", metavar="HERE=THERE", default="",
    help="How the client names the node's folder, where one of the two is in a container.",
)  # fmt: skip
@no_dht_option
@dht_node_option
@peer_option
@lan_option
@output.json_option
@output.quiet_option
def run(every_s: float, **options: Any) -> None:
    """Keep datasets alive: follow the catalogue, take what needs it most, serve it; until Ctrl-C or a TERM signal.

    Whatever is served was proved, byte for byte. A stop of any kind loses nothing: the next start goes on.

    With --json one JSON object a line: "ready" (with the addresses), "round" (with counts), "stopped" or, after
    'seedbed node leave', "left".
    """
    from seedbed.api import node as nodes  # noqa: PLC0415  # imports stay inside: --help must be quick
    from seedbed.api import node_leaving  # noqa: PLC0415
    from seedbed.api.home import Home  # noqa: PLC0415
    from seedbed.engine.libtorrent_engine import LibtorrentEngine  # noqa: PLC0415
    from seedbed.node.parting import farewell  # noqa: PLC0415

    if options["client_path"] and not options["client"]:
        raise InputError("--client-path says how a client names the folder: expected --client, too")
    home = Home.of_environment()
    parts = nodes.parts(
        home, LibtorrentEngine, settings_for((), options, copies=False), ways=ways_among(options),
        allows_private=options["lan"], pace=_pace(every_s), page=_page(options["status_page"]),
    )  # fmt: skip
    if options["client"]:
        from seedbed.api.node_client import served_by  # noqa: PLC0415

        parts = served_by(parts, options["client"], options["client_path"], os.environ)
    asyncio.run(_run(parts, cuts=not options["client"]))
    with parts.state:
        has_left = farewell.has_left(parts.state)
    if has_left:
        node_leaving.end(home)
    output.event({"event": "left" if has_left else "stopped"}, "Left for good." if has_left else "Stopped.")


def _page(text: str) -> Endpoint | None:
    return None if text == "off" else listening("--status-page", text, default_host="127.0.0.1")


def _pace(every_s: float) -> Pace:
    """Where decisions come quickly, as in a demonstration, the last look before a deletion comes sooner too."""
    from seedbed.node.parts import Pace as Paces  # noqa: PLC0415

    usual = Paces()
    return replace(
        usual, round_s=every_s, leave_s=min(usual.leave_s, every_s * 3), retry_s=min(usual.retry_s, every_s)
    )  # fmt: skip


async def _run(parts: Parts, *, cuts: bool) -> None:
    """Other clients do not fetch parts of a file: there very large versions are taken whole, or not at all."""
    from seedbed.node.node import Node  # noqa: PLC0415
    from seedbed.node.policy.rules import DEFAULT  # noqa: PLC0415

    rules = DEFAULT if cuts else replace(DEFAULT, cut_above_bytes=_WHOLE_BYTES)
    await Node(parts, rules).run(stop_sign(), _show)


def _show(what: str, facts: dict[str, Any]) -> None:
    if what == "ready":
        text = "Serving at " + "  ".join(facts["endpoints"]) if facts["endpoints"] else "Serving."
        text += f"\nStatus page: {facts['page']}" if facts["page"] else ""
    elif what == "trouble":
        text = f"{facts['why']}: what is held is served on, and the next round looks again"
    else:
        text = "{units:,} datasets are looked after: {held:,} held here, {fetching:,} being fetched".format(**facts)
    output.event({"event": what, **facts}, text)
