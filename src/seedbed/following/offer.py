# SPDX-License-Identifier: Apache-2.0
"""Offering a catalogue to others for as long as one wishes: its torrent seeded, its pointer kept alive.

Who holds the pointer key also puts the pointer into the distributed hash table, every hour: nodes may forget it after
two. It may run on two machines at once: both put the same pointer, because its number is the timestamp's.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

from seedbed.errors import SeedbedError
from seedbed.following import catalog_torrent
from seedbed.following.dht import client, pointer
from seedbed.seeding.offers import find_offers, read_torrents
from seedbed.seeding.serve import serve

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from seedbed.core.endpoints import Endpoint
    from seedbed.engine.base import Engine
    from seedbed.following.catalog_torrent import Snapshot
    from seedbed.seeding.serve import Report

log = logging.getLogger(__name__)

KEPT_RELEASES = 3
"""Followers that are fetching an older one can finish."""
LOOK_EVERY_S = 30.0


@dataclass(frozen=True, slots=True)
class Made:
    """A catalogue's torrent is ready to be offered."""

    snapshot: Snapshot
    info_hash_v1: bytes
    torrent: Path


@dataclass(frozen=True, slots=True)
class Pointed:
    """The pointer was put into the table, or could not be."""

    stored: int
    """Nodes that took it."""
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """The distributed hash table, and who we are in it."""

    key: Ed25519PrivateKey
    nodes: tuple[tuple[str, int], ...] = client.BOOTSTRAP
    allows_private: bool = False


@dataclass(frozen=True, slots=True)
class Offering:
    """What is offered, and how."""

    look: Callable[[], Snapshot]
    """Reads the newest state; blocks."""
    stage: Path
    """For torrents and the folders that they hold."""
    open_engine: Callable[[], AbstractAsyncContextManager[Engine]]
    table: Table | None = None
    """None leaves the pointer to others."""
    peers: tuple[Endpoint, ...] = ()


async def offer(
    offering: Offering, *, stop: asyncio.Event, report: Callable[[Report | Made | Pointed], object]
) -> None:
    """Offer the newest state of a catalogue, and each newer one from when it is there, until told to stop.

    Args:
        offering: What, and how.
        stop: Ends it when set.
        report: Hears of everything.

    Raises:
        NotFoundError: there is no catalogue.
        StateError: or NoSpaceError: our disk, or the engine.
    """
    while not stop.is_set():
        snapshot = await asyncio.to_thread(offering.look)
        torrent, created = await asyncio.to_thread(catalog_torrent.make, snapshot, offering.stage)
        made = Made(snapshot, created.info_hashes.v1 or b"", torrent)
        report(made)
        _drop_old(offering.stage)
        await _offer_until_newer(offering, made, stop, report)


async def _offer_until_newer(
    offering: Offering, made: Made, stop: asyncio.Event, report: Callable[[Report | Made | Pointed], object]
) -> None:
    over = asyncio.Event()
    torrents, _ = read_torrents([str(path) for path in sorted(offering.stage.glob("*.torrent"))])
    offers, _ = await asyncio.to_thread(find_offers, torrents, offering.stage, progress=lambda _name, _state: None)
    async with asyncio.TaskGroup() as group:
        watching = [group.create_task(_watch(offering, made.snapshot, over)), group.create_task(_stopped(stop, over))]
        if offering.table:
            watching.append(group.create_task(_keep_pointing(offering.table, made, report)))
        async with offering.open_engine() as engine:
            await serve(engine, offers, stop=over, report=report, peers=offering.peers)
        for task in watching:
            task.cancel()


async def _watch(offering: Offering, snapshot: Snapshot, over: asyncio.Event) -> None:
    """End the offer when there is something newer."""
    while True:
        await asyncio.sleep(LOOK_EVERY_S)
        with contextlib.suppress(SeedbedError):  # half of a release is there; the next look sees the whole
            if (await asyncio.to_thread(offering.look)).name != snapshot.name:
                over.set()
                return


async def _stopped(stop: asyncio.Event, over: asyncio.Event) -> None:
    await stop.wait()
    over.set()


async def _keep_pointing(table: Table, made: Made, report: Callable[[Pointed], object]) -> None:
    while True:
        report(await _point(table, made))
        await asyncio.sleep(pointer.PUT_EVERY_S)


async def _point(table: Table, made: Made) -> Pointed:
    item = pointer.signed(table.key, made.info_hash_v1, made.snapshot.seq)
    try:
        async with client.open_client(table.nodes, allows_private=table.allows_private) as guest:
            stored = await guest.put(item)
    except (SeedbedError, OSError) as error:
        return Pointed(0, str(error))
    return Pointed(stored, "" if stored else "no node of the table took the pointer")


def _drop_old(stage: Path) -> None:
    """Keep the newest few torrents and their folders."""
    torrents = sorted(stage.glob("*.torrent"), key=lambda path: path.stat().st_mtime_ns)
    for torrent in torrents[:-KEPT_RELEASES]:
        torrent.unlink(missing_ok=True)
        shutil.rmtree(torrent.with_suffix(""), ignore_errors=True)
