# SPDX-License-Identifier: Apache-2.0
"""Data that the catalogue does not list any more: kept for 90 days, and served unless it was withdrawn.

A catalogue that suddenly lists far less than before is signed and may be wrong all the same: its keeper made a mistake,
or lost a key. Nothing is dropped for it until 90 days have passed or the rest is back.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from seedbed.node.choosing.units import version_of
from seedbed.node.state import NODE

if TYPE_CHECKING:
    from seedbed.node.holding.claiming import Claims
    from seedbed.node.parting.leaving import Leaving
    from seedbed.node.parts import Listed, Parts

log = logging.getLogger(__name__)
COLLAPSE_SHARE = 0.01
"""Of the versions known before: when more are gone at once, nobody meant it."""


def is_collapsed(parts: Parts, listed: Listed) -> bool:
    """Whether the catalogue lists far less than it did, and that is not long ago."""
    state, now = parts.state, {release.id for release in listed.releases}
    before = state.waits("collapsed").get(NODE)
    if before and (len(now) >= before.facts["listed"] or before.passed_s >= parts.pace.patience_s):
        state.wait_no_more(NODE, "collapsed")
        before = None
    known = {version_of(item) for item in state.numbers()}
    gone = len(known - now)
    if before is None and known and gone > COLLAPSE_SHARE * len(known):
        log.warning("the catalogue lists %d of %d versions no more: nothing is dropped", gone, len(known))
        state.wait(NODE, "collapsed", listed=len(now) + gone)
        state.note("collapsed", {"gone": gone, "known": len(known)}, parts.now_s())
        return True
    return before is not None


async def look(parts: Parts, claims: Claims, leaving: Leaving, *, may_drop: bool) -> None:
    """Begin, go on with, and end the waiting of units that the catalogue lists no more, or has withdrawn.

    Args:
        parts: The node's.
        claims: With the newest catalogue.
        leaving: Puts into the trash.
        may_drop: Whether the catalogue may be believed in that.
    """
    waits = {why: parts.state.waits(why) for why in ("unlisted", "withdrawn")}
    for unit in parts.state.units().values():
        why = _why(claims, unit.id)
        for other, waiting in waits.items():
            if other != why and unit.id in waiting:
                parts.state.wait_no_more(unit.id, other)
        if not why:
            continue
        waited = waits[why].get(unit.id)
        if waited is None:
            parts.state.wait(unit.id, why)
            parts.state.note(f"catalog-{why}", {}, parts.now_s(), unit.id)
        elif waited.passed_s >= parts.pace.patience_s and may_drop:
            await leaving.discard(unit.id, {}, what="outlived")


def _why(claims: Claims, item: str) -> str:
    release = claims.release_of(item)
    if release is None:
        return "unlisted"
    return "withdrawn" if release.status == "withdrawn" else ""
