# SPDX-License-Identifier: Apache-2.0
"""Static STAC for crawlers: only what a release touches is written again.

A collection's box and interval grow with each release and never shrink: what is taken back does not make the whole
table be read again. Its links to items end at a number that browsers and crawlers can bear; the table beside it
(asset ``items``, role ``collection-mirror``) always has all.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from seedbed.catalog import metalink, paths
from seedbed.catalog.model import WORLD, BBox
from seedbed.catalog.stac.collection import to_catalog, to_collection
from seedbed.catalog.stac.item import to_item
from seedbed.catalog.stac.times import from_text

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from seedbed.catalog.model import Collection, Release, Site

MAX_ITEM_LINKS = 10_000
"""Of one collection: about 1 MB."""
_Interval = tuple["dt.datetime | None", "dt.datetime | None"]


def pages(folder: Path, site: Site, releases: Sequence[Release]) -> Iterator[tuple[str, bytes]]:
    """Path and bytes of each static file that a release touches.

    Args:
        folder: The published catalogue, whose collections grow.
        site: What the catalogue says of itself.
        releases: New and changed ones.
    """
    yield paths.STAC_ROOT, _text(to_catalog(site))
    for collection in site.collections:
        own = [one for one in releases if one.collection == collection.id]
        if own or not (folder / paths.collection(collection.id)).exists():
            yield paths.collection(collection.id), _text(_grown(folder, collection, own))
    for release in releases:
        yield (
            paths.item(release.dataset, release.version),
            _text(to_item(release, root="../../", has_metalink=metalink.is_made(release))),
        )


def _grown(folder: Path, collection: Collection, releases: Sequence[Release]) -> dict[str, Any]:
    known = _known(folder / paths.collection(collection.id))
    links = [link["href"].removeprefix("../") for link in known.get("links", []) if link.get("rel") == "item"]
    links += [paths.item(release.dataset, release.version) for release in releases]
    unique = sorted(dict.fromkeys(links))[:MAX_ITEM_LINKS]
    boxes = [release.bbox for release in releases]
    spans = [_span(release) for release in releases]
    if "extent" in known and len(links) > len(releases):
        boxes.append(tuple(known["extent"]["spatial"]["bbox"][0]))
        start, end = known["extent"]["temporal"]["interval"][0]
        spans.append((from_text(start) if start else None, from_text(end) if end else None))
    return to_collection(collection, root="../", bbox=_around(boxes), interval=_whole(spans), item_paths=unique)


def _known(path: Path) -> dict[str, Any]:
    try:
        known = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return known if isinstance(known, dict) else {}


def _around(boxes: Sequence[BBox]) -> BBox:
    """A box around boxes; the whole width as soon as one of several crosses the antimeridian."""
    if not boxes:
        return WORLD
    south, north = min(box[1] for box in boxes), max(box[3] for box in boxes)
    if len(set(boxes)) > 1 and any(box[0] > box[2] for box in boxes):
        return (-180.0, south, 180.0, north)
    return (min(box[0] for box in boxes), south, max(box[2] for box in boxes), north)


def _span(release: Release) -> _Interval:
    if release.start_datetime or release.end_datetime:
        return release.start_datetime, release.end_datetime
    return release.datetime, release.datetime


def _whole(spans: Iterable[_Interval]) -> _Interval:
    """From the first start to the last end; None is open."""
    known = list(spans)
    if not known:
        return None, None
    starts = [start for start, _ in known if start]
    ends = [end for _, end in known if end]
    return (min(starts) if len(starts) == len(known) else None, max(ends) if len(ends) == len(known) else None)


def _text(value: dict[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
