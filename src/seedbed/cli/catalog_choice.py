# SPDX-License-Identifier: Apache-2.0
"""Options that commands on any catalogue share: which one, and how it may be looked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from seedbed.cli import output
from seedbed.core.endpoints import EXAMPLES, Endpoint, read_endpoint
from seedbed.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from seedbed.api.catalog import Catalog
    from seedbed.following.pull import Ways

which_option = click.option(
    "--catalog",
    "where",
    metavar="WHERE",
    default="",
    envvar="SEEDBED_CATALOG",
    help="A join link, the name of a followed catalogue, or a published folder; not needed when there is one only.",
)
lan_option = click.option("--lan", is_flag=True, help="Allow sources in your own network; refused otherwise.")
no_dht_option = click.option("--no-dht", is_flag=True, help="Do not use the distributed hash table.")
dht_node_option = click.option(
    "--dht-node",
    "dht_nodes",
    metavar="HOST:PORT",
    multiple=True,
    help="Begin in the distributed hash table here, instead of where everybody does; may be repeated.",
)
peer_option = click.option(
    "--peer", "peers", multiple=True, metavar="HOST:PORT", help="A peer to ask; may be repeated."
)


def open_catalog(where: str, **ways: Any) -> Catalog:
    """The catalogue that is meant."""
    from seedbed.api.catalog import Catalog  # noqa: PLC0415  # imports stay inside: --help must be quick

    catalog = Catalog.open(where, ways=ways_of(**ways) if ways else None)
    if catalog.warning:
        output.say(f"Mind: {output.plain(catalog.warning)}. 'seedbed catalog pull' asks for news.")
    return catalog


def ways_of(
    *,
    lan: bool = False,
    no_dht: bool = False,
    dht_nodes: tuple[str, ...] = (),
    peers: tuple[str, ...] = (),
    no_files: bool = False,
    timeout_s: float = 60.0,
) -> Ways:
    """How a catalogue may be looked for, from a command's options."""
    from seedbed.fetching.rules import Rules  # noqa: PLC0415
    from seedbed.following.pull import Ways  # noqa: PLC0415

    return Ways(
        rules=Rules(allows_private=lan, no_progress_timeout_s=timeout_s),
        uses_dht=not no_dht,
        dht_nodes=tuple(map(endpoint, dht_nodes)),
        peers=tuple(map(endpoint, peers)),
        with_files=not no_files,
    )


def ways_among(options: Mapping[str, Any]) -> Ways:
    """The same, from the options of a command that has others too."""
    return ways_of(**{name: options[name] for name in ("lan", "no_dht", "dht_nodes", "peers")})


def endpoint(text: str) -> Endpoint:
    """HOST:PORT.

    Raises:
        InputError: it is not.
    """
    found = read_endpoint(text)
    if found is None:
        raise InputError(f"address {text!r}: expected HOST:PORT, like {EXAMPLES}")
    return found
