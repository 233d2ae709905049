# SPDX-License-Identifier: Apache-2.0
"""This machine's smartnode: where it keeps what it knows, and what it is built from."""

from __future__ import annotations

import datetime as dt
import logging
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from seedbed.api.catalog import locate
from seedbed.catalog import join_link
from seedbed.catalog.table.reader import read_catalog
from seedbed.core.endpoints import read_endpoint
from seedbed.core.hosts import literal_address
from seedbed.engine.machine import fitted, this_machine
from seedbed.errors import NotFoundError, SeedbedError
from seedbed.fetching.options import Options
from seedbed.fetching.rules import DEFAULT_RULES
from seedbed.following import joined
from seedbed.following.pull import Ways, pull
from seedbed.health.leases.over_http import RULES, OverHttp
from seedbed.health.scrape import patience
from seedbed.health.scrape.record import ScrapeRecord
from seedbed.health.scrape.scraper import OverTheNet, Scraper
from seedbed.library.torrents import kept_metainfo
from seedbed.node.choosing.units import Cutter
from seedbed.node.disk.beginning import open_state
from seedbed.node.disk.places import place_of
from seedbed.node.disk.store import Place
from seedbed.node.doors import Doors
from seedbed.node.giving.gift import Gift
from seedbed.node.giving.traffic import Meter, Rates
from seedbed.node.parts import Listed, Pace, Parts
from seedbed.node.state import State
from seedbed.node.telling.look import Look
from seedbed.node.trusting.checking import Checker
from seedbed.node.trusting.identity import Identity
from seedbed.node.trusting.outside import Outside

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager

    from seedbed.api.catalog import Source
    from seedbed.api.home import Home
    from seedbed.catalog.model import Release
    from seedbed.core.endpoints import Endpoint
    from seedbed.engine.base import Engine
    from seedbed.engine.settings import Settings
    from seedbed.fetching.rules import Rules
    from seedbed.node.disk.places import Places

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class NodeHome:
    """Files of this machine's node."""

    folder: Path

    @classmethod
    def of(cls, home: Home) -> NodeHome:
        """Below what this machine remembers."""
        return cls(home.data / "node")

    @property
    def gift(self) -> Path:
        """What is given; see :class:`seedbed.node.giving.gift.Gift`."""
        return self.folder / "gift.json"

    @property
    def state(self) -> Path:
        """What the node must not forget."""
        return self.folder / "state.sqlite"

    @property
    def socket(self) -> Path:
        """Where a node that runs is spoken with."""
        return self.folder / "control.sock"

    def identity(self) -> Identity:
        """Who the node is: its key is made at the first call.

        Raises:
            StateError: the key cannot be read or written.
        """
        return Identity.load(self.folder / "key")

    def key(self) -> int:
        """The same in 64 bits, for the lottery.

        Raises:
            StateError: the key cannot be read or written.
        """
        return self.identity().key


class FollowedCatalog:
    """Gives the catalogue that a node follows, pulled anew each time; see :class:`seedbed.node.parts.Lists`.

    Args:
        where: Its id, or the folder of a published one.
        home: Where this machine keeps things.
        ways: How it is looked for.
    """

    def __init__(self, where: str, home: Home, ways: Ways) -> None:
        self._where, self._home, self._ways = where, home, ways
        self._read: tuple[tuple[str, int, int], tuple[Release, ...]] | None = None

    def __call__(self) -> Listed:
        """See :class:`seedbed.node.parts.Lists`."""
        if Path(self._where).is_absolute():
            source = self._source()
            return Listed(self._releases(source.catalog), source.places, as_of_s=_as_of_s(source.catalog))
        found = joined.find(self._home.catalogs, self._where)
        now = dt.datetime.now(dt.UTC)
        try:
            pull(found.store, found.link, self._ways, now=now)
        except SeedbedError as error:
            if found.active is None:
                raise
            log.warning("the catalogue cannot be brought up to date: %s", error.message)
        stands = found.standing(now)
        source = self._source()
        return Listed(
            self._releases(source.catalog), source.places,
            may_add=stands.may_adopt, may_drop=stands.may_delete, warning=source.warning,
            as_of_s=_as_of_s(source.catalog),
        )  # fmt: skip

    def known(self) -> Listed:
        """The same without asking anybody; nothing is dropped for it.

        Raises:
            NotFoundError: nothing was pulled yet.
        """
        source = self._source()
        return Listed(self._releases(source.catalog), source.places, may_drop=False, warning=source.warning)

    def _source(self) -> Source:
        """By its link, where it is followed: a folder of its name may lie where the command is run."""
        if Path(self._where).is_absolute():
            return locate(self._where, self._home)
        return locate(join_link.render(joined.find(self._home.catalogs, self._where).link), self._home)

    def _releases(self, path: Path) -> tuple[Release, ...]:
        facts = path.stat()
        state = (str(path), facts.st_ino, facts.st_mtime_ns)
        if self._read is None or self._read[0] != state:
            self._read = state, tuple(read_catalog(path))
        return self._read[1]


def parts(
    home: Home,
    engine: Callable[[Settings], AbstractAsyncContextManager[Engine]],
    settings: Settings,
    *,
    ways: Ways | None = None,
    allows_private: bool = False,
    pace: Pace | None = None,
    page: Endpoint | None = None,
) -> Parts:
    """What this machine's node is built from.

    Args:
        home: Where this machine keeps things.
        engine: Makes what talks to peers: one that serves, and one for each fetch, which listens anywhere.
        settings: How they behave; the gift's rates come on top.
        ways: How the catalogue is looked for.
        allows_private: Whether trackers, peers and mirrors of private networks are spoken to.
        pace: Seconds between things.
        page: Where the status page is.

    Raises:
        NotFoundError: this machine is no node.
        StateError: its files cannot be used.
    """
    node = NodeHome.of(home)
    gift = Gift.load(node.gift)
    rules = replace(DEFAULT_RULES, allows_private=allows_private)
    pace = pace or Pace()
    every = min(patience.EVERY, dt.timedelta(seconds=pace.round_s * 0.7))
    scraper = Scraper(ScrapeRecord(home.scrapes), OverTheNet(allows_private), _now, every=every)
    state = open_state(node.state, Place(Path(gift.folder)))
    place = place_of(gift, state)
    settings = fitted(settings, this_machine(), engines=1 + pace.fetches)
    meter = Meter(Rates(gift.rate_up, gift.rate_down))
    anywhere = tuple(f"{one.rpartition(':')[0]}:0" for one in settings.listen)
    fetched = replace(settings, listen=anywhere, report_pieces=True)
    return Parts(
        gift=lambda: Gift.load(node.gift), place=place, state=state,
        catalog=FollowedCatalog(gift.catalog, home, ways or Ways()), scraper=scraper,
        asks_again=replace(scraper, every=dt.timedelta(0)),
        open_engine=meter.counting(lambda: engine(settings)),
        key=node.key(), now_s=lambda: int(time.time()), chance=np.random.default_rng(),
        options=Options(
            rules=rules, uses_dht=settings.enable_dht, throttle=meter.throttle,
            open_engine=meter.counting(lambda: engine(fetched), pace.fetches),
        ),
        outside=_outside(node, place, settings, rules), pace=pace, meter=meter,
        doors=Doors(node.socket, lambda gift: gift.save(node.gift), page),
    )  # fmt: skip


def _outside(node: NodeHome, place: Place | Places, settings: Settings, rules: Rules) -> Outside:
    """Registries are asked from the address where the engine listens, if that is one: there they prove this node."""
    where = read_endpoint(settings.listen[0], any_port=True) if settings.listen else None
    address = literal_address(where.host) if where else None
    source = str(address) if address and not address.is_unspecified else ""
    speaks = OverHttp(replace(RULES, allows_private=rules.allows_private, source=source))
    return Outside(node.identity(), speaks, Checker(lambda: place.cache, rules))


def evict(home: Home, item: str, *, at_once: bool = False) -> None:
    """Have the node be rid of a version, and not take it again; it does so in its next round.

    Args:
        home: Where this machine keeps things.
        item: The version's id.
        at_once: Without looking whether others hold it.

    Raises:
        NotFoundError: this machine is no node, or has nothing of that version.
        StateError: the disk refuses.
    """
    node = NodeHome.of(home)
    gift = Gift.load(node.gift)
    with State(node.state) as state:
        if item not in state.units():
            raise NotFoundError(f"{item}: this node has nothing of it", hint="seedbed node status lists what it has.")
        replace(gift, without=tuple(dict.fromkeys((*gift.without, item)))).save(node.gift)
        state.wish(item, "evict-now" if at_once else "evict")


def keep(home: Home, item: str) -> None:
    """Take :func:`evict` back; what was deleted comes back as long as it is in the trash.

    Raises:
        NotFoundError: this machine is no node, or has nothing of that version, not even in the trash.
        StateError: the disk refuses.
    """
    node = NodeHome.of(home)
    gift = Gift.load(node.gift)
    with State(node.state) as state:
        discarded = place_of(gift, state).shelf.discarded()
        if item not in state.units() and item not in discarded:
            raise NotFoundError(f"{item}: this node has nothing of it any more")
        replace(gift, without=tuple(one for one in gift.without if one != item)).save(node.gift)
        state.wish(item, "keep")


def look(home: Home) -> Look:
    """What this machine's node knows, without asking anybody.

    Raises:
        NotFoundError: this machine is no node, or its catalogue was never pulled.
        StateError: its files cannot be read.
    """
    node = NodeHome.of(home)
    gift = Gift.load(node.gift)
    state = State(node.state)
    place = place_of(gift, state)
    cutter = Cutter(lambda release: kept_metainfo(place.of(release.id).cache, release.torrent.best_hex))
    listed = FollowedCatalog(gift.catalog, home, Ways()).known()
    return Look(gift, listed, state, node.key(), cutter, place)


def _as_of_s(catalog: Path) -> int:
    """The file of a followed catalogue is written when it is adopted."""
    return int(catalog.stat().st_mtime)


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)
