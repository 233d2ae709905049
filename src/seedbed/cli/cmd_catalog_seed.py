# SPDX-License-Identifier: Apache-2.0
"""``seedbed catalog seed``: a catalogue that can be had without its web server."""

from __future__ import annotations

import asyncio
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from seedbed.cli import output
from seedbed.cli.catalog_choice import dht_node_option, endpoint, lan_option, no_dht_option
from seedbed.cli.catalog_options import keys_folder, keys_option
from seedbed.cli.cmd_seed import settings_for
from seedbed.cli.seed_screen import SeedScreen
from seedbed.cli.serving import stop_sign
from seedbed.errors import SeedbedError

if TYPE_CHECKING:
    from collections.abc import Callable

    from seedbed.engine.settings import Settings
    from seedbed.following.catalog_torrent import Snapshot
    from seedbed.following.offer import Made, Offering, Pointed, Table
    from seedbed.seeding.serve import Report


@click.command()
@click.argument("where", metavar="[DIR|NAME]", default="")
@click.option(
    "--listen", metavar="ADDR", default="",
    help="HOST:PORT, or a port alone; 0 is any free port. [default: 6881 on all addresses]",
)  # fmt: skip
@keys_option
@no_dht_option
@dht_node_option
@lan_option
@output.json_option
@output.quiet_option
def seed(where: str, keys_dir: str, **given: Any) -> None:
    """Offer a catalogue to others as a torrent, until stopped by Ctrl-C or a TERM signal.

    DIR is a catalogue that you publish, NAME one that you follow: whoever runs this keeps it alive when its web server
    is down. With the pointer key at hand (its keeper has it) the pointer in the distributed hash table is renewed every
    hour, so that a join link alone leads to the newest release. A new release is noticed and offered by itself.

    With --json one JSON object a line: "made", "ready", "pointed", "trouble".
    """
    from seedbed.api.home import Home  # noqa: PLC0415  # imports stay inside: --help must be quick
    from seedbed.following.offer import Offering  # noqa: PLC0415

    home = Home.of_environment()
    look = _looker(where, home)
    snapshot = look()
    settings = settings_for((), given, copies=False)
    offering = Offering(
        look=look,
        stage=home.cache / "catalogs" / snapshot.site_id,
        open_engine=_engine(settings),
        table=None if given["no_dht"] else _table(snapshot, keys_folder(keys_dir), given),
    )
    asyncio.run(_offer(offering))


def _looker(where: str, home: Any) -> Callable[[], Snapshot]:
    """What reads the newest state of the catalogue that is meant."""
    from seedbed.following import catalog_torrent, joined  # noqa: PLC0415

    if not where and len(home.published) == 1:
        where = str(home.published[0])
    if where and Path(where).is_dir():
        return partial(catalog_torrent.of_published, Path(where))
    return partial(catalog_torrent.of_followed, joined.find(home.catalogs, where))


def _engine(settings: Settings) -> Callable[[], Any]:
    from seedbed.engine.libtorrent_engine import LibtorrentEngine  # noqa: PLC0415

    return lambda: LibtorrentEngine(settings)


def _table(snapshot: Snapshot, keys: Path, given: dict[str, Any]) -> Table | None:
    """Who we are in the table; None when the pointer is another's."""
    from seedbed.catalog.signing.key_ring import KeyRing  # noqa: PLC0415
    from seedbed.catalog.signing.public_key import PublicKey  # noqa: PLC0415
    from seedbed.following.dht import client  # noqa: PLC0415
    from seedbed.following.offer import Table  # noqa: PLC0415

    key = PublicKey("pointer", snapshot.pointer_key)
    ring = KeyRing([keys, keys / snapshot.site_id])
    if not snapshot.pointer_key or not ring.has(key):
        output.say("The pointer key is not here: others keep the pointer in the distributed hash table alive.")
        return None
    nodes = tuple(map(endpoint, given["dht_nodes"])) or client.BOOTSTRAP
    return Table(ring.private(key), nodes, allows_private=given["lan"])


async def _offer(offering: Offering) -> None:
    from seedbed.following.offer import offer  # noqa: PLC0415

    stop = stop_sign()
    screen = SeedScreen(0)
    try:
        await offer(offering, stop=stop, report=partial(_show, screen))
    except* SeedbedError as group:
        raise group.exceptions[0] from None
    finally:
        screen.clear()


def _show(screen: SeedScreen, report: Report | Made | Pointed) -> None:
    from seedbed.following.offer import Made, Pointed  # noqa: PLC0415

    if isinstance(report, Made):
        screen.clear()
        facts = {
            "event": "made", "id": report.snapshot.site_id, "serial": report.snapshot.serial,
            "info_hash": report.info_hash_v1.hex(), "torrent": str(report.torrent),
        }  # fmt: skip
        output.event(facts, f"{report.snapshot.name}: info-hash {report.info_hash_v1.hex()}")
    elif isinstance(report, Pointed):
        screen.clear()
        text = report.problem or f"The pointer was taken by {report.stored} nodes of the distributed hash table."
        output.event({"event": "pointed", "stored": report.stored, "problem": report.problem}, text)
    else:
        screen.show(report)
