# SPDX-License-Identifier: Apache-2.0
"""``seedbed seed``."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from seedbed.cli import output, progress
from seedbed.cli.catalog_choice import dht_node_option, endpoint
from seedbed.cli.seed_screen import SeedScreen, count_of
from seedbed.cli.serving import stop_sign
from seedbed.core.endpoints import EXAMPLES, read_endpoint
from seedbed.core.hosts import PRIVATE_NETWORKS
from seedbed.errors import DataError, InputError, NotFoundError, PartlyDoneError, SeedbedError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from seedbed.core.endpoints import Endpoint
    from seedbed.engine.settings import Settings
    from seedbed.seeding.offers import Offer, Refused
    from seedbed.seeding.serve import Served


@click.command()
@click.argument("files", metavar="FILE…", nargs=-1, required=True)
@click.option(
    "--data",
    metavar="DIR",
    default=".",
    show_default=True,
    help="Where the data is: the folder that holds it, or itself.",
)
@click.option(
    "--listen",
    metavar="ADDR",
    default="",
    help="HOST:PORT, or a port alone; 0 is any free port. [default: 6881 on all addresses]",
)
@click.option(
    "--once-fetched",
    metavar="N",
    type=click.IntRange(1),
    default=None,
    help="Stop when N peers have taken a whole copy of each torrent.",
)
@click.option("--peer", "peers", metavar="HOST:PORT", multiple=True, help="Dial this peer, too; may be given again.")
@click.option(
    "--allow-network",
    "networks",
    metavar="NET",
    multiple=True,
    help="Serve peers of a private network, like 192.168.0.0/16; blocked otherwise.",
)
@click.option("--lan", is_flag=True, help="Serve peers of every private network: your own, this machine's.")
@click.option(
    "--max-upload", metavar="BYTES", type=click.IntRange(0), default=0, help="Bytes a second at most; 0 is no limit."
)
@click.option("--no-dht", is_flag=True, help="Do not announce in the distributed hash table.")
@dht_node_option
@click.option("--no-lsd", is_flag=True, help="Do not look for peers on the local network.")
@click.option("--no-trackers", is_flag=True, help="Do not announce to the torrents' trackers.")
@click.option("--port-mapping", is_flag=True, help="Ask the router for an open port (UPnP, NAT-PMP).")
@output.json_option
@output.quiet_option
def seed(files: tuple[str, ...], data: str, once_fetched: int | None, peers: tuple[str, ...], **options: Any) -> None:
    """Offer data that you hold to others.

    Finds the data of each torrent FILE in DIR, hashes it, and serves what is right until stopped by Ctrl-C, a TERM
    signal, or --once-fetched. A copy counts when a peer that took data from here has everything; each peer counts
    once for each torrent.

    \b
    Ends with 0 when all was served, 3 when some torrents could not be (they are named),
    11 when no data is right, 10 when none is there.

    With --json one JSON object a line: "ready" (with the addresses), "refused", "copy", "trouble", "stopped".
    """  # noqa: D301  # \b is click's mark for a paragraph that is not wrapped
    dialled = tuple(map(endpoint, peers))
    settings = settings_for(dialled, options, copies=bool(once_fetched))
    offers, refused = _prepare(files, Path(data))
    if not offers and len(refused) == 1:
        raise refused[0].error
    for one in refused:
        output.event({"event": "refused", **_refusal(one)}, f"Not served: {output.plain(one.error.message)}")
    if not offers:
        raise _nothing(refused)
    served = asyncio.run(_serve(offers, settings, dialled, once_fetched or 0, no_trackers=options["no_trackers"]))
    _judge(served, refused, once_fetched or 0)


def _prepare(files: Sequence[str], data: Path) -> tuple[list[Offer], list[Refused]]:
    from seedbed.seeding.offers import find_offers, read_torrents  # noqa: PLC0415

    torrents, unread = read_torrents(files)
    if len(torrents) + len(unread) < len(files):
        output.say("A torrent was given twice; it is served once.")
    if not torrents:
        return [], unread
    with progress.bar("Checking") as report:
        offers, refused = find_offers(
            torrents, data, progress=lambda name, state: report(state.bytes_done, state.bytes_total, output.plain(name))
        )
    return offers, unread + refused


def _nothing(refused: list[Refused]) -> SeedbedError:
    """The error when none of several torrents can be served."""
    errors = [one.error for one in refused]
    facts = {"refused": [_refusal(one) for one in refused]}
    if all(isinstance(error, NotFoundError) for error in errors):
        return NotFoundError(f"none of {len(refused)} torrents or their data is there", hint=errors[0].hint, **facts)
    return DataError(f"none of {len(refused)} torrents can be served", hint=errors[0].hint, **facts)


async def _serve(
    offers: list[Offer], settings: Settings, peers: tuple[Endpoint, ...], copies: int, *, no_trackers: bool
) -> Served:
    from seedbed.engine.libtorrent_engine import LibtorrentEngine  # noqa: PLC0415
    from seedbed.seeding.serve import serve  # noqa: PLC0415

    stop = stop_sign()
    screen = SeedScreen(copies)
    try:
        async with LibtorrentEngine(settings) as engine:
            return await serve(
                engine, offers, stop=stop, report=screen.show, peers=peers, copies_wanted=copies,
                use_trackers=not no_trackers,
            )  # fmt: skip
    finally:
        screen.clear()


def _judge(served: Served, refused: list[Refused], copies_wanted: int) -> None:
    copies = sum(served.copies.values())
    fewest = min(served.copies.values())
    facts: dict[str, Any] = {"copies": copies, "uploaded_bytes": served.uploaded_bytes}
    text = f"Stopped. Sent {output.size(served.uploaded_bytes)}, {count_of(copies, 'copy', 'copies')}."
    output.event({"event": "stopped", **facts}, text)
    if served.lost:
        trouble = served.lost[0]
        raise PartlyDoneError(f"{trouble.offer.metainfo.name}: could not be read any more: {trouble.what}", **facts)
    if refused:
        names = ", ".join(one.source for one in refused)
        raise PartlyDoneError(
            f"not served: {names}", hint="The reasons are above.", refused=[_refusal(one) for one in refused]
        )
    if fewest < copies_wanted:
        raise PartlyDoneError(
            f"stopped before enough copies were fetched: expected {copies_wanted}, got {fewest}", **facts
        )


def _refusal(one: Refused) -> dict[str, Any]:
    return {"file": one.source, "error": type(one.error).__name__, "message": one.error.message}


def settings_for(peers: Sequence[Endpoint], given: dict[str, Any], *, copies: bool) -> Settings:
    """The engine's settings from a command's options; those that a command lacks are as they usually are."""
    from seedbed.engine.settings import Settings, network_around  # noqa: PLC0415

    settings = Settings(
        enable_dht=not given.get("no_dht"),
        dht_nodes=tuple(str(endpoint(text)) for text in given.get("dht_nodes", ())),
        enable_lsd=not (given.get("no_lsd") or given.get("dht_nodes")),
        enable_port_mapping=bool(given.get("port_mapping")),
        upload_bytes_per_s=given.get("max_upload", 0),
        report_pieces=False,
        report_copies=copies,
    )
    allowed = [*given.get("networks", ()), *(net for peer in peers if (net := network_around(peer.host, alone=True)))]
    if given.get("lan"):
        allowed += map(str, PRIVATE_NETWORKS)
    if given.get("listen"):
        own = _own_address(given["listen"])
        host = own.host
        settings = replace(settings, listen=_listen(own))
        allowed += [net] if (net := network_around(host)) else []
        if host.startswith("127.") or host in {"::1", "localhost"}:  # nobody is to be found from there
            has_own_table = bool(settings.dht_nodes)
            settings = replace(settings, enable_dht=has_own_table, enable_lsd=False, enable_port_mapping=False)
    return settings.allowing(*allowed)


def _own_address(text: str) -> Endpoint:
    """Where to listen; the host is empty when a port alone is given."""
    found = read_endpoint(text, default_host="", any_port=True)
    if found is None:
        raise InputError(f"address {text!r}: expected a port, or HOST:PORT like {EXAMPLES}")
    return found


def _listen(own: Endpoint) -> tuple[str, ...]:
    return (str(own),) if own.host else (f"0.0.0.0:{own.port}", f"[::]:{own.port}")
