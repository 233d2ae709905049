# SPDX-License-Identifier: Apache-2.0
"""How many copies the datasets of a catalogue have: peers that were proved or seen, web servers that were audited."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

import numpy as np

from seedbed.api import scraping
from seedbed.errors import SourceError
from seedbed.fetching.faults import Fault
from seedbed.fetching.rules import DEFAULT_RULES
from seedbed.fetching.web.http_document import get_document
from seedbed.health import history, risk
from seedbed.health.current import CurrentHealth, Health
from seedbed.health.history import Day, History
from seedbed.health.leases.over_http import RULES, OverHttp, registries
from seedbed.health.record import HealthRecord
from seedbed.health.scrape.counted import Subject
from seedbed.library import torrents
from seedbed.library.cache import Cache
from seedbed.node.choosing.units import Cutter
from seedbed.node.parts import Pace
from seedbed.node.trusting.believing import LISTENING_ROUNDS, OLDEST_S

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from seedbed.api.home import Home
    from seedbed.catalog.model import Release
    from seedbed.core.metainfo import Metainfo
    from seedbed.health.leases.report import Report
    from seedbed.health.scrape.counted import Report as Scraped

MAX_HISTORY_BYTES = 4_000_000
_GOOD = frozenset(("good", "awkward"))


@dataclass(frozen=True, slots=True)
class Asked:
    """Whom this is asked of, and how.

    Args:
        home: Where this machine keeps things.
        catalog_id: Under which audits were kept.
        places: Where torrents of very large versions may be had.
        allows_private: Whether trackers of private networks are asked.
        dht_nodes: Where to begin in the distributed hash table; None not to ask it.
    """

    home: Home
    catalog_id: str
    places: tuple[str, ...] = ()
    allows_private: bool = False
    dht_nodes: Sequence[tuple[str, int]] | None = None


async def look(releases: Sequence[Release], asked: Asked, now: dt.datetime) -> list[Health]:
    """Ask trackers and registries, and look into the record of audits; what is seen is kept.

    Raises:
        StateError: a record cannot be used.
    """
    subjects = [Subject.of_release(one) for one in releases]
    scraped, reports = await asyncio.gather(
        scraping.count(subjects, asked.home.scrapes, allows_private=asked.allows_private, dht_nodes=asked.dht_nodes),
        _reports(releases, asked, now),
    )
    found = await asyncio.to_thread(_judge, releases, asked, scraped, reports)
    with History(asked.home.health(asked.catalog_id)) as kept:
        kept.note((one.id, Day(now.date(), one.copies.peers, one.copies.good_mirrors)) for one in found if one.is_told)
    with CurrentHealth(asked.home.health(asked.catalog_id)) as current:
        current.note(found, now)
    return found


async def remembered(release: Release, asked: Asked) -> list[Day]:
    """How it was before: by our own looks, and by what a tracker of ours remembers; the oldest first.

    Raises:
        StateError: the record cannot be used.
    """
    with History(asked.home.health(asked.catalog_id)) as kept:
        own = kept.days(release.id)
    rules = replace(RULES, allows_private=asked.allows_private)
    for base in registries(release.torrent.trackers):
        url = f"{base}stats/{quote(release.id, safe='@')}.json?days=365"
        try:
            body = await asyncio.to_thread(get_document, url, rules, max_bytes=MAX_HISTORY_BYTES)
        except Fault:
            continue
        if told := history.of_tracker(body):
            return history.together(own, told)
    return own


async def _reports(releases: Sequence[Release], asked: Asked, now: dt.datetime) -> list[Report]:
    """Of all registries that answer, and have been listening for long enough; by a node's own measures."""
    speaks = OverHttp(replace(RULES, allows_private=asked.allows_private))
    bases = registries(url for release in releases for url in release.torrent.trackers)

    async def hear(base: str) -> Report | None:
        try:
            return await asyncio.to_thread(speaks.health, base)
        except SourceError:
            return None

    heard = await asyncio.gather(*map(hear, bases))
    now_s, knows_s = now.timestamp(), LISTENING_ROUNDS * Pace().round_s
    return [
        one for one in heard
        if one and abs(now_s - one.at_s) <= OLDEST_S
        and (one.proved_nodes or one.at_s - one.since_s >= knows_s)
    ]  # fmt: skip


def _judge(releases: Sequence[Release], asked: Asked, scraped: Scraped, reports: list[Report]) -> list[Health]:
    cache, rules = Cache(asked.home.cache), replace(DEFAULT_RULES, allows_private=asked.allows_private)

    def torrent(release: Release) -> Metainfo | None:
        return torrents.found(release, cache, asked.places, rules)

    cutter = Cutter(torrent)
    with HealthRecord(asked.home.health(asked.catalog_id)) as record:
        return [_of_one(release, cutter, record, scraped, reports) for release in releases]


def _of_one(release: Release, cutter: Cutter, record: HealthRecord, scraped: Scraped, reports: list[Report]) -> Health:
    told = [one.numbers for one in scraped.counted.get(release.id, ()) if one.numbers.seeds is not None]
    seeds = max((one.seeds or 0 for one in told), default=0)
    fetching = max((one.leechers or 0 for one in told), default=0)
    proved, independent, leased, countries = _proved(release, cutter, reports)
    unproved = max(seeds - proved, 0) if reports else seeds
    good, unknown, bad, at = _mirrors(release, record)
    copies = risk.Copies(independent, unproved, bool(reports), good, unknown, countries)
    return Health(release.id, copies, max(fetching, leased), bool(told or reports), bad, at)


def _proved(release: Release, cutter: Cutter, reports: list[Report]) -> tuple[int, int, int, int]:
    """Proved peers, independent ones, fetchers and countries; of a very large version those of its rarest part."""
    keys = np.array([unit.key for unit in cutter.units([release])], np.uint64) if reports else np.empty(0, np.uint64)
    best = (0, 0, 0, 0)
    for report in reports if len(keys) else ():
        rows = report.rows_of(keys)
        if (rows < 0).any():
            continue
        rarest = rows[int(np.argmin(report.independent[rows]))]
        columns = (report.proved, report.independent, report.fetching, report.countries)
        found = tuple(int(one[rarest]) for one in columns)
        best = max(best, (found[0], found[1], found[2], found[3]), key=lambda one: one[1])
    return best


def _mirrors(release: Release, record: HealthRecord) -> tuple[int, int, int, dt.datetime | None]:
    """Web servers, each once: good ones, those of which nothing is known, bad ones; and the last look at any."""
    named = {_host(url) for url in (*release.torrent.web_seeds, *(one.href for one in release.mirrors))} - {""}
    verdicts: dict[str, set[str]] = {host: set() for host in named}
    last: dt.datetime | None = None
    for url, audits in record.audits(release.id).items():
        if (host := _host(url)) in verdicts:
            verdicts[host].add(audits[0].verdict)
            last = max(last or audits[0].at, audits[0].at)
    good = sum(bool(found & _GOOD) for found in verdicts.values())
    bad = sum("bad" in found and not found & _GOOD for found in verdicts.values())
    return good, len(named) - good - bad, bad, last


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""
