# SPDX-License-Identifier: Apache-2.0
"""How many have the datasets of a catalogue: which torrents are asked for, and the table's guest who looks them up."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from seedbed.core import metainfo_reader
from seedbed.errors import NoSourceError
from seedbed.health.scrape.counted import Numbers, Subject, Unanswered, cut
from seedbed.health.scrape.record import ScrapeRecord
from seedbed.health.scrape.scraper import OverTheNet, Scraper

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from seedbed.core.ids import InfoHashes
    from seedbed.core.magnet import Magnet
    from seedbed.following.dht.client import DhtClient
    from seedbed.health.scrape.counted import Report
    from seedbed.health.scrape.scraper import AsksDht


def of_catalog(path: Path) -> list[Subject]:
    """All versions of a catalogue's table that are not withdrawn.

    Raises:
        CatalogError: it is no catalogue.
    """
    from seedbed.catalog.table.reader import read_catalog  # noqa: PLC0415  # pyarrow: 100 ms

    return [Subject.of_release(release) for release in read_catalog(path) if release.status != "withdrawn"]


def of_torrent(path: Path) -> Subject:
    """A .torrent file.

    Raises:
        FormatError: it is none.
        OSError: it cannot be read.
    """
    metainfo = metainfo_reader.parse(path.read_bytes())
    return _of_hashes(metainfo.info_hashes, (url for tier in metainfo.trackers for url in tier))


def of_magnet(magnet: Magnet) -> Subject:
    """A magnet link."""
    return _of_hashes(magnet.info_hashes, magnet.trackers)


def of_hash(text: str) -> Subject:
    """A bare info-hash of 40 or 64 hex digits."""
    return Subject(text.lower(), cut([bytes.fromhex(text)]))


async def count(
    subjects: Sequence[Subject],
    record: Path,
    *,
    allows_private: bool = False,
    dht_nodes: Sequence[tuple[str, int]] | None = None,
    now: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.UTC),
) -> Report:
    """How many each tracker of these torrents counts.

    Args:
        subjects: What is asked for.
        record: File of what was answered before: nobody is asked for the same twice in half an hour.
        allows_private: Whether trackers of one's own network are asked.
        dht_nodes: Where to begin in the distributed hash table; None not to ask it.
        now: Gives the time, in UTC.

    Raises:
        StateError: the record cannot be used.
    """
    asks = OverTheNet(allows_private=allows_private)
    with ScrapeRecord(record) as kept:
        if dht_nodes is None:
            return await Scraper(kept, asks, now).scrape(subjects)
        from seedbed.following.dht.client import open_client  # noqa: PLC0415  # only where it is asked

        async with open_client(dht_nodes, allows_private=allows_private) as guest:
            return await Scraper(kept, asks, now, _asks(guest)).scrape(subjects)


def _asks(guest: DhtClient) -> AsksDht:
    async def look_up(info_hash: bytes, /) -> Numbers:
        try:
            swarm = await guest.swarm(info_hash)
        except NoSourceError as error:
            raise Unanswered("timeout", error.message) from error
        return Numbers(swarm.seeds, swarm.leechers, seen=swarm.seen)

    return look_up


def _of_hashes(hashes: InfoHashes, trackers: Iterable[str]) -> Subject:
    return Subject(hashes.best_hex, cut([hashes.v1 or b"", hashes.v2 or b""]), tuple(dict.fromkeys(trackers)))
