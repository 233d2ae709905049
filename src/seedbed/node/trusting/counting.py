# SPDX-License-Identifier: Apache-2.0
"""How many copies and fetchers each unit has: trackers are asked, and what this node adds itself is told apart."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from seedbed.health.scrape import patience
from seedbed.health.scrape.counted import Subject
from seedbed.node.trusting.believing import Belief

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from seedbed.health.scrape.counted import Counted, Report
    from seedbed.health.scrape.scraper import Scraper
    from seedbed.node.choosing.units import Unit
    from seedbed.node.policy.arrays import Flags, Floats

OLDEST = 2 * patience.EVERY_ALL
"""Numbers that a tracker gave before that are no answer any more: it has been silent since."""
EVERYBODY = Belief()
"""Every seed that trackers name."""
TRUSTED_SHARE = 0.9
"""A tracker that names fewer of our own copies is wrong, and nothing is dropped for what it says."""


@dataclass(frozen=True, slots=True)
class Counts:
    """Side by side, as the units that were asked for."""

    others: Floats
    """Copies that are believed, without this node's."""
    fetching: Floats
    """Those who say that they fetch, without this node."""
    is_known: Flags
    """Whether anybody answered."""
    own_named: float
    """Share of this node's own copies that the trackers named; 1 when it has none."""
    unproved: Floats
    """Seeds that nobody has proved, and of which few count as copies: see :mod:`.believing`."""

    @property
    def is_trusted(self) -> bool:
        """Whether anything may be dropped by these numbers."""
        return self.own_named >= TRUSTED_SHARE and (not len(self.is_known) or bool(self.is_known.mean() > 0.5))


async def count(
    scraper: Scraper,
    units: Sequence[Unit],
    *,
    held: Collection[str],
    fetched: Collection[str],
    must_be_new: bool = False,
    belief: Belief = EVERYBODY,
) -> Counts:
    """Ask.

    Args:
        scraper: Who asks, and how often at most.
        units: What is asked for. Of a part only whole copies are counted: who has which part, no tracker tells.
        held: Ids of what this node announces as a seed.
        fetched: Ids of what it announces as a leecher.
        must_be_new: Only what is answered now counts, nothing that was remembered.
        belief: Which of the seeds count as copies.

    Raises:
        StateError: what was answered cannot be kept.
    """
    since = scraper.now() - (dt.timedelta(0) if must_be_new else OLDEST)
    releases = {unit.release.id: unit.release for unit in units}
    report = await scraper.scrape([Subject.of_release(one) for one in releases.values()])
    rows = [_of_one(report, unit.release.id, since) for unit in units]
    is_known = np.array([row is not None for row in rows], np.bool_)
    seeds, leechers = (np.array([row[at] if row else 0 for row in rows], np.float32) for at in (0, 1))
    is_part = np.array([bool(unit.part) for unit in units], np.bool_)
    leechers[is_part] = 0
    is_held = np.array([unit.id in held for unit in units], np.bool_) & ~is_part
    is_fetched = np.array([unit.id in fetched for unit in units], np.bool_)
    asked = is_held & is_known
    own_named = float((seeds[asked] > 0).mean()) if asked.any() else 1.0
    believed = belief.of(units, np.maximum(seeds - is_held, 0), np.maximum(leechers - is_fetched, 0))
    return Counts(believed.copies, believed.fetching, is_known, own_named, believed.unproved)


def _of_one(report: Report, item: str, since: dt.datetime) -> tuple[float, float] | None:
    """The tracker that knows most: peers announce to several, and are not counted twice."""
    told = [one for one in report.counted.get(item, ()) if _is_told(one) and one.at >= since]
    if not told:
        return None
    best = max(told, key=lambda one: one.numbers.seeds or 0)
    return float(best.numbers.seeds or 0), float(best.numbers.leechers or 0)


def _is_told(one: Counted) -> bool:
    return one.numbers.seeds is not None and not one.is_estimate
