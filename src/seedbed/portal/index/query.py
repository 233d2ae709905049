# SPDX-License-Identifier: Apache-2.0
"""What people look for, as SQL of the index; what they wrote only ever becomes a bound value (pure)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from seedbed.portal.index import schema

if TYPE_CHECKING:
    from collections.abc import Iterator

    from seedbed.catalog.model import BBox
    from seedbed.portal.index.entry import Entry

Order: TypeAlias = Literal["", "recent", "title", "size"]
Facet: TypeAlias = tuple[str, int]
"""A value and how many hits have it."""
MAX_WORDS = 12
MAX_LENGTH = 200
FACETS = ("collection", "license", "threat")
MAX_FACET = 20
_WORD = re.compile(r"\w+", re.UNICODE)


@dataclass(frozen=True, slots=True)
class Query:
    """Conditions; all that are given must be met. Only each dataset's newest version is found, unless asked."""

    words: str = ""
    """All must be there, the last one as a beginning: it may still be being typed."""
    collection: str = ""
    license: str = ""
    threat: str = ""
    tag: str = ""
    bbox: BBox | None = None
    start_s: float | None = None
    """About this moment or later: seconds of Unix time."""
    end_s: float | None = None
    max_bytes: int = 0
    """Of a version; 0 is no limit."""
    min_bytes: int = 0
    published_after_s: float | None = None
    all_versions: bool = False
    order: Order = ""
    """Empty: the best first where there are words, otherwise the newest."""
    limit: int = 20
    offset: int = 0


@dataclass(frozen=True, slots=True)
class Hits:
    """What was found."""

    entries: tuple[Entry, ...]
    total: int
    facets: dict[str, tuple[Facet, ...]] = field(default_factory=dict)
    """Collection, licence, threat, tag: the most frequent first; without the condition on the facet itself."""


def match_text(words: str) -> str:
    """Words as an expression of FTS5: each quoted, the last one as a beginning; empty when nothing can be searched."""
    found = _WORD.findall(words[:MAX_LENGTH])[:MAX_WORDS]
    ends_open = bool(found) and not words[:MAX_LENGTH].endswith(" ")
    quoted = [f'"{one}"' for one in found]
    if ends_open:
        quoted[-1] += "*"
    return " ".join(quoted)


def conditions(query: Query, without: str = "") -> Iterator[tuple[str, list[Any]]]:
    """SQL with its values.

    Args:
        query: What is looked for.
        without: A facet whose own condition is left out.
    """
    yield "status <> 'withdrawn'", []
    if not query.all_versions:
        yield "is_latest = 1", []
    for name in FACETS:
        value = getattr(query, name)
        if value and name != without:
            yield f"{name} = ?", [value]
    if query.tag and without != "tag":
        yield "place in (select place from tags where tag = ?)", [query.tag.lower()]
    if query.bbox:
        text, values = meets(query.bbox)
        yield f"has_place = 1 and {text}", values
    for text, value in (("end_s >= ?", query.start_s), ("start_s <= ?", query.end_s),
                        ("published_s >= ?", query.published_after_s)):  # fmt: skip
        if value is not None:
            yield text, [value]
    if query.max_bytes:
        yield "size_bytes <= ?", [query.max_bytes]
    if query.min_bytes:
        yield "size_bytes >= ?", [query.min_bytes]


def where(query: Query, without: str = "") -> tuple[str, list[Any]]:
    """All conditions but the words."""
    parts = list(conditions(query, without))
    return " and ".join(f"({text})" for text, _ in parts), [value for _, some in parts for value in some]


def source(query: Query) -> tuple[str, list[Any]]:
    """What is looked through, and the words as a condition.

    Hits of words come first: SQLite keeps the order of a ``cross join``, and might else look up the words anew for each
    version that there is (20 s for 50,000, measured).
    """
    match = match_text(query.words)
    if not match:
        return "entries where ", []
    return "words cross join entries on place = words.rowid where words match ? and ", [match]


def hits_sql(query: Query, without: str = "") -> tuple[str, list[Any]]:
    """The places of all hits, and how well each fits: the less the better."""
    start, words = source(query)
    text, values = where(query, without)
    is_ranked = words and not query.order and not without
    rank = f"bm25(words, {', '.join(map(str, schema.WEIGHTS))})" if is_ranked else "0"
    return f"select place, {rank} from {start}{text}", [*words, *values]  # noqa: S608  # texts of ours


def page_sql(query: Query) -> tuple[str, list[Any]]:
    """The places of one page of hits, best first; of a search for words out of ``hits``."""
    orders = {"title": "title collate nocase, id", "size": "size_bytes desc, id", "recent": "published_s desc, place"}
    part = [query.limit, query.offset]
    if match_text(query.words):
        if not query.order:
            return "select place from hits order by rank, place desc limit ? offset ?", part
        found = "select entries.place from hits cross join entries on entries.place = hits.place"
        return f"{found} order by {orders[query.order].replace('place', 'entries.place')} limit ? offset ?", part
    text, values = where(query)
    order = orders[query.order or "recent"]
    return f"select place from entries where {text} order by {order} limit ? offset ?", [*values, *part]  # noqa: S608  # ours


def facet_sql(name: str) -> str:
    """How many of the places in ``hits`` have which value; out of an index that holds no more than these values."""
    found = (
        f"select {name} as value, count(*) as n from hits cross join entries indexed by entries_facets on entries.place"  # noqa: S608  # ours
    )
    if name == "tag":
        found = "select tag as value, count(*) as n from hits cross join tags on tags.place"
    return f"{found} = hits.place group by 1 having value <> '' order by n desc, value limit {MAX_FACET}"


def meets(box: BBox) -> tuple[str, list[Any]]:
    """Boxes that meet this one; either may cross the antimeridian (west > east), and then is two."""
    west, south, east, north = box
    spans = [(west, east)] if west <= east else [(west, 180.0), (-180.0, east)]
    meets = "case when west <= east then west <= ? and east >= ? else west <= ? or east >= ? end"
    text = " or ".join(f"({meets})" for _ in spans)
    values = [value for span in spans for value in (span[1], span[0], span[1], span[0])]
    return f"south <= ? and north >= ? and ({text})", [north, south, *values]
