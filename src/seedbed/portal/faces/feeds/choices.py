# SPDX-License-Identifier: Apache-2.0
"""Which versions a feed has, by its address (pure but for the catalogue that is asked).

The paths are those that sciop has, wherever it has them: ``/rss/all.rss``, ``/rss/size/lt/100gb.rss``,
``/rss/seeds/1-10.rss``, ``/rss/tag/TAG.rss``, ``/rss/threat/endangered.rss``, ``/rss/source/unavailable.rss``,
``/rss/scarcity/source_only.rss``. Its words for threats are understood beside ours.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from seedbed.core.sizes import read_size
from seedbed.errors import InputError, NotFoundError
from seedbed.portal.faces.lists.needs import NEEDY, choose, ranked
from seedbed.portal.index.query import Query, where

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from seedbed.health.current import Health
    from seedbed.portal.portal import Portal

MAX_ITEMS = 500
THREATS = {
    "unknown": ("",), "indefinite": ("none",), "watchlist": ("watch",), "endangered": ("at-risk",),
    "takedown_issued": ("at-risk",), "extinct": ("gone",), "none": ("none",), "watch": ("watch",),
    "at-risk": ("at-risk",), "gone": ("gone",),
}  # fmt: skip
"""A word of sciop's or ours -> ours."""
SCARCITIES = ("unknown", "source_only", "external_unconfirmed", "external_confirmed", "uploaded")
SIZES = ("1gb", "10gb", "100gb", "500gb", "1tb", "5tb")
"""Those that are listed; any other works as well."""
_SIZE = re.compile(r"\d{1,6}(\.\d{1,3})?(b|kb|mb|gb|tb|pb)?", re.ASCII | re.IGNORECASE)
MAX_SPACE_ITEMS = 2_000
"""Of a choice that is to fit as a whole."""


@dataclass(frozen=True, slots=True)
class Choice:
    """Of a feed."""

    title: str
    """After the site's own name."""
    ids: tuple[str, ...]
    page: str = "/recent"
    """For people: the same, or near it."""


def all_versions(portal: Portal, _name: str = "") -> Choice:
    """Whatever was published last."""
    return Choice("all", _newest(portal, Query(all_versions=True)))


def collection(portal: Portal, name: str) -> Choice:
    """Of one collection."""
    if name not in {one.id for one in portal.shelf.site.collections}:
        raise NotFoundError(f"{name}: there is no such collection", hint="/api/v1/collections lists them.")
    return Choice(f"collection {name}", _newest(portal, Query(all_versions=True, collection=name)), "/datasets")


def tag(portal: Portal, name: str) -> Choice:
    """With a keyword; case does not matter."""
    return Choice(f"tag {name}", _newest(portal, Query(all_versions=True, tag=name)), "/datasets")


def dataset(portal: Portal, name: str) -> Choice:
    """The versions of one dataset: who follows it gets each new one."""
    portal.shelf.newest(name)
    rows = portal.shelf.facts(
        "select id from entries where dataset = ? and status <> 'withdrawn' order by version_seq desc limit ?",
        [name, MAX_ITEMS],
    )
    return Choice(f"versions of {name}", tuple(str(row["id"]) for row in rows), f"/datasets/{name}")


def at_risk(portal: Portal, _name: str = "") -> Choice:
    """What needs help, the worst first: by its copies, or because its source may go."""
    needy = [one for one in ranked(portal) if one.word in NEEDY or one.threat in {"at-risk", "gone"}]
    return Choice("at risk", tuple(one.id for one in needy[:MAX_ITEMS]), "/at-risk")


def fits(portal: Portal, name: str) -> Choice:
    """The most needed that fit into a space, all of them together."""
    space_bytes = size_of(name)
    chosen = choose(ranked(portal), space_bytes, limit=MAX_SPACE_ITEMS)
    return Choice(f"most needed that fit in {name}", tuple(one.id for one in chosen), "/at-risk")


def smaller(portal: Portal, name: str) -> Choice:
    """Versions of less than a size."""
    return Choice(
        f"smaller than {name}", _newest(portal, Query(all_versions=True, max_bytes=max(size_of(name) - 1, 1)))
    )


def larger(portal: Portal, name: str) -> Choice:
    """Versions of more than a size."""
    return Choice(f"larger than {name}", _newest(portal, Query(all_versions=True, min_bytes=size_of(name) + 1)))


def threat(portal: Portal, name: str) -> Choice:
    """By what threatens the source."""
    known = THREATS.get(name)
    if known is None:
        raise NotFoundError(f"threat {name}: expected one of {', '.join(THREATS)}")
    return Choice(f"threat {name}", _newest(portal, Query(all_versions=True), f"threat in ({_marks(known)})", known))


def source(portal: Portal, name: str) -> Choice:
    """By whether the source still has it."""
    if name not in {"available", "unavailable"}:
        raise NotFoundError(f"source {name}: expected available or unavailable")
    sign = "=" if name == "unavailable" else "<>"
    return Choice(f"source {name}", _newest(portal, Query(all_versions=True), f"threat {sign} 'gone'"))


def scarcity(portal: Portal, name: str) -> Choice:
    """How rare a dataset is, by the words of sciop: all that is here is uploaded."""
    if name not in SCARCITIES:
        raise NotFoundError(f"scarcity {name}: expected one of {', '.join(SCARCITIES)}")
    found = _newest(portal, Query(all_versions=True)) if name == "uploaded" else ()
    return Choice(f"scarcity {name}", found)


def seeds(portal: Portal, name: str) -> Choice:
    """By how many peers were seen: ``unseeded``, or from and to: ``1-10``; only what somebody has counted."""
    found = re.fullmatch(r"(\d{1,6})-(\d{1,6})", name, re.ASCII)
    if name != "unseeded" and not found:
        raise NotFoundError(f"seeds {name}: expected unseeded, or a range such as 1-10")
    low, high = (int(found[1]), int(found[2])) if found else (0, 0)
    return Choice(f"seeds {name}", _with_peers(portal, lambda one: one.is_told and low <= one.copies.peers <= high))


def _with_peers(portal: Portal, fits: Callable[[Health], bool]) -> tuple[str, ...]:
    known = portal.health.all()
    chosen = (one.id for one in ranked(portal) if one.id in known and fits(known[one.id]))
    return tuple(item for item, _ in zip(chosen, range(MAX_ITEMS), strict=False))


def size_of(name: str) -> int:
    """Bytes of a size in an address.

    Raises:
        NotFoundError: it is none.
    """
    if not _SIZE.fullmatch(name):
        raise NotFoundError(f"size {name[:40]}: expected one such as 500gb or 1.5tb")
    try:
        return read_size(name)
    except InputError as error:
        raise NotFoundError(str(error)) from error


def _newest(portal: Portal, query: Query, more: str = "", values: Iterable[Any] = ()) -> tuple[str, ...]:
    text, bound = where(query)
    rows = portal.shelf.facts(
        f"select id from entries where {text} {'and ' + more if more else ''} "  # noqa: S608  # texts of ours
        "order by published_s desc, id limit ?",
        [*bound, *values, MAX_ITEMS],
    )
    return tuple(str(row["id"]) for row in rows)


def _marks(values: Iterable[object]) -> str:
    return ", ".join("?" for _ in values)
